"""Orchestration: the state machine, what it may call, and the topic for rejections."""

import json
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import permissions
from infra.catalog import Catalog
from infra.definition_checks import check_definition
from infra.environments import Environment
from infra.tasks import Tasks

DEFINITION = Path(__file__).parents[1] / "state_machine.asl.json"


class Orchestration(Construct):
    """The state machine over the tasks.

    Its name is fixed: an operator looks it up in the console, and redrives runs by it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        tasks: Tasks,
        catalog: Catalog,
    ) -> None:
        """Create the topic, the role and the machine."""
        super().__init__(scope, construct_id)
        definition = DEFINITION.read_text(encoding="utf-8")
        check_definition(json.loads(definition))
        self.rejections = sns.Topic(self, "Rejections", enforce_ssl=True)
        if environment.alarm_email is not None:
            self.rejections.add_subscription(
                subscriptions.EmailSubscription(environment.alarm_email)
            )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        invoke = ["lambda:InvokeFunction"]
        # Unqualified ARNs: a mended function reaches the runs that are redriven after it.
        functions = {name: function.function_arn for name, function in tasks.items()}
        role.add_to_policy(permissions.allow("CallTasks", invoke, *functions.values()))
        tell = permissions.allow("TellRejections", ["sns:Publish"], self.rejections.topic_arn)
        for statement in (
            *permissions.start_crawler(self, crawler=catalog.crawler_name),
            tell,
        ):
            role.add_to_policy(statement)
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=environment.stack_name,
            # Inline, so that cfn-lint and the tests see the definition that is deployed.
            definition_body=sfn.DefinitionBody.from_string(definition),
            definition_substitutions={
                **{f"{name}FunctionArn": arn for name, arn in functions.items()},
                "Crawler": catalog.crawler_name,
                "RejectionsTopicArn": self.rejections.topic_arn,
            },
            role=role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._log_group(environment),
                level=sfn.LogLevel.ALL,
                # The history has the data for 90 days; the log needs only the steps.
                include_execution_data=False,
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _log_group(self, environment: Environment) -> logs.LogGroup:
        """The prefix keeps CloudWatch's resource policy, which all such groups share, short."""
        return logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{environment.stack_name}",
            retention=environment.log_retention,
            removal_policy=environment.removal_policy,
        )
