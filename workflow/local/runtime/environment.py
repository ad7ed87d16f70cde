"""The environment variables of a function's worker: exactly what Lambda defines, nothing of ours.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

import datetime as dt
import os
import sys
import uuid
from typing import Any


def log_group(config: dict[str, Any]) -> str:
    """The CloudWatch log group of a function."""
    chosen: str | None = (config.get("LoggingConfig") or {}).get("LogGroup")
    return chosen or f"/aws/lambda/{config['FunctionName']}"


def environment(
    config: dict[str, Any],
    credentials: dict[str, str],
    *,
    endpoint: str,
    region: str,
    task_root: str,
) -> dict[str, str]:
    """Compose the variables; the function's own come last but cannot replace reserved ones."""
    today = dt.datetime.now(dt.UTC)
    version = config.get("Version", "$LATEST")
    reserved = {
        "_HANDLER": config["Handler"],
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(config),
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{today:%Y/%m/%d}/[{version}]{uuid.uuid4().hex}",
        "AWS_REGION": region,
        "LAMBDA_RUNTIME_DIR": os.path.dirname(sys.executable),  # noqa: PTH120
        "LAMBDA_TASK_ROOT": task_root,
        **credentials,
    }
    offered = {
        "AWS_ENDPOINT_URL": endpoint,
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
    }
    own: dict[str, str] = (config.get("Environment") or {}).get("Variables") or {}
    return {**offered, **{name: str(value) for name, value in own.items()}, **reserved}
