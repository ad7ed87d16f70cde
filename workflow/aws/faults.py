"""Errors of boto3, told in our own words.

boto3's texts may quote request parameters, so only the error code and what we were doing go on.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    ResponseStreamingError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from workflow.errors import (
    AccessDenied,
    LakescrubError,
    ObjectArchived,
    ObjectChanged,
    ObjectMissing,
    ServiceUnavailable,
    Throttled,
    UnexpectedError,
    UnsupportedEncryption,
    UsageError,
)

_BY_CODE: dict[str, type[LakescrubError]] = {
    **dict.fromkeys(
        (
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "ProvisionedThroughputExceededException",
            "ThroughputExceeded",
            "TransactionInProgressException",
            "ExecutionLimitExceeded",
            "KMS.ThrottlingException",
            # The answer to a HEAD has no body, so S3's SlowDown comes as its bare number.
            "503",
            "429",
        ),
        Throttled,
    ),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccessDeniedException",
            "403",
            "Forbidden",
            "UnauthorizedOperation",
            "KMS.AccessDeniedException",
        ),
        AccessDenied,
    ),
    **dict.fromkeys(("PreconditionFailed", "412", "ConditionalRequestConflict"), ObjectChanged),
    **dict.fromkeys(("NoSuchKey", "NoSuchVersion", "NoSuchUpload", "404"), ObjectMissing),
    "InvalidObjectState": ObjectArchived,
    **dict.fromkeys(
        ("KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException"),
        UnsupportedEncryption,
    ),
    **dict.fromkeys(("RequestTimeout", "InternalError", "ServiceUnavailable"), ServiceUnavailable),
}
_FIRST_SERVER_ERROR = 500


def error_code(error: ClientError) -> str:
    """Give the service's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def translated(error: Exception, doing: str) -> LakescrubError:
    """Give our error for one of boto3's.

    Args:
        error: What boto3 raised.
        doing: Operation and resource, such as ``GetObject on s3://lake/key``.
    """
    if isinstance(error, ClientError):
        return _from_answer(error, doing)
    if isinstance(error, NoCredentialsError | NoRegionError):
        return UsageError(f"{doing}: no AWS credentials or no region; set them as for the AWS CLI")
    if isinstance(
        error, BotoConnectionError | HTTPClientError | IncompleteReadError | ResponseStreamingError
    ):
        return ServiceUnavailable(f"{doing}: {type(error).__name__}")
    return UnexpectedError(f"{doing}: {type(error).__name__}")


def _from_answer(error: ClientError, doing: str) -> LakescrubError:
    code = error_code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind = _BY_CODE.get(code)
    if kind is None and status >= _FIRST_SERVER_ERROR:
        kind = ServiceUnavailable
    return (kind or UnexpectedError)(f"{doing}: {code or status}")


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Raise our error in place of boto3's, without the original as its cause.

    Raises:
        LakescrubError: Whatever ``translated`` makes of the failure.
    """
    failure: Exception | None = None
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        failure = error
    if failure is not None:
        raise translated(failure, doing)
