"""What it costs to scrub so many objects of so many bytes: each figure with its formula."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow import prices

GB = 1024**3
# Measured on one vCPU, NDJSON; benchmarks/README.md has the others.
BYTES_PER_SECOND = 50 * 1024**2

# The way of one object that is scrubbed and whose table is there.
TRANSITIONS = 8
_SMALL_CALLS = 4  # schedule_objects, InspectObject, EraseVersion, CheckCatalog
_SMALL_GB_SECONDS = 0.5 * 0.1  # half a gigabyte for a tenth of a second
_SCRUB_GB = 1769 / 1024
_SCRUB_START_SECONDS = 0.3
_SCRUB_PART_BYTES = 32 * 1024**2
# Entry, its place in the index and its removal from there, timer, and four moves of two units.
_DYNAMODB_WRITES = 12
_DYNAMODB_READS = 8
_S3_READS = 7  # five HEAD, one GET, one for the tags
_SQS_REQUESTS = 3
_LOG_BYTES = 6_000
# The sweeper runs each minute, the crawler each day.
_SWEEPS = 60 * 24 * 30
_SWEEP_GB_SECONDS = 0.5 * 0.2
_SWEEP_READS = 16 * 0.5
ALARMS = 15
_METRICS = 26


@dataclass(frozen=True)
class Item:
    """One line of an estimate.

    Attributes:
        what: What is paid for.
        formula: How the number comes about.
        dollars: The number.
    """

    what: str
    formula: str
    dollars: float


def estimate(objects: int, size: int) -> list[Item]:
    """Estimate what scrubbing costs.

    Args:
        objects: How many.
        size: Bytes of all of them together.
    """
    return [*_runs(objects), *_functions(objects, size), *_stores(objects, size)]


def monthly() -> list[Item]:
    """Estimate what a month costs in which nothing is uploaded."""
    sweeping = _SWEEPS * (
        prices.LAMBDA_REQUEST
        + _SWEEP_GB_SECONDS * prices.LAMBDA_GB_SECOND
        + _SWEEP_READS * prices.DYNAMODB_READ
    )
    watching = ALARMS * prices.ALARM_MONTH + _METRICS * prices.METRIC_MONTH
    return [
        Item("Sweeper", f"{_SWEEPS:,} calls and their reads of the index", sweeping),
        Item("Daily crawl", f"30 x {prices.CRAWL:.3f}", 30 * prices.CRAWL),
        Item(
            "Alarms, metrics, dashboard",
            f"{ALARMS} alarms, {_METRICS} metrics, 1 dashboard",
            watching + prices.DASHBOARD_MONTH,
        ),
        Item("Key and secret", "1 each", prices.KMS_KEY_MONTH + prices.SECRET_MONTH),
    ]


def _runs(objects: int) -> Iterator[Item]:
    yield Item(
        "State transitions",
        f"{objects:,} x {TRANSITIONS}",
        objects * TRANSITIONS * prices.STATE_TRANSITION,
    )


def _functions(objects: int, size: int) -> Iterator[Item]:
    # start_runs takes a hundred timers at a time, so it hardly counts.
    requests = objects * (_SMALL_CALLS + 1)
    yield Item("Function calls", f"{objects:,} x 5", requests * prices.LAMBDA_REQUEST)
    yield Item(
        "Small functions",
        f"{objects:,} x {_SMALL_CALLS} x {_SMALL_GB_SECONDS} GB-s",
        objects * _SMALL_CALLS * _SMALL_GB_SECONDS * prices.LAMBDA_GB_SECOND,
    )
    seconds = objects * _SCRUB_START_SECONDS + size / BYTES_PER_SECOND
    yield Item(
        "Scrubbing",
        f"{seconds:,.0f} s x {_SCRUB_GB:.2f} GB",
        seconds * _SCRUB_GB * prices.LAMBDA_GB_SECOND,
    )


def _stores(objects: int, size: int) -> Iterator[Item]:
    yield Item(
        "Ledger and timer",
        f"{objects:,} x ({_DYNAMODB_WRITES} writes + {_DYNAMODB_READS} reads)",
        objects
        * (_DYNAMODB_WRITES * prices.DYNAMODB_WRITE + _DYNAMODB_READS * prices.DYNAMODB_READ),
    )
    writes = objects + size // _SCRUB_PART_BYTES
    yield Item(
        "S3 requests",
        f"{objects:,} x {_S3_READS} reads + {writes:,} writes",
        objects * _S3_READS * prices.S3_GET + writes * prices.S3_PUT,
    )
    yield Item(
        "Queue", f"{objects:,} x {_SQS_REQUESTS}", objects * _SQS_REQUESTS * prices.SQS_REQUEST
    )
    logged = objects * _LOG_BYTES
    yield Item("Logs", f"{logged / GB:,.1f} GB", logged / GB * prices.LOGS_GB)
    yield Item("Tag, each month", f"{objects:,} x 1", objects * prices.S3_TAG_MONTH)
