"""Without the repair an error of a function loses its name."""

import inspect

from workflow.local.stack import EmbeddedStack


def test_is_still_needed(stack: EmbeddedStack) -> None:
    from ministack.services import lambda_svc  # noqa: PLC0415 - loaded by the stack

    del stack
    source = inspect.getsource(lambda_svc._execute_function_warm)

    assert 'error_type = "Runtime.HandlerError"' in source
