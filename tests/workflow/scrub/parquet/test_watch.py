import datetime as dt
import io

import pyarrow as pa

from tests.workflow.scrub.parquet import files
from workflow.scrub import Rule, ScrubOptions, Trace, scrub

TABLE = pa.table(
    {
        "email": ["a@example.com", None, "b@example.com"],
        "cards": [[{"n": "4111", "k": 1}, {"n": "4222", "k": 2}], [], [{"n": None, "k": 3}]],
        "m": pa.array(
            [[("home", "x"), ("work", "y")], None, []], pa.map_(pa.string(), pa.string())
        ),
        "s": [{"x": True}, None, {"x": False}],
        "born": [dt.date(1999, 5, 17), dt.date(2000, 2, 2), None],
        "gone": [1, 2, 3],
    }
)


def traces(data, *rules, **more):
    seen = []
    scrub(
        io.BytesIO(data),
        None,
        rules=rules,
        format="parquet",
        options=ScrubOptions(key=files.KEY, **more),
        trace=seen.append,
    )
    return seen


def test_selected_values_are_shown_row_by_row():
    seen = traces(
        files.write(TABLE, row_group_size=2),
        Rule("email", "blank"),
        Rule("cards[*].n", "mask", {"keep_last": 1}),
        Rule("m.work", "null"),
        Rule("s", "null"),
        Rule("born", "generalize", {"to": "year"}),
        Rule("gone", "drop"),
    )

    assert seen == [
        Trace(1, 0, "email", "a@example.com", ""),
        Trace(1, 1, "cards[0].n", "4111", "***1"),
        Trace(1, 1, "cards[1].n", "4222", "***2"),
        Trace(1, 2, "m.work", "y", "null"),
        Trace(1, 3, "s", "{...}", "null"),
        Trace(1, 4, "born", "1999-05-17", "1999-01-01"),
        Trace(1, 5, "gone", "1", None),
        Trace(2, 0, "email", "null", "null"),
        Trace(2, 3, "s", "null", "null"),
        Trace(2, 4, "born", "2000-02-02", "2000-01-01"),
        Trace(2, 5, "gone", "2", None),
        Trace(3, 0, "email", "b@example.com", ""),
        Trace(3, 1, "cards[0].n", "null", "null"),
        Trace(3, 3, "s", "{...}", "null"),
        Trace(3, 4, "born", "null", "null"),
        Trace(3, 5, "gone", "3", None),
    ]


def test_only_the_first_rows_of_a_row_group_are_shown():
    data = files.write(pa.table({"a": ["x"] * 5000, "f": [True] * 5000}))

    seen = traces(data, Rule("a", "mask"), Rule("f", "replace", {"with": False}))

    assert [trace.row for trace in seen[:4]] == [1, 1, 2, 2]
    assert len(seen) == 2000
    assert (seen[1].before, seen[1].after) == ("true", "false")


def test_nothing_is_written_where_there_is_no_sink():
    report = scrub(
        io.BytesIO(files.write(TABLE)), None, rules=[Rule("email", "blank")], format="parquet"
    )

    assert report.rules[0].changed == 2
    assert report.sha256_out != report.sha256_in
