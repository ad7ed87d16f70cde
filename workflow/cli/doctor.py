"""``lakescrub doctor``: whether the lake and the stack are set up for each other."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from workflow.cli.options import DEFAULT_STACK, Endpoint, Stack
from workflow.cli.output import AsJson, ExitCode, print_json, print_table, printable
from workflow.cli.policy_preview import PolicyFile
from workflow.doctor.advice import advice
from workflow.doctor.findings import Finding, Severity
from workflow.policy import read_policies

_WORST_FIRST = (Severity.PROBLEM, Severity.UNKNOWN, Severity.WARNING, Severity.OK)


def doctor(
    file: PolicyFile = Path("datasets.yaml"),
    bucket: Annotated[
        str | None,
        typer.Option("--bucket", help="Examine this bucket alone, before anything is deployed."),
    ] = None,
    endpoint: Endpoint = None,
    stack: Stack = DEFAULT_STACK,
    as_json: AsJson = False,
) -> None:
    """Say what lake and stack lack, and how to set it.

    Nothing is changed. Exit code 0: nothing has to be done, though there may be warnings; 1: there
    is a problem, or something could not be checked.

    lakescrub doctor
    lakescrub doctor --stack lakescrub-prod --json
    lakescrub doctor --bucket my-lake
    """
    from workflow.aws import diagnosis  # noqa: PLC0415 -- boto3 is slow to import

    policies, where = read_policies(file), endpoint or None
    if bucket is None:
        found = diagnosis.examine_stack(stack, endpoint_url=where, policies=policies)
    else:
        found = diagnosis.examine_bucket(bucket, endpoint_url=where, policies=policies)
    # What the environment says, the AWS CLI reads by itself.
    if where and where != os.environ.get("AWS_ENDPOINT_URL"):
        found = (each.at(where) for each in found)
    findings = sorted(found, key=lambda each: _WORST_FIRST.index(each.severity))
    if as_json:
        print_json([finding.to_dict() for finding in findings])
    else:
        _print(findings)
    if not all(finding.severity.is_well for finding in findings):
        raise typer.Exit(ExitCode.OTHER)


def _print(findings: Sequence[Finding]) -> None:
    rows = [(each.severity.value, each.check, each.what) for each in findings]
    print_table(["", "check", "finding"], rows)
    for line in advice(findings):
        typer.echo("\n".join(printable(part) for part in line.split("\n")))
