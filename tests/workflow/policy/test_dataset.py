import pytest

from workflow.policy import Dataset, Policies, load_policies

_RULE = "scrub: [{field: f, action: blank}]"
_BASE = f"prefix: a/\n{_RULE}"


def any_policies(**datasets: str) -> Policies:
    blocks = [
        f"  {name}:\n    table: t_{name}\n" + "".join(f"    {line}\n" for line in lines.split("\n"))
        for name, lines in datasets.items()
    ]
    return load_policies("version: 1\ndatasets:\n" + "".join(blocks))


def any_dataset(lines: str) -> Dataset:
    return any_policies(uploads=lines)["uploads"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("data/one.json", "data"),
        ("data/", "data"),
        ("data/eu/one.json", "eu"),
        ("data/eu/deep/er/one.json", "eu"),
        ("data/eur/one.json", "data"),
        ("data//eu/one.json", "data"),
        ("database/one.json", None),
        ("data", None),
        ("other/data/eu/one.json", None),
        ("", None),
    ],
)
def test_matches_the_longest_prefix(key: str, name: str | None) -> None:
    policies = any_policies(data=f"prefix: data/\n{_RULE}", eu=f"prefix: data/eu/\n{_RULE}")

    match = policies.match(key)

    assert (match and match.name) == name


def test_keeps_a_canonical_form_for_auditors() -> None:
    dataset = any_dataset(
        "prefix: a/\n"
        "scrub: [{field: b, action: drop, missing: reject}, {field: \"'a'\", action: blank}]\n"
        "drop_rows: {where: {field: c, in: [NO, 1.5]}}"
    )

    assert dataset.canonical() == (
        '{"form":1,"format":"auto","hash_key":null,'
        '"options":{"drop_rows":{"among":["NO",1.5],"field":"c"}},'
        '"rules":[{"action":"blank","field":"a"},'
        '{"action":"drop","field":"b","missing":"reject"}]}'
    )
    assert dataset.digest == "ab1539442fce"


@pytest.mark.parametrize(
    "same",
    [
        "prefix: b/\n" + _RULE,
        _BASE + "\nafter: 30d\nlate_after: 1h",
        _BASE + "\nerase_versions: true\nenforce: false",
        _BASE + "\nhash_key: other",
        _BASE + "\nformat: auto\nreshape: false\ncsv: {header: true}",
        "prefix: a/\nscrub: [{action: blank, field: f, missing: ignore}]",
    ],
)
def test_digest_stays_where_the_bytes_would(same: str) -> None:
    assert any_dataset(same).digest == any_dataset(_BASE).digest


@pytest.mark.parametrize(
    "other",
    [
        "prefix: a/\nscrub: [{field: g, action: blank}]",
        'prefix: a/\nscrub: [{field: f, action: "null"}]',
        "prefix: a/\nscrub: [{field: f, action: blank, missing: reject}]",
        "prefix: a/\nscrub: [{field: f, action: blank}, {field: g, action: blank}]",
        _BASE + "\nformat: csv",
        _BASE + "\nignore_case: true",
        _BASE + '\ncsv: {delimiter: ";"}',
        _BASE + "\nencoding: latin-1",
        _BASE + "\ndrop_rows: {where: {field: c, is_null: true}}",
    ],
)
def test_digest_changes_where_the_bytes_may(other: str) -> None:
    assert any_dataset(other).digest != any_dataset(_BASE).digest


def test_digest_does_not_know_the_order_of_rules() -> None:
    forward = "prefix: a/\nscrub: [{field: a, action: blank}, {field: b, action: drop}]"
    backward = "prefix: a/\nscrub: [{field: b, action: drop}, {field: a, action: blank}]"

    assert any_dataset(forward).digest == any_dataset(backward).digest


def test_schema_describes_a_policy_file() -> None:
    schema = Policies.schema()

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert set(schema["required"]) == {"version", "datasets"}


def test_digest_knows_the_hash_key_only_where_an_action_is_keyed() -> None:
    hashed = "prefix: a/\nscrub: [{field: f, action: hash}]"

    assert any_dataset(_BASE).hash_key is None
    assert any_dataset(hashed).hash_key == "default"
    assert any_dataset(hashed).digest != any_dataset(hashed + "\nhash_key: k2").digest


def test_digest_changes_with_an_option_of_an_action() -> None:
    masked = "prefix: a/\nscrub: [{field: f, action: mask, keep_last: 4}]"

    assert any_dataset(masked).digest != any_dataset(masked.replace("4", "2")).digest
