"""What a function says of its work: structured logs and metrics, constant texts with fields.

No content of an object is ever a field: names, counts, positions and error names only.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit


class Telemetry:
    """The logger and the metrics of this process; service and namespace come from the environment.

    Metrics are CloudWatch's embedded metric format, that is, lines of the function's log.
    """

    def __init__(self) -> None:
        """Read the POWERTOOLS_* variables."""
        self._logger = Logger()
        self._metrics = Metrics()

    def say(self, message: str, **fields: Any) -> None:
        """Log what happened."""
        self._logger.info(message, extra=fields)

    def warn(self, message: str, **fields: Any) -> None:
        """Log what somebody should look at."""
        self._logger.warning(message, extra=fields)

    def count(self, name: str, value: float = 1) -> None:
        """Add to a counter of this invocation."""
        self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)

    def measure_bytes(self, name: str, value: float) -> None:
        """Add a number of bytes."""
        self._metrics.add_metric(name=name, unit=MetricUnit.Bytes, value=value)

    def measure_seconds(self, name: str, value: float) -> None:
        """Add a length of time."""
        self._metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=value)

    def begin(self, context: object) -> None:
        """Name the invocation in every line of its log."""
        request_id = getattr(context, "aws_request_id", None)
        self._logger.append_keys(function_request_id=request_id)

    def about(self, fields: Mapping[str, Any]) -> None:
        """Name the run in every further line of this invocation's log."""
        self._logger.append_keys(**fields)

    def end(self) -> None:
        """Write the invocation's metrics, forget its names."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()
        self._logger.clear_state()


@cache
def telemetry() -> Telemetry:
    """Give the process's telemetry."""
    return Telemetry()
