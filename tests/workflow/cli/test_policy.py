import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

_VALID = """\
version: 1
datasets:
  uploads:
    prefix: dataset/
    erase_versions: true
    scrub:
      - {field: file_contents, action: blank}
"""
_CANARY = "secret-0123456789"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "datasets.yaml"
    path.write_text(_VALID)
    return path


def changed(policy: Path, old: str, new: str) -> Path:
    path = policy.with_name("new.yaml")
    path.write_text(_VALID.replace(old, new))
    return path


def test_check_calls_a_valid_file_valid(run: Callable, policy: Path):
    outcome = run("policy", "check", policy)

    assert outcome.code == 0
    assert outcome.data == ""
    assert outcome.messages == f"{policy} is valid: 1 dataset(s), 1 rule(s)\n"


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("erase_versions: true", "erase_versions: false", "keeps earlier versions"),
        ("erase_versions: true", "enforce: false", "only observes"),
        ("dataset/", "a/b/\n    table: c", "a crawler will name it 'b'"),
    ],
)
def test_check_notes_what_may_surprise(run: Callable, policy: Path, old: str, new: str, note: str):
    outcome = run("policy", "check", changed(policy, old, new))

    assert outcome.code == 0
    assert note in outcome.messages


def test_check_tells_problems_and_exits_with_3(run: Callable, policy: Path):
    broken = changed(policy, "blank", "blnk")

    outcome = run("policy", "check", broken)

    assert outcome.code == 3
    assert outcome.data == ""
    assert outcome.messages == (
        f"{broken}:7: datasets.uploads.scrub[0].action: unknown action 'blnk'; "
        "did you mean 'blank'?\n"
    )


def test_check_tells_problems_as_data(run: Callable, policy: Path):
    broken = changed(policy, "blank", "blnk")

    outcome = run("policy", "check", broken, "--json")

    assert outcome.code == 3
    assert json.loads(outcome.data) == {
        "file": str(broken),
        "valid": False,
        "problems": [
            {
                "line": 7,
                "key": "datasets.uploads.scrub[0].action",
                "problem": "unknown action 'blnk'; did you mean 'blank'?",
            }
        ],
        "notes": [],
    }


def test_check_refuses_a_missing_file(run: Callable, tmp_path: Path):
    outcome = run("policy", "check", tmp_path / "no.yaml")

    assert outcome.code == 3
    assert outcome.messages == f"{tmp_path}/no.yaml: No such file or directory\n"


@pytest.mark.parametrize("key", ["dataset/a.json", "s3://lake/dataset/a.json"])
def test_match_names_the_dataset_of_a_key(run: Callable, policy: Path, key: str):
    outcome = run("policy", "match", key, "--file", policy)

    assert outcome.code == 0
    assert "dataset  uploads\n" in outcome.data


def test_match_exits_with_5_for_a_key_outside_every_prefix(run: Callable, policy: Path):
    outcome = run("policy", "match", "other/a.json", "--file", policy)

    assert outcome.code == 5
    assert outcome.messages == f"no dataset of {policy} matches 'other/a.json'\n"


def test_show_fills_in_the_defaults(run: Callable, policy: Path):
    shown = json.loads(run("policy", "show", "uploads", "--file", policy, "--json").data)

    assert shown["after"] == "5m"
    assert shown["late_after"] == "15m"
    assert shown["table"] == "dataset"
    assert shown["scrub"] == [{"field": "file_contents", "action": "blank", "missing": "ignore"}]
    assert json.loads(shown["canonical"])["format"] == "auto"


def test_show_lists_datasets_for_people(run: Callable, policy: Path):
    outcome = run("policy", "show", "--file", policy)

    assert "uploads" in outcome.data
    assert "dataset/" in outcome.data
    assert "\x1b" not in outcome.data


def test_show_exits_with_5_for_an_unknown_dataset(run: Callable, policy: Path):
    outcome = run("policy", "show", "downloads", "--file", policy)

    assert outcome.code == 5
    assert outcome.messages == f"{policy} has no dataset 'downloads'; it has uploads\n"


