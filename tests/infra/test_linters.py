import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from cfnlint import api
from cfnlint.config import ManualArgs

from infra.accepted_findings import accepted_findings
from infra.app import DATASETS, WITHOUT_BUNDLES, render_template
from infra.environments import DEV, PROD
from infra.stack import LakescrubStack
from workflow.policy import read_policies

# CDK repeats in DependsOn what a Ref already says.
REDUNDANT_DEPENDS_ON = "W3005"


def _findings(text):
    config = ManualArgs(
        regions=["eu-central-1", "us-east-1"],
        ignore_checks=[REDUNDANT_DEPENDS_ON],
        configure_rules={},
    )
    return [f"{match.rule.id} {match.message}" for match in api.lint(text, config=config)]


@pytest.fixture(scope="module")
def text():
    return render_template()


def test_cfn_lint_finds_nothing(text):
    assert _findings(text) == []


def test_cfn_lint_finds_nothing_in_production(app):
    assert _findings(render_template(PROD, app=app)) == []


def test_cfn_lint_reads_the_state_machine(text):
    broken = text.replace('\\"Type\\": \\"Choice\\"', '\\"Type\\": \\"Choose\\"')

    assert any(finding.startswith("E3601") for finding in _findings(broken))


def test_cfn_lint_knows_the_actions_of_policies(text):
    misspelt = text.replace('"s3:GetObject"', '"s3:GetObjekt"', 1)

    assert any(finding.startswith("W3037") for finding in _findings(misspelt))


def _nag(scope, stack):
    return {
        (resource.construct_path.removeprefix(f"{stack.stack_name}/"), violation.rule_name)
        for violation in AwsSolutionsChecks(scope).validate_scope(stack).violations
        for resource in violation.violating_resources
    }


@pytest.mark.parametrize("environment", [DEV, PROD])
def test_cdk_nag_finds_nothing_but_what_is_accepted_with_a_reason(app, environment):
    stack = app.node.find_child(environment.stack_name)

    assert _nag(app, stack) == set()


@pytest.mark.parametrize("environment", [DEV, PROD])
def test_every_accepted_finding_is_still_found(environment):
    app = cdk.App(context=WITHOUT_BUNDLES)
    stack = LakescrubStack(app, environment=environment, policies=read_policies(DATASETS))

    accepted = {(one.path, one.finding) for one in accepted_findings(stack)}
    assert _nag(app, stack) == accepted
