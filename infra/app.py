"""The app: which stacks there are, and the template that the repository keeps."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App
from aws_cdk.assertions import Template

from infra.accepted_findings import accept_findings
from infra.attached_lake import check_erasure
from infra.environments import DEV, Environment
from infra.stack import LakescrubStack
from workflow.policy import read_policies

ROOT = Path(__file__).parents[1]
COMMITTED_TEMPLATE = Path(__file__).parent / "lakescrub-dev.template.json"
DATASETS = ROOT / "datasets.yaml"

# No bundle is built for any stack: enough to see the template.
WITHOUT_BUNDLES: dict[str, object] = {"aws:cdk:bundling-stacks": []}


def build(
    environments: Sequence[Environment], *, datasets: Path = DATASETS, **app_settings: object
) -> App:
    """Return the app with one stack for each environment.

    Raises:
        PolicyError: ``datasets`` cannot be used.
        UsageError: A dataset wants what an existing lake cannot do.
    """
    policies = read_policies(datasets)
    for environment in environments:
        if environment.existing_lake is not None:
            check_erasure(environment.existing_lake, policies)
    app = App(analytics_reporting=False, **app_settings)  # type: ignore[arg-type] # App's own
    for environment in environments:
        stack = LakescrubStack(app, environment=environment, policies=policies)
        accept_findings(stack)
    return app


def synthesize(environments: Sequence[Environment]) -> App:
    """Write the cloud assembly of the environments, bundles included."""
    # The CDK command names another folder where it wants one.
    outdir = os.environ.get("CDK_OUTDIR", str(ROOT / "cdk.out"))
    app = build(environments, outdir=outdir)
    app.synth()
    return app


def render_template(environment: Environment = DEV, *, app: App | None = None) -> str:
    """Return the template as text, with names in place of the hashes of the bundles.

    Without the hashes the template changes only when what it describes changes.
    """
    app = app or build([environment], context=WITHOUT_BUNDLES)
    stack = app.node.find_child(environment.stack_name)
    assert isinstance(stack, LakescrubStack)
    text = json.dumps(Template.from_stack(stack).to_json(), indent=2)
    for digest, name in stack.bundles.names().items():
        text = text.replace(digest, name)
    return text + "\n"


def write_template(path: Path = COMMITTED_TEMPLATE, *, app: App | None = None) -> None:
    """Write the template that the embedded stack deploys."""
    path.write_text(render_template(app=app), encoding="utf-8")
