import pytest

from workflow.errors import PolicyError
from workflow.policy import load_policies

_RULE = "scrub: [{field: f, action: blank}]"


def file_with(*lines: str) -> str:
    return "version: 1\ndatasets:\n  uploads:\n" + "".join(f"    {line}\n" for line in lines)


def file_with_other(first_prefix: str, other_prefix: str) -> str:
    other = f"  other:\n    prefix: {other_prefix}\n    {_RULE}\n"
    return file_with(f"prefix: {first_prefix}", _RULE) + other


_UPLOADS = "datasets.uploads"
_REFUSED = {
    "empty": ("", "1: empty; a policy file starts with `version: 1`"),
    "comment only": ("# nothing\n", "1: empty; a policy file starts with `version: 1`"),
    "tab": ("version: 1\ndatasets:\n\tup: 1\n", "3: not YAML: a tab; YAML indents with spaces"),
    "open bracket": (
        "version: 1\ndatasets: [\n",
        "3: not YAML: expected the node content, but found '<stream end>'",
    ),
    "unknown anchor": ("version: *v\n", "1: not YAML: found undefined alias 'v'"),
    "two documents": ("version: 1\n---\nversion: 1\n", "2: not YAML: but found another document"),
    "control character": (
        "version: 1\n# \x07\n",
        "2: a control character that YAML does not allow",
    ),
    "nested without end": ("[" * 20_000, "1: nested too deeply to be read"),
    "anchor in itself": (
        "version: 1\ndatasets: &d {uploads: *d}\n",
        "2: datasets.uploads: an anchor that contains itself",
    ),
    "merge of itself": (
        file_with("prefix: a/", "csv: &c {x: {<<: *c}}", _RULE),
        f"5: {_UPLOADS}.csv.x.x: an anchor that contains itself",
    ),
    "tag": (
        "version: !!python/object:os.system 1\n",
        "1: version: the YAML tag tag:yaml.org,2002:python/object:os.system is not supported",
    ),
    "tag that lies": ("version: !!int one\n", "1: version: a value that its YAML tag cannot hold"),
    "list": ("- 1\n", "1: a mapping is expected"),
    "text": ("hello\n", "1: a mapping is expected"),
    "no version": ("datasets: {}\n", "1: version: is missing"),
    "later version": ("version: 2\n", "1: version: expected 1"),
    "no datasets": ("version: 1\n", "1: datasets: is missing"),
    "no dataset": ("version: 1\ndatasets: {}\n", "2: datasets: at least one is needed"),
    "null datasets": ("version: 1\ndatasets:\n", "2: datasets: a mapping is expected"),
    "null dataset": (
        "version: 1\ndatasets:\n  uploads:\n",
        f"3: {_UPLOADS}: a mapping is expected",
    ),
    "dataset name": (
        "version: 1\ndatasets:\n  my data: {prefix: a/, " + _RULE + "}\n",
        "3: datasets.my data: a name is of letters, digits, - and _, at most 64 characters",
    ),
    "unknown key at the top": (
        "version: 1\ndataset: 1\n",
        "2: dataset: unknown key; did you mean 'datasets'?",
    ),
    "unknown key": (
        file_with("prefix: a/", "scrubs: []", _RULE),
        f"5: {_UPLOADS}.scrubs: unknown key; did you mean 'scrub'?",
    ),
    "far unknown key": (
        file_with("prefix: a/", "csv: {zzz: 1}", _RULE),
        f"5: {_UPLOADS}.csv.zzz: unknown key; expected one of delimiter, header",
    ),
    "key twice": (
        file_with("prefix: a/", _RULE, "prefix: b/"),
        f"6: {_UPLOADS}.prefix: stands twice; first on line 4",
    ),
    "key twice on a line": (
        file_with("prefix: a/", "scrub: [{field: f, action: blank, field: g}]"),
        f"5: {_UPLOADS}.scrub[0].field: stands twice; first on line 5",
    ),
    "list as key": (
        file_with("prefix: a/", _RULE, "? [a]", ": 1"),
        f"6: {_UPLOADS}: a key must be plain text",
    ),
    "no prefix": (file_with(_RULE), f"3: {_UPLOADS}.prefix: is missing"),
    "leading slash": (
        file_with("prefix: /a/", _RULE),
        f"4: {_UPLOADS}.prefix: a prefix has no leading slash",
    ),
    "no last slash": (
        file_with("prefix: a", _RULE),
        f"4: {_UPLOADS}.prefix: a prefix ends with a slash: 'a/'",
    ),
    "empty prefix": (
        file_with("prefix: ''", _RULE),
        f"4: {_UPLOADS}.prefix: a prefix is needed",
    ),
    "bucket in prefix": (
        file_with("prefix: s3://lake/a/", _RULE),
        f"4: {_UPLOADS}.prefix: leave out s3:// and the bucket: a prefix starts within the lake",
    ),
    "empty folder": (
        file_with("prefix: a//b/", _RULE),
        f"4: {_UPLOADS}.prefix: a prefix has no empty folder names and no control characters",
    ),
    "long prefix": (
        file_with(f"prefix: {'a' * 1_000}/", _RULE),
        f"4: {_UPLOADS}.prefix: longer than 1000 bytes",
    ),
    "partition as table": (
        file_with("prefix: a/year=2024/", _RULE),
        f"3: {_UPLOADS}: table is needed: the prefix ends with a partition (key=value/)",
    ),
    "table": (
        file_with("prefix: a/", "table: Sales", _RULE),
        f"5: {_UPLOADS}.table: a Glue table's name is of a-z, 0-9 and _, at most 255 characters",
    ),
    "format": (
        file_with("prefix: a/", "format: jsonl", _RULE),
        f"5: {_UPLOADS}.format: unknown value 'jsonl'; did you mean 'json'?",
    ),
    "number as duration": (
        file_with("prefix: a/", "after: 300", _RULE),
        f"5: {_UPLOADS}.after: 300 has no unit; write for example 300s",
    ),
    "duration": (
        file_with("prefix: a/", "late_after: soon", _RULE),
        (
            f"5: {_UPLOADS}.late_after: 'soon' is not a length of time "
            "such as 90s, 5m, 12h, 30d or PT5M"
        ),
    ),
    "yes": (
        file_with("prefix: a/", "enforce: yes", _RULE),
        f"5: {_UPLOADS}.enforce: true or false is expected",
    ),
    "nothing to do": (
        file_with("prefix: a/"),
        f"3: {_UPLOADS}: nothing to do: scrub or drop_rows is needed",
    ),
    "delimiter": (
        file_with("prefix: a/", "csv: {delimiter: ab}", _RULE),
        f"5: {_UPLOADS}.csv.delimiter: one character is expected",
    ),
    "quote as delimiter": (
        file_with("prefix: a/", "csv: {delimiter: '\"'}", _RULE),
        f"5: {_UPLOADS}.csv: a delimiter is one ASCII character, not a quote or a line end",
    ),
    "encoding": (
        file_with("prefix: a/", "encoding: utf8000", _RULE),
        f"5: {_UPLOADS}.encoding: unknown encoding 'utf8000'",
    ),
    "two tests": (
        file_with("prefix: a/", "drop_rows: {where: {field: c, equals: 1, is_null: true}}"),
        f"5: {_UPLOADS}.drop_rows.where: exactly one of equals, in, matches, is_null is needed",
    ),
    "null test": (
        file_with("prefix: a/", "drop_rows: {where: {field: c, equals: null}}"),
        f"5: {_UPLOADS}.drop_rows.where.equals: null is asked for with `is_null: true`",
    ),
    "list test": (
        file_with("prefix: a/", "drop_rows: {where: {field: c, in: [[1]]}}"),
        f"5: {_UPLOADS}.drop_rows.where.in[0]: text, a number, true or false is expected",
    ),
    "backtracking pattern": (
        file_with("prefix: a/", r"drop_rows: {where: {field: c, matches: '(a)\1'}}"),
        f"5: {_UPLOADS}.drop_rows: not a linear-time (RE2) pattern: '(a)\\\\1'",
    ),
    "scrub is a mapping": (
        file_with("prefix: a/", "scrub: {field: f, action: blank}"),
        f"5: {_UPLOADS}.scrub: a list is expected",
    ),
    "no action": (
        file_with("prefix: a/", "scrub:", "  - field: f"),
        f"6: {_UPLOADS}.scrub[0].action: is missing",
    ),
    "number as field": (
        file_with("prefix: a/", "scrub:", "  - field: 3", "    action: blank"),
        f"6: {_UPLOADS}.scrub[0].field: text is expected (in quotes where it looks like a number)",
    ),
    "empty action": (
        file_with("prefix: a/", "scrub:", "  - field: f", "    action:"),
        f"7: {_UPLOADS}.scrub[0].action: text is expected (in quotes where it looks like a number)",
    ),
    "selector": (
        file_with("prefix: a/", "scrub: [{field: a..b, action: blank}]"),
        f"5: {_UPLOADS}.scrub[0].field: not a field selector: 'a..b' (character 3)",
    ),
    "action": (
        file_with("prefix: a/", "scrub:", "  - field: f", "    action: blnk"),
        f"7: {_UPLOADS}.scrub[0].action: unknown action 'blnk'; did you mean 'blank'?",
    ),
    "option": (
        file_with("prefix: a/", "scrub:", "  - field: f", "    action: blank", "    with: x"),
        f"8: {_UPLOADS}.scrub[0].with: blank has no option 'with'; it has none",
    ),
    "option of the wrong type": (
        file_with("prefix: a/", "scrub: [{field: f, action: mask, keep_last: four}]"),
        f"5: {_UPLOADS}.scrub[0].keep_last: mask: keep_last is a whole number from 0, not 'four'",
    ),
    "missing option": (
        file_with("prefix: a/", "scrub:", "  - field: f", "    action: truncate"),
        f"6: {_UPLOADS}.scrub[0]: truncate needs length",
    ),
    "pattern that matches everywhere": (
        file_with("prefix: a/", "scrub: [{field: f, action: redact, own: ['a*']}]"),
        f"5: {_UPLOADS}.scrub[0].own: redact: own: the pattern 'a*' can match the empty text",
    ),
    "pattern that matches between characters": (
        file_with(
            "prefix: a/",
            "scrub:",
            "  - field: f",
            "    action: redact",
            "    own:",
            "      - '[0-9]{4}'",
            r"      - '\b'",
        ),
        f"8: {_UPLOADS}.scrub[0].own: redact: own: the pattern '\\\\b' can match the empty text",
    ),
    "pattern that backtracks": (
        file_with("prefix: a/", r"scrub: [{field: f, action: redact, own: ['(a)\1']}]"),
        (
            f"5: {_UPLOADS}.scrub[0].own: redact: own: not a linear-time (RE2) pattern: "
            r"'(a)\\1'"
        ),
    ),
    "drop from CSV": (
        file_with("prefix: a/", "format: csv", "scrub:", "  - {field: f, action: drop}"),
        f"7: {_UPLOADS}.scrub[0]: drop moves the columns of a csv file; it needs reshape: true",
    ),
    "mistyped key of a rule": (
        file_with("prefix: a/", "scrub: [{field: f, action: blank, mising: reject}]"),
        (
            f"5: {_UPLOADS}.scrub[0].mising: blank has no option 'mising'; it has none; "
            "did you mean 'missing'?"
        ),
    ),
    "missing": (
        file_with("prefix: a/", "scrub: [{field: f, action: blank, missing: drop}]"),
        f"5: {_UPLOADS}.scrub[0].missing: unknown value 'drop'; expected one of ignore, reject",
    ),
    "table twice": (
        file_with_other("a/data/", "b/data/"),
        "6: datasets.other.table: the same table 'data' as that of 'uploads' on line 3",
    ),
    "prefix twice": (
        file_with_other("a/", "a/"),
        "7: datasets.other.prefix: the same prefix as that of 'uploads' on line 4",
    ),
}


@pytest.mark.parametrize(("text", "problem"), _REFUSED.values(), ids=_REFUSED)
def test_refuses_with_file_line_and_key(text: str, problem: str) -> None:
    with pytest.raises(PolicyError) as refusal:
        load_policies(text, source="d.yaml")

    assert f"d.yaml:{problem}" in str(refusal.value).split("\n")
