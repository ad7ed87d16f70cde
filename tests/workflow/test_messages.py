import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import UsageError
from workflow.messages import ObjectPath, RunInput, execution_name

RUN = RunInput(ObjectPath("lake", "dataset/ä b+c=d%.json"), "v1", 1)


@given(st.from_regex(r"[a-z0-9.-]{3,63}", fullmatch=True), st.text(min_size=1))
def test_reads_back_any_path(bucket, key):
    path = ObjectPath(bucket, key)

    assert ObjectPath.parse(str(path)) == path


@pytest.mark.parametrize("text", ["", "lake/key", "s3://lake", "s3://lake/", "s3:///key"])
def test_refuses_what_is_no_path(text):
    with pytest.raises(UsageError, match="is not a path"):
        ObjectPath.parse(text)


def test_reads_back_an_executions_input():
    assert RunInput.from_mapping(json.loads(RUN.to_json())) == RUN


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"path": "s3://a/b", "version": "v"},
        {"path": "s3://a/b", "version": 1, "attempt": 1},
        {"path": "s3://a/b", "version": "v", "attempt": True},
        {"path": 3, "version": "v", "attempt": 1},
        {"path": "b", "version": "v", "attempt": 1},
        [],
    ],
)
def test_refuses_what_is_no_input(value):
    with pytest.raises(UsageError):
        RunInput.from_mapping(value)


@given(st.text(), st.text(), st.text(), st.integers(min_value=1, max_value=999_999))
def test_names_executions_as_step_functions_accepts(dataset, key, version, attempt):
    name = execution_name(dataset, RunInput(ObjectPath("lake", key), version, attempt))

    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", name)


def test_names_the_same_run_the_same_and_others_differently():
    names = {
        execution_name("uploads", run)
        for run in (
            RUN,
            RunInput(RUN.path, RUN.version, 1),
            RunInput(RUN.path, RUN.version, 2),
            RunInput(RUN.path, "v2", 1),
            RunInput(ObjectPath("lake", "other"), RUN.version, 1),
        )
    }

    assert len(names) == 4
