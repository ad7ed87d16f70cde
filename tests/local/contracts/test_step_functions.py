"""What moto's Step Functions does not have, and workflow/local/machine adds."""

import pytest

from workflow.local.shims.pins import Pin

RESPONSE = "moto.stepfunctions.responses:StepFunctionResponse"


def test_moto_has_no_redrive() -> None:
    with pytest.raises(LookupError):
        Pin(f"{RESPONSE}.redrive_execution", "").found()


def test_moto_has_no_paging_of_the_history() -> None:
    import inspect  # noqa: PLC0415

    from moto.stepfunctions.responses import StepFunctionResponse  # noqa: PLC0415

    found = StepFunctionResponse.get_execution_history
    original = getattr(found, "__lakescrub_original__", found)

    assert "nextToken" not in inspect.getsource(original)


def test_moto_names_errors_of_sdk_integrations_for_two_services_only() -> None:
    import inspect  # noqa: PLC0415

    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (  # noqa: PLC0415
        state_task_service_aws_sdk,
    )

    source = inspect.getsource(state_task_service_aws_sdk)

    assert '_SERVICE_ERROR_NAMES = {"dynamodb": "DynamoDb", "sfn": "Sfn"}' in source
