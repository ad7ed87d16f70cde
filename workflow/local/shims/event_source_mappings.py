"""ministack's own event source pollers stay off; `workflow/local/sources` reads instead.

Wrong in ministack 1.5.33: for streams, ReportBatchItemFailures, MaximumRetryAttempts,
BisectBatchOnFunctionError and the on-failure destination are ignored, so a failed record is lost
silently; one thread serves all mappings, so a slow function stops the others; the batching window
is not honoured.
AWS: see `workflow/local/sources/streams.py` and `queues.py`.
"""

from ministack.services import lambda_svc

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.lambda_svc:_ensure_poller", "7b5deb419e7d2927"),
    Pin("ministack.services.lambda_svc:_create_esm", "a0e31420139efc22"),
    Pin("ministack.services.lambda_svc:_esm_response", "6f5c7d873c7dd02c"),
    Pin("ministack.services.cloudformation.provisioners:_lambda_esm_create", "d50dd09692de1606"),
)


def install() -> None:
    """Never start the poller thread."""
    wrap(lambda_svc, "_ensure_poller", lambda _original: lambda: None)
