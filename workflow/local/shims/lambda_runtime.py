"""Lambda functions run in lakescrub's own worker processes.

Wrong in ministack 1.5.33: every exception of a Python function is reported as
`Runtime.HandlerError`, its worker is killed afterwards and inherits the host's whole environment,
and code is run from a zip only.
AWS: `errorType` is the name of the exception's class, which is what Step Functions compares with
`ErrorEquals`; the execution environment lives on after a handled exception; it holds the
function's variables, the role's credentials and the reserved variables.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import datetime as dt
import hashlib
import json
import time
from typing import Any

from ministack.core import lambda_runtime as core
from ministack.core.responses import get_region
from ministack.services import cloudwatch_logs, lambda_svc

from workflow.local.runtime.environment import environment, log_group
from workflow.local.runtime.pool import Invocation, Pool
from workflow.local.runtime.worker import Outcome
from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.lambda_svc:_execute_function_dispatch", "70f75f29583ba15c"),
    Pin("ministack.services.lambda_svc:_execute_function", "da9866f365b835da"),
    Pin("ministack.core.lambda_runtime:execution_credentials", "958ceba5b7f8e5be"),
)


def install(pool: Pool, *, endpoint: str) -> None:
    """Let every invocation, whoever asked for it, run on `pool`."""

    def dispatch(
        function: dict[str, Any],
        config: dict[str, Any],
        event: Any,
        request_id: str,
        started: float,
    ) -> dict[str, Any]:
        order = _order(function, config, event=event, request_id=request_id, endpoint=endpoint)
        if order is None:
            return _refused(config)
        del started  # the stack's clock may be moved meanwhile
        begun = time.monotonic()
        outcome = pool.invoke(order)
        spent = int((time.monotonic() - begun) * 1000)
        _write_log(config, outcome, request_id=request_id, milliseconds=spent)
        return _result(outcome)

    wrap(lambda_svc, "_execute_function_dispatch", lambda _original: dispatch)


def _order(
    function: dict[str, Any],
    config: dict[str, Any],
    *,
    event: Any,
    request_id: str,
    endpoint: str,
) -> Invocation | None:
    if not config.get("Runtime", "").startswith("python") or not function.get("code_zip"):
        return None
    region = get_region()

    def variables(task_root: str) -> dict[str, str]:
        credentials = core.execution_credentials(config)
        return environment(
            config, credentials, endpoint=endpoint, region=region, task_root=task_root
        )

    known = json.dumps(config, sort_keys=True, default=str).encode()
    return Invocation(
        name=config["FunctionName"],
        code=function["code_zip"],
        handler=config["Handler"],
        event=event,
        request_id=request_id,
        arn=config["FunctionArn"],
        timeout=float(config.get("Timeout", 3)),
        environment=variables,
        identity=hashlib.sha256(known).hexdigest()[:16],
    )


def _refused(config: dict[str, Any]) -> dict[str, Any]:
    text = f"the embedded stack runs Python functions with code only, not {config.get('Runtime')}"
    return {"body": {"errorType": "Runtime.Unsupported", "errorMessage": text}, "error": True}


def _result(outcome: Outcome) -> dict[str, Any]:
    if outcome.failed:
        return {"body": outcome.payload, "error": True, "log": outcome.log}
    return {"body": outcome.payload, "raw_payload": True, "log": outcome.log}


def _write_log(
    config: dict[str, Any], outcome: Outcome, *, request_id: str, milliseconds: int
) -> None:
    """Write the platform's lines and the function's own into the worker's log stream."""
    version = config.get("Version", "$LATEST")
    memory = config.get("MemorySize", 128)
    lines = [
        f"START RequestId: {request_id} Version: {version}",
        *outcome.log.splitlines(),
        f"END RequestId: {request_id}",
        "\t".join(
            (
                f"REPORT RequestId: {request_id}",
                f"Duration: {milliseconds} ms",
                f"Billed Duration: {milliseconds} ms",
                f"Memory Size: {memory} MB",
                "Max Memory Used: 0 MB",
            )
        ),
    ]
    now = int(dt.datetime.now(dt.UTC).timestamp() * 1000)
    stream = _stream(log_group(config), outcome.stream, now)
    events = [{"timestamp": now, "message": line, "ingestionTime": now} for line in lines]
    cloudwatch_logs._append_log_events(stream, events)


def _stream(group_name: str, name: str, now: int) -> dict[str, Any]:
    groups = cloudwatch_logs._log_groups
    if group_name not in groups:  # as on AWS: the role may create it
        groups[group_name] = {
            "arn": cloudwatch_logs._make_group_arn(group_name),
            "creationTime": now,
            "retentionInDays": None,
            "tags": {},
            "subscriptionFilters": {},
            "streams": {},
        }
    streams: dict[str, dict[str, Any]] = groups[group_name]["streams"]
    return streams.setdefault(
        name,
        {
            "events": [],
            "uploadSequenceToken": "1",
            "creationTime": now,
            "firstEventTimestamp": None,
            "lastEventTimestamp": None,
            "lastIngestionTime": None,
        },
    )
