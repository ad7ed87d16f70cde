import pyarrow as pa
import pytest

from tests.workflow.scrub.parquet import files
from workflow.errors import SchemaMismatch
from workflow.scrub import Rule

PEOPLE = [
    None,
    {"name": None, "tags": None, "cards": None, "notes": None},
    {"name": "Ann", "tags": [], "cards": [], "notes": []},
    {
        "name": "Bob",
        "tags": ["x", None, "y"],
        "cards": [{"number": "4111", "kind": "visa"}, None, {"number": None, "kind": "amex"}],
        "notes": [("home", "a"), ("work", None), ("mail", "b")],
    },
    {"name": "", "tags": ["z"], "cards": [{"number": "4222", "kind": None}], "notes": None},
] * 50
KIND = pa.struct(
    [
        ("name", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("cards", pa.list_(pa.struct([("number", pa.string()), ("kind", pa.string())]))),
        ("notes", pa.map_(pa.string(), pa.string())),
    ]
)


@pytest.fixture(scope="module", params=["1.0", "2.0"])
def nested(request):
    table = pa.table({"p": pa.array(PEOPLE, KIND), "deep": pa.array(DEEP, DEEP_KIND)})
    return files.write(
        table, data_page_version=request.param, row_group_size=90, max_rows_per_page=40
    )


DEEP_KIND = pa.list_(pa.list_(pa.struct([("v", pa.list_(pa.string()))])))
DEEP = [None, [], [None], [[]], [[None, {"v": None}], [{"v": []}, {"v": ["a", None, "b"]}]]] * 50


def changed(change):
    """Return the people after a change that leaves null people alone."""
    return [person and change(person) for person in PEOPLE]


def each(values, change):
    return values and [value if value is None else change(value) for value in values]


BLANKED = {
    "p.name": lambda p: p | {"name": p["name"] and ""},
    "p.tags[*]": lambda p: p | {"tags": each(p["tags"], lambda _tag: "")},
    "p.cards[*].number": lambda p: (
        p | {"cards": each(p["cards"], lambda card: card | {"number": card["number"] and ""})}
    ),
    "p.notes[*]": lambda p: p | {"notes": each(p["notes"], lambda note: (note[0], note[1] and ""))},
    "p.notes.home": lambda p: (
        p | {"notes": each(p["notes"], lambda n: (n[0], "") if n[0] == "home" else n)}
    ),
}


@pytest.mark.parametrize("field", BLANKED)
def test_nested_leaf_changes_and_its_siblings_stay(nested, field):
    out = files.run(nested, (field, "blank"))

    assert out.column("p") == changed(BLANKED[field])
    assert out.column("deep") == DEEP
    before, after = files.chunks(nested), files.chunks(out.data)
    touched = {
        place
        for place in before
        if files.chunk_bytes(nested, before[place]) != files.chunk_bytes(out.data, after[place])
    }
    assert len({path for _group, path in touched}) == 1


@pytest.mark.parametrize("field", BLANKED)
def test_second_pass_over_nested_leaves_changes_no_byte(nested, field):
    out = files.run(nested, (field, "blank"))

    again = files.run(out.data, (field, "blank"))

    assert again.data == out.data
    assert not again.report.changed


NULLED = {
    "p": lambda _p: None,
    "p.tags": lambda p: p | {"tags": None},
    "p.cards": lambda p: p | {"cards": None},
    "p.cards[*]": lambda p: p | {"cards": each(p["cards"], lambda _card: None)},
    "p.notes": lambda p: p | {"notes": None},
    "p.cards[*].kind": lambda p: (
        p | {"cards": each(p["cards"], lambda card: card | {"kind": None})}
    ),
}


@pytest.mark.parametrize(
    ("field", "action"),
    # Text is blanked, not nulled, by blank.
    [(field, "null") for field in NULLED]
    + [(field, "blank") for field in NULLED if field != "p.cards[*].kind"],
)
def test_group_becomes_null_whole(nested, field, action):
    out = files.run(nested, (field, action))

    assert out.column("p") == changed(NULLED[field])
    assert out.column("deep") == DEEP
    (count,) = out.report.rules
    assert count.nulled == (0 if action == "null" else count.changed)
    assert files.run(out.data, (field, action)).data == out.data


def test_lists_of_lists_keep_their_shape(nested):
    out = files.run(nested, ("deep[*][*].v[*]", "blank"))

    assert (
        out.column("deep")
        == [
            None,
            [],
            [None],
            [[]],
            [[None, {"v": None}], [{"v": []}, {"v": ["", None, ""]}]],
        ]
        * 50
    )
    assert out.column("p") == PEOPLE


def test_drop_of_every_element_empties_the_list(nested):
    out = files.run(nested, ("p.cards[*]", "drop"), ("deep[*]", "drop"))

    assert out.column("p") == changed(lambda p: p | {"cards": p["cards"] and []})
    assert out.column("deep") == [deep and [] for deep in DEEP]


def test_counts_instances_and_rows_without_any(nested):
    report = files.run(nested, ("p.cards[*].number", "blank"), ("p.name", "null")).report

    number, name = report.rules
    assert (number.matched, number.changed, number.absent) == (150, 100, 150)
    assert (name.matched, name.changed, name.absent) == (200, 150, 50)


def test_names_inside_a_list_need_the_list_to_be_entered(nested):
    out = files.run(nested, ("p.cards.number", "blank"), ("p.tags.element", "blank"))

    assert out.data == nested


def test_missing_reject_refuses_rows_whose_struct_is_null(nested):
    with pytest.raises(SchemaMismatch, match=r"p\.name is missing"):
        files.run(nested, Rule("p.name", "blank", missing="reject"))


def test_case_is_ignored_where_the_options_say_so(nested):
    out = files.run(nested, ("P.Name", "blank"), ignore_case=True)

    assert out.column("p") == changed(BLANKED["p.name"])


def test_struct_in_a_map_is_reached_by_its_key():
    kind = pa.map_(pa.string(), pa.struct([("x", pa.string()), ("l", pa.list_(pa.string()))]))
    rows = [
        [("a", {"x": "1", "l": ["p", "q"]}), ("b", {"x": "2", "l": None})],
        None,
        [],
        [("b", {"x": None, "l": ["r"]}), ("a", None), ("c", {"x": "3", "l": ["s", "t"]})],
    ]
    data = files.write(pa.table({"m": pa.array(rows, kind)}))

    out = files.run(data, ("m.a.x", "blank"), ("m.c.l[*]", "blank"), ("m.b.l[*]", "blank"))

    assert out.column("m") == [
        [("a", {"x": "", "l": ["p", "q"]}), ("b", {"x": "2", "l": None})],
        None,
        [],
        [("b", {"x": None, "l": [""]}), ("a", None), ("c", {"x": "3", "l": ["", ""]})],
    ]


@pytest.mark.parametrize("second", ["hash", "mask", "redact"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_rule_on_another_key_is_not_asked_for_what_became_null(second, dictionary):
    """What the first action does not fit, it makes null; but only under its own key."""
    maps = [[("birth", "1980-02-03"), ("email", "ann@example.com")]] * 2
    table = pa.table({"m": pa.array(maps, pa.map_(pa.string(), pa.string()))})
    first = Rule("m.birth", "generalize", {"to": "month"})

    out = files.run(files.write(table, use_dictionary=dictionary), first, ("m.email", second))

    alone = files.run(files.write(table), ("m.email", second)).column("m")
    assert out.column("m") == [[("birth", "1980-02-01"), row[1]] for row in alone]
    assert [count.nulled for count in out.report.rules] == [0, 0]
