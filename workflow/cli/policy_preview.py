"""``lakescrub policy try``: what a policy would do to the first rows of a file."""

import dataclasses
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from workflow.cli.output import AsJson, print_json, print_table, say
from workflow.errors import NotFound, UsageError
from workflow.policy import Dataset, Policies, read_policies
from workflow.scrub import SecretKey, Trace, scrub

PolicyFile = Annotated[
    Path, typer.Option("--file", "-f", envvar="LAKESCRUB_POLICY", help="The policy file.")
]
_SHOWN_AS_IT_IS = ('""', "null", "")


class _EnoughRows(Exception):
    """Ends the scrub after the last row that is shown."""


@dataclass(slots=True)
class _Preview:
    rows: int
    traces: list[Trace] = field(default_factory=list)

    def __call__(self, trace: Trace) -> None:
        if trace.row > self.rows:
            raise _EnoughRows
        self.traces.append(trace)


def preview(
    sample: Annotated[Path, typer.Argument(help="A file of the dataset, on this machine.")],
    *,
    dataset: Annotated[
        str | None, typer.Option(help="Whose rules; not needed where there is one dataset.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many rows to look at.")] = 5,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Show the values themselves.")
    ] = False,
    file: PolicyFile = Path("datasets.yaml"),
    as_json: AsJson = False,
) -> None:
    """Show what the rules would do to the first rows of a file.

    Nothing is written. Values are masked unless --show-values is given.

    lakescrub policy try sample_data/mock_uploaded_data.json
    lakescrub policy try export.csv --dataset customers --rows 20 --show-values
    """
    chosen = _chosen(read_policies(file), dataset)
    traces = _traces(sample, chosen, rows)
    if not show_values:
        traces = [_masked(trace) for trace in traces]
    if as_json:
        print_json([asdict(trace) for trace in traces])
    else:
        _print(traces, chosen)


def _chosen(policies: Policies, name: str | None) -> Dataset:
    names = ", ".join(policies)
    if name is None and len(policies) > 1:
        raise UsageError(f"name one of the datasets with --dataset: {names}")
    name = next(iter(policies)) if name is None else name
    if name not in policies:
        raise NotFound(f"no dataset {name!r}; there is {names}")
    return policies[name]


def _traces(sample: Path, dataset: Dataset, rows: int) -> list[Trace]:
    watch = _Preview(rows)
    options = dataset.options
    if dataset.hash_key is not None:
        say("hashed and shifted values are examples: a key made for this preview is used")
        key = SecretKey(dataset.hash_key, secrets.token_bytes(32))
        options = dataclasses.replace(options, key=key)
    try:
        with sample.open("rb") as source:
            scrub(
                source,
                None,
                rules=dataset.rules,
                format=dataset.format,
                name=sample.name,
                options=options,
                trace=watch,
            )
    except _EnoughRows:
        pass
    except OSError as error:
        raise NotFound(f"{sample}: {error.strerror}") from None
    return watch.traces


def _masked(trace: Trace) -> Trace:
    after = None if trace.after is None else _mask(trace.after)
    return dataclasses.replace(trace, before=_mask(trace.before), after=after)


def _mask(value: str) -> str:
    return value if value in _SHOWN_AS_IT_IS else f"({len(value)} characters)"


def _print(traces: list[Trace], dataset: Dataset) -> None:
    if not traces:
        say("no value is selected in these rows")
        return
    print_table(
        ("row", "path", "action", "before", "after"),
        [
            (
                trace.row,
                trace.path,
                dataset.rules[trace.rule].action,
                trace.before,
                "(taken out)" if trace.after is None else trace.after,
            )
            for trace in traces
        ],
    )
