"""``lakescrub scrub``: scrub one file on this machine, without AWS."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from workflow.cli.files import open_input, open_output, table_format_beside
from workflow.cli.output import AsJson, print_json, print_pairs, print_table, say
from workflow.errors import NotFound, PolicyError, TableManaged, UsageError
from workflow.policy import read_policies
from workflow.scrub import Rule, ScrubOptions, ScrubReport, SecretKey, check_rules
from workflow.scrub import scrub as scrub_stream

STANDARD_STREAM = "-"
_KEY_ID = "local"


@dataclasses.dataclass(frozen=True)
class _Policy:
    rules: tuple[Rule, ...]
    format: str
    options: ScrubOptions
    key_id: str


_Input = Annotated[str, typer.Argument(metavar="INPUT", help="A file, or - for stdin.")]
_Output = Annotated[str | None, typer.Option("--output", "-o", help="A file, or - for stdout.")]
_Dataset = Annotated[str | None, typer.Option(help="Whose rules of the policy file.")]
_Fields = Annotated[
    list[str] | None,
    typer.Option(help="A rule: FIELD=ACTION, or FIELD=ACTION,OPTION=VALUE. Repeatable."),
]
_Format = Annotated[
    str | None, typer.Option("--format", help="ndjson, json, csv, tsv, parquet or auto.")
]
_KeyFile = Annotated[
    Path | None, typer.Option(help="The secret of hash and date_shift.", dir_okay=False)
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count; write nothing.")]
_PolicyFile = Annotated[
    Path, typer.Option("--file", "-f", envvar="LAKESCRUB_POLICY", help="The policy file.")
]


def scrub(
    source: _Input,
    *,
    output: _Output = None,
    dataset: _Dataset = None,
    field: _Fields = None,
    format_name: _Format = None,
    key_file: _KeyFile = None,
    dry_run: _DryRun = False,
    file: _PolicyFile = Path("datasets.yaml"),
    as_json: AsJson = False,
) -> None:
    """Scrub one file on this machine.

    The rules are those of a dataset, or your own. The report says what was done.
    On any error the output is neither made nor changed.

    lakescrub scrub upload.json -o scrubbed.json --dataset uploads
    lakescrub scrub people.csv.gz -o out.csv.gz --field email=hash --key-file key
    lakescrub scrub cards.parquet --field card=mask,keep_last=4 --dry-run --json
    """
    if (output is None) != dry_run:
        raise UsageError("name the output with -o, or count only with --dry-run (not both)")
    policy = _read_policy(dataset, field or [], file)
    options = dataclasses.replace(policy.options, key=_read_key(key_file, policy.key_id))
    with open_input(source) as stream, open_output(output) as sink:
        report = scrub_stream(
            stream,
            sink,
            rules=policy.rules,
            format=format_name or policy.format,
            name="" if source == STANDARD_STREAM else source,
            options=options,
        )
        _refuse_managed(source, report)
    _tell(report, as_json=as_json, to_stdout=output != STANDARD_STREAM)


def _refuse_managed(source: str, report: ScrubReport) -> None:
    if source == STANDARD_STREAM or report.format != "parquet" or not report.changed:
        return
    managed = table_format_beside(source)
    if managed is not None:
        raise TableManaged(f"{source} belongs to a table of {managed}")


def _read_policy(dataset: str | None, fields: list[str], file: Path) -> _Policy:
    if (dataset is None) != bool(fields):
        raise UsageError("name either a --dataset or the rules with --field")
    if dataset is None:
        rules = tuple(_parse_rule(text) for text in fields)
        check_rules(rules)
        return _Policy(rules, "auto", ScrubOptions(), _KEY_ID)
    policies = read_policies(file)
    if dataset not in policies:
        raise NotFound(f"no dataset {dataset!r}; there is {', '.join(policies)}")
    found = policies[dataset]
    return _Policy(found.rules, found.format, found.options, found.hash_key or _KEY_ID)


def _parse_rule(text: str) -> Rule:
    field, _, action = text.rpartition("=") if "," not in text else _cut_options(text)
    name, *options = action.split(",")
    if not field or not name:
        raise UsageError(f"not FIELD=ACTION: {text!r}")
    try:
        return Rule(field, name, dict(map(_parse_option, options)))
    except PolicyError as error:
        raise UsageError(f"{text!r}: {error}") from None


def _cut_options(text: str) -> tuple[str, str, str]:
    """Cut FIELD=ACTION,OPTION=VALUE behind the field, which may itself hold an equals sign."""
    rule, _, options = text.partition(",")
    field, equals, name = rule.rpartition("=")
    return field, equals, f"{name},{options}"


def _parse_option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"not OPTION=VALUE: {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _read_key(path: Path | None, key_id: str) -> SecretKey | None:
    if path is None:
        return None
    try:
        return SecretKey(key_id, path.read_bytes().strip())
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from None


def _tell(report: ScrubReport, *, as_json: bool, to_stdout: bool) -> None:
    for field in report.fields_nowhere:
        say(f"note: no row has {field}; names are exact, in case and space too")
    if not to_stdout:
        # Standard output holds the scrubbed bytes, and nothing else.
        counts = ", ".join(f"{rule.field}: {rule.changed} changed" for rule in report.rules)
        say(f"{report.rows} rows, {report.rows_dropped} dropped; {counts}")
        return
    if as_json:
        print_json(report.to_dict())
        return
    names = ("format", "compression", "rows", "rows_dropped", "bytes_in", "bytes_out")
    print_pairs((name, getattr(report, name)) for name in (*names, "sha256_in", "sha256_out"))
    columns = ("field", "action", "matched", "changed", "nulled", "absent")
    sys.stdout.write("\n")
    print_table(columns, ([getattr(rule, name) for name in columns] for rule in report.rules))