def test_schema_tells_an_editor_what_fits(run: Callable):
    schema = json.loads(run("policy", "schema").data)

    jsonschema.validate(yaml.safe_load(_VALID), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(_VALID.replace("prefix", "prefx")), schema)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("blank", "drop", "file_contents: drop instead of blank"),
        ("file_contents", "contents", "contents: now blank"),
        ("file_contents", "contents", "file_contents: no longer touched (was blank)"),
        ("dataset/", "data/", "prefix data/ instead of dataset/"),
        (
            "erase_versions: true",
            "after: 30d",
            "new uploads are due 30d after upload instead of 5m",
        ),
        ("erase_versions: true", "enforce: false", "enforce: false instead of true"),
        (
            "uploads:",
            "downloads:",
            "objects under dataset/ are no longer scrubbed; a due one ends as UnknownDataset",
        ),
        ("uploads:", "downloads:", "objects under dataset/ are scrubbed 5m after upload"),
        (
            "erase_versions: true",
            "drop_rows: {where: {field: c, in: [NO]}}",
            "drops rows where c in ['NO'] instead of nothing",
        ),
    ],
)
def test_diff_says_in_words_what_changes(
    run: Callable, policy: Path, old: str, new: str, sentence: str
):
    outcome = run("policy", "diff", policy, changed(policy, old, new))

    assert outcome.code == 0
    assert f"  {sentence}\n" in outcome.data


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("blank", "drop", "the output's bytes change"),
        ("dataset/", "data/", "the output's bytes stay the same"),
    ],
)
def test_diff_says_whether_the_digest_changes(
    run: Callable, policy: Path, old: str, new: str, sentence: str
):
    outcome = run("policy", "diff", policy, changed(policy, old, new))

    assert sentence in outcome.data


def test_diff_of_equal_files_has_no_data(run: Callable, policy: Path):
    outcome = run("policy", "diff", policy, policy)

    assert (outcome.code, outcome.data, outcome.messages) == (0, "", "nothing changes\n")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.ndjson"
    rows = [{"id": number, "file_contents": f"{_CANARY}-{number}"} for number in range(9)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_try_shows_paths_and_masks_values(run: Callable, policy: Path, sample: Path):
    outcome = run("policy", "try", sample, "--file", policy, "--rows", 2)

    assert outcome.code == 0
    assert outcome.data.count("file_contents") == 2
    assert "(21 characters)" in outcome.data
    assert _CANARY not in outcome.data + outcome.messages


def test_try_shows_values_on_request(run: Callable, policy: Path, sample: Path):
    outcome = run("policy", "try", sample, "--file", policy, "--show-values", "--json")

    first = json.loads(outcome.data)[0]
    assert first == {
        "row": 1,
        "rule": 0,
        "path": "file_contents",
        "before": f'"{_CANARY}-0"',
        "after": '""',
    }


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.json"], 5, "nowhere.json: No such file or directory\n"),
        (["SAMPLE", "--dataset", "x"], 5, "no dataset 'x'; there is uploads\n"),
        (
            ["SAMPLE", "--rows", "0"],
            2,
            (
                "Invalid value for '--rows': Input should be greater than or equal to 1 "
                "(try: lakescrub policy try --help)\n"
            ),
        ),
    ],
)
def test_try_refuses_bad_input(
    run: Callable, policy: Path, sample: Path, *, arguments: list[str], code: int, message: str
):
    given = [str(sample) if argument == "SAMPLE" else argument for argument in arguments]

    outcome = run("policy", "try", *given, "--file", policy)

    assert (outcome.code, outcome.data, outcome.messages) == (code, "", message)


def test_try_asks_which_of_several_datasets(run: Callable, policy: Path, sample: Path):
    other = _VALID.partition("datasets:\n")[2].replace("uploads", "others")
    policy.write_text(_VALID + other.replace("dataset/", "other/"))

    outcome = run("policy", "try", sample, "--file", policy)

    assert outcome.code == 2
    assert outcome.messages == "name one of the datasets with --dataset: uploads, others\n"


def test_try_refuses_broken_data_without_quoting_it(run: Callable, policy: Path, sample: Path):
    sample.write_text(f'{{"file_contents": "{_CANARY}\n')

    outcome = run("policy", "try", sample, "--file", policy, "--show-values")

    assert outcome.code == 4
    assert outcome.messages.startswith("MalformedData: ")
    assert _CANARY not in outcome.data + outcome.messages
