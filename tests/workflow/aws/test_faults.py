import pytest
from botocore.exceptions import ClientError

from workflow.aws.faults import translated
from workflow.errors import ObjectChanged, ServiceUnavailable, Throttled, UnexpectedError


def refusal(code, status=400):
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return translated(ClientError(answer, "Operation"), "doing")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("503", 503),  # HeadObject: no body, so no code
        ("ThrottlingException", 400),
        ("KMS.ThrottlingException", 400),
        ("ExecutionLimitExceeded", 400),
    ],
)
def test_waits_for_its_turn_whatever_a_service_calls_it(code, status):
    assert type(refusal(code, status)) is Throttled


def test_takes_other_failures_of_a_server_as_passing():
    assert type(refusal("InternalServerError", 500)) is ServiceUnavailable
    assert type(refusal("500", 500)) is ServiceUnavailable


def test_looks_again_after_a_conflict():
    assert type(refusal("ConditionalRequestConflict", 409)) is ObjectChanged
    assert type(refusal("412", 412)) is ObjectChanged


def test_tells_no_text_of_a_service():
    answer = {"Error": {"Code": "Odd", "Message": "4111"}}

    failure = translated(ClientError(answer, "Operation"), "doing")

    assert type(failure) is UnexpectedError
    assert str(failure) == "doing: Odd"
