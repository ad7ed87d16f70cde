"""Without the repair the emulator's own pollers would read as well, and lose records."""

import inspect

from workflow.local.stack import EmbeddedStack


def test_is_still_needed(stack: EmbeddedStack) -> None:
    from ministack.services import lambda_svc  # noqa: PLC0415 - loaded by the stack

    del stack
    source = inspect.getsource(lambda_svc._poll_dynamodb_streams)

    assert "batchItemFailures" not in source
    assert "BisectBatchOnFunctionError" not in source
    assert not lambda_svc._poller_started
