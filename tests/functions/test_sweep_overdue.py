import json

import pytest

from functions.sweep_overdue.handler import handler
from tests.workflow.steps.story import row
from workflow.aws.wiring import wiring
from workflow.errors import UnexpectedError


@pytest.fixture
def far_future(story, monkeypatch):
    upload = story.upload(row("x"))
    late = upload.uploaded_at.replace(year=2027)
    monkeypatch.setattr(type(wiring()), "now", lambda _self: late)
    return upload


def test_starts_what_is_overdue_and_measures_how_late_it_is(far_future, context, capsys):
    result = handler({}, context)

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    metrics = next(line for line in said if "_aws" in line)
    assert result == {"overdue": 1, "started": 1, "erased": 0}
    assert metrics["ObjectsOverdue"] == [1]
    assert metrics["Lateness"][0] > 300 * 24 * 3600


def test_leaves_by_a_safe_error(story, context):
    def explode(_operation):
        raise ValueError("boom")

    story.ledger.hook = explode

    with pytest.raises(UnexpectedError, match="ValueError"):
        handler({}, context)
