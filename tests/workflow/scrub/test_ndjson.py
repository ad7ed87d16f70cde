import gzip
import io

import pytest

from workflow.errors import MalformedData, PermanentError, SchemaMismatch, UnsupportedEncoding
from workflow.scrub import RowRule, Rule, ScrubOptions, scrub


def scrubbed(data, *rules, **keywords):
    sink = io.BytesIO()
    report = scrub(io.BytesIO(data), sink, rules=rules, format="ndjson", **keywords)
    return sink.getvalue(), report


BLANK = Rule("a", "blank")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"a":"x","b":"x"}\n', b'{"a":"","b":"x"}\n'),
        (b'  { "a" :\t"x" , "n":1.10 }  \r\n', b'  { "a" :\t"" , "n":1.10 }  \r\n'),
        (b'\n\n{"a":"x"}\n \t\n{"a":"y"}', b'\n\n{"a":""}\n \t\n{"a":""}'),
        (b'{"a":"x","a":"y"}', b'{"a":"","a":""}'),
        (b'{"\\u0061":"x"}', b'{"\\u0061":""}'),
        (b'{"b":{"a":"x"},"a":"x"}', b'{"b":{"a":"x"},"a":""}'),
        (b'{"b":"\\"a\\":\\"x\\"","a":"\\\\"}', b'{"b":"\\"a\\":\\"x\\"","a":""}'),
        (b'{"n":123456789012345678901234567890,"e":1e5,"a":null}',) * 2,
        (b'{"a":12}', b'{"a":null}'),
        (b'{"a":true}', b'{"a":null}'),
        (b'{"a":{"b":[1]}}', b'{"a":null}'),
        (b'{"s":"\\ud800","a":"\\ud800\\u0000"}', b'{"s":"\\ud800","a":""}'),
        ('{"ä":"ö","a":"ü"}'.encode(), '{"ä":"ö","a":""}'.encode()),
        (b'"a"\n[1,{"a":2}]\n5\n',) * 2,
        (b"",) * 2,
        (b'\xef\xbb\xbf{"a":"x"}\n', b'\xef\xbb\xbf{"a":""}\n'),
    ],
)
def test_only_the_selected_value_changes(before, after):
    output, _ = scrubbed(before, BLANK)

    assert output == after


def test_nested_values_and_every_element_are_selected():
    row = b'{"p":[{"c":"1","d":"1"},{"d":"2"},3,{"c":"4"}],"u":{"e":"5"},"e":"6"}'

    output, report = scrubbed(row, Rule("p[*].c", "blank"), Rule("u.e", "null"))

    assert output == b'{"p":[{"c":"","d":"1"},{"d":"2"},3,{"c":""}],"u":{"e":null},"e":"6"}'
    assert [(c.matched, c.changed, c.nulled, c.absent) for c in report.rules] == [
        (2, 2, 0, 0),
        (1, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"a":1,"b":2,"c":3}', b'{"c":3}'),
        (b'{"c":3,"a":1,"b":2}', b'{"c":3}'),
        (b'{"a":1,"c":3,"b":2}', b'{"c":3}'),
        (b'{"a":1,"b":2}', b"{}"),
        (b'{ "a":1 , "c":3 , "b":2 }', b'{  "c":3  }'),
        (b'{"c":3,"a":1,"d":4,"a":1}', b'{"c":3,"d":4}'),
    ],
)
def test_drop_takes_the_member_and_its_comma(before, after):
    output, _ = scrubbed(before, Rule("a", "drop"), Rule("b", "drop"))

    assert output == after


def test_drop_takes_array_elements():
    output, _ = scrubbed(b'{"a":[1, "x" ,[2]],"b":[]}', Rule("a[*]", "drop"))

    assert output == b'{"a":[],"b":[]}'


def test_case_is_ignored_on_demand():
    row = '{"A":"x","a":"y","\u212a":"kelvin"}'.encode()

    output, _ = scrubbed(row, BLANK, Rule("k", "blank"), options=ScrubOptions(ignore_case=True))

    assert output == '{"A":"","a":"","\u212a":""}'.encode()


def test_rows_without_the_field_are_counted_or_refused():
    data = b'{"a":"x"}\n{"b":1}\n[]\n'

    _, report = scrubbed(data, BLANK)

    assert report.rows == 3
    assert report.rules[0].absent == 2
    with pytest.raises(SchemaMismatch, match="field a is missing in row 2"):
        scrubbed(data, Rule("a", "blank", missing="reject"))


@pytest.mark.parametrize(
    ("row_rule", "kept"),
    [
        (RowRule("c", equals="DE"), [2, 3, 4, 5]),
        (RowRule("c", among=("DE", 5)), [2, 4, 5]),
        (RowRule("c", equals=5.0), [1, 2, 4, 5]),
        (RowRule("c", matches="^[A-F]"), [3, 4, 5]),
        (RowRule("c", is_null=True), [1, 2, 3, 5]),
        (RowRule("c", is_null=False), [4, 5]),
    ],
)
def test_row_rule_takes_the_line_with_its_end(row_rule, kept):
    rows = {
        1: b'{"c":"DE","a":"x"}\n',
        2: b'{"c":"FR","a":""}\r\n',
        3: b'{"c":5e0}\n',
        4: b'{"c":null}\n',
        5: b'{"a":""}',
    }

    output, report = scrubbed(
        b"".join(rows.values()), BLANK, options=ScrubOptions(drop_rows=row_rule)
    )

    assert output == b"".join(rows[number].replace(b'"x"', b'""') for number in kept)
    assert (report.rows, report.rows_dropped) == (5, 5 - len(kept))


def test_malformed_row_is_named_by_number_and_offset():
    with pytest.raises(MalformedData, match="at row 2, byte offset 11"):
        scrubbed(b'{"a":"x"}\n{a:1}\n', BLANK)
    with pytest.raises(UnsupportedEncoding, match="row 1, byte offset 6"):
        scrubbed(b'{"a":"\xff"}\n', BLANK)


def test_gzip_members_become_one_gzip_member():
    data = gzip.compress(b'{"a":"x"}\n{"a"') + gzip.compress(b':"y"}\n')

    output, report = scrubbed(data, BLANK)

    assert gzip.decompress(output) == b'{"a":""}\n{"a":""}\n'
    assert report.compression == "gzip"
    assert scrubbed(data, BLANK)[0] == output


@pytest.mark.parametrize("size", [0, 1, 5, 20, -1])
def test_broken_gzip_is_malformed(size):
    data = bytearray(gzip.compress(b'{"a":"x"}\n' * 10)[: size or None])
    data[3:] = data[3:][::-1] if size == -1 else data[3:]

    if size == 0:
        scrubbed(bytes(data), BLANK)
    else:
        with pytest.raises(PermanentError):
            scrubbed(bytes(data), BLANK)
