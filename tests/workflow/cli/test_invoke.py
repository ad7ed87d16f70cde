import io
import json
from pathlib import Path

import pytest

_EVENTS = Path(__file__).parents[2] / "events"


class FakeLambda:
    def __init__(self, payload, error=None):
        self.payload, self.error = payload, error

    def invoke(self, **arguments):
        self.asked = {**arguments, "Payload": json.loads(arguments["Payload"])}
        answer = {"Payload": io.BytesIO(json.dumps(self.payload).encode())}
        return {**answer, "FunctionError": self.error} if self.error else answer


@pytest.fixture
def answering(bench):
    bench.deployment.functions = {
        name: f"physical-{name}" for name in ("scrub_object", "schedule_objects", "start_runs")
    }

    def make(payload, error=None):
        client = FakeLambda(payload, error)
        bench.function_client = client
        return client

    return make


@pytest.fixture
def event(tmp_path):
    path = tmp_path / "event.json"
    path.write_text('{"a": 1}')
    return path


@pytest.mark.parametrize("name", ["scrub_object", "ScrubObject", "scrub-object"])
def test_calls_the_function_by_any_of_its_names(run, answering, event, name):
    function = answering({"ending": "processed"})

    outcome = run("invoke", name, "--event", event)

    assert function.asked == {"FunctionName": "physical-scrub_object", "Payload": {"a": 1}}
    assert json.loads(outcome.data) == {"ending": "processed"}


def test_delivers_a_notification_as_its_queue_would(run, answering):
    function = answering({"batchItemFailures": []})

    run("invoke", "schedule_objects", "--event", _EVENTS / "s3-put.json")

    (message,) = function.asked["Payload"]["Records"]
    sample = json.loads((_EVENTS / "s3-put.json").read_text())
    assert message["eventSource"] == "aws:sqs"
    assert json.loads(message["body"]) == sample["event"]


def test_delivers_a_stream_record_as_its_stream_would(run, answering):
    function = answering({"batchItemFailures": []})

    run("invoke", "start_runs", "--event", _EVENTS / "stream-expired.json")

    sample = json.loads((_EVENTS / "stream-expired.json").read_text())
    assert function.asked["Payload"] == {"Records": [sample["event"]]}


def test_tells_the_error_of_a_function_that_failed(run, answering, event):
    answering({"errorType": "MalformedData", "errorMessage": "a brace"}, "Unhandled")

    outcome = run("invoke", "scrub_object", "--event", event)

    assert (outcome.code, outcome.data) == (1, "")
    assert outcome.messages == "scrub_object failed: MalformedData: a brace\n"


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (None, 5, "event.json: No such file or directory\n"),
        (b"{\n,}", 2, "event.json:2: not JSON: "),
        (b"\xff", 2, "event.json: not UTF-8 text\n"),
    ],
)
def test_refuses_an_event_that_is_none(run, answering, event, *, content, code, message):
    answering({})
    event.unlink()
    if content is not None:
        event.write_bytes(content)

    outcome = run("invoke", "scrub_object", "--event", event)

    assert outcome.code == code
    assert message in outcome.messages


def test_names_the_functions_that_there_are(run, answering, event):
    answering({})

    outcome = run("invoke", "scrub", "--event", event)

    assert outcome.code == 5
    assert outcome.messages == (
        "there is no function 'scrub'; there is schedule_objects, scrub_object, start_runs\n"
    )
