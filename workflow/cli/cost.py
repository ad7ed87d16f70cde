"""``lakescrub cost``: estimate what scrubbing costs on AWS."""

import dataclasses
import re
from typing import Annotated

import typer

from workflow import cost as estimates
from workflow import prices
from workflow.cli.output import AsJson, print_json, print_table
from workflow.errors import UsageError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)i?B?", re.IGNORECASE)
_UNITS = ("", "K", "M", "G", "T", "P")


def cost(
    objects: Annotated[int, typer.Option(min=0, help="How many objects.")] = 1_000_000,
    size: Annotated[
        str, typer.Option("--bytes", help="Bytes of all of them, such as 250G or 1T.")
    ] = "1T",
    as_json: AsJson = False,
) -> None:
    """Estimate what scrubbing costs on AWS.

    Below it stands what a month costs in which nothing is uploaded.

    lakescrub cost --objects 1000000 --bytes 1T
    lakescrub cost --objects 5000 --bytes 640G --json
    """
    scrubbing = estimates.estimate(objects, _bytes(size))
    month = estimates.monthly()
    if as_json:
        print_json(
            {
                "prices": {"date": prices.DATE, "region": prices.REGION, "currency": "USD"},
                "scrubbing": [dataclasses.asdict(item) for item in scrubbing],
                "monthly": [dataclasses.asdict(item) for item in month],
            }
        )
        return
    rows = [*_rows(scrubbing, "Scrubbing"), *_rows(month, "Each month")]
    print_table(["what", f"USD, {prices.REGION}, {prices.DATE}", "from"], rows)


def _rows(items: list[estimates.Item], name: str) -> list[tuple[str, str, str]]:
    total = sum(item.dollars for item in items)
    return [
        *((item.what, f"{item.dollars:.2f}", item.formula) for item in items),
        (f"{name}, all", f"{total:.2f}", ""),
    ]


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no number of bytes; write 1000000, 250G or 1T")
    return int(float(found[1]) * 1024 ** _UNITS.index(found[2].upper()))
