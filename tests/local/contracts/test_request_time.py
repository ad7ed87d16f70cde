"""Without the repair a client in another process is refused once the clock was moved."""

import types

from workflow.local.stack import EmbeddedStack


def test_is_still_needed(stack: EmbeddedStack) -> None:
    from ministack.core import sigv4  # noqa: PLC0415 - loaded by the stack

    del stack
    signature = types.SimpleNamespace(amz_date="20200101T000000Z", service="s3")
    original = sigv4.request_time_failure.__lakescrub_original__

    assert original(signature)[0] == "RequestTimeTooSkewed"
    assert sigv4.request_time_failure(signature) is None
