"""What watches over the runs: the sweeper each minute, and the recorder of failed executions."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import permissions
from infra.functions import FunctionSettings, PythonFunction, Workbench
from infra.timer import Timer

_FAILURES = ["FAILED", "TIMED_OUT", "ABORTED"]
_TRIED_FOR = Duration.hours(6)
# A tick that is older has nothing left to do: later ones have done it.
_TICK_TRIED_FOR = Duration.minutes(5)


def _dead_letters(scope: Construct) -> sqs.Queue:
    return sqs.Queue(
        scope,
        "DeadLetters",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )


def _retry(
    scope: Construct, function: PythonFunction, *, dead_letters: sqs.Queue, tried_for: Duration
) -> None:
    """Let Lambda try again what fails, and leave in the queue what goes on failing."""
    lambda_.CfnEventInvokeConfig(
        scope,
        "Retries",
        function_name=function.function_name,
        qualifier="$LATEST",
        maximum_retry_attempts=2,
        maximum_event_age_in_seconds=int(tried_for.to_seconds()),
        destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                destination=dead_letters.queue_arn
            )
        ),
    )


class Sweeper(Construct):
    """sweep_overdue, once a minute."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workbench: Workbench,
        lake: s3.IBucket,
        timer: Timer,
        machine: sfn.StateMachine,
    ) -> None:
        """Create the function, its clock, and the queue for ticks that were lost."""
        super().__init__(scope, construct_id)
        self.dead_letters = _dead_letters(self)
        self.function = PythonFunction(
            self,
            "sweep_overdue",
            workbench=workbench,
            # A tick may start a thousand runs, and the next one need not wait for it.
            settings=FunctionSettings(memory_mb=512, timeout=Duration.minutes(5)),
            variables={
                "LAKE_BUCKET": lake.bucket_name,
                "LEDGER_TABLE": timer.ledger.table_name,
                "STATE_MACHINE_ARN": machine.state_machine_arn,
                "DATASETS_FILE": "datasets.yaml",
            },
            statements=[
                *permissions.find_waking(timer.ledger),
                *permissions.move_entries(timer.ledger),
                *permissions.start_runs(machine),
                *permissions.read_objects(lake),
                *permissions.erase_versions(lake),
                *permissions.send_messages(self.dead_letters),
            ],
        )
        _retry(self, self.function, dead_letters=self.dead_letters, tried_for=_TICK_TRIED_FOR)
        self._clock()

    def _clock(self) -> None:
        role = iam.Role(
            self, "ClockRole", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        role.add_to_policy(permissions.call_function(self.function))
        for statement in permissions.send_messages(self.dead_letters):
            role.add_to_policy(statement)
        clock = scheduler.CfnSchedule(
            self,
            "Clock",
            description="Starts what DynamoDB's TTL is late with.",
            schedule_expression="rate(1 minute)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.function.function_arn,
                role_arn=role.role_arn,
                # A tick that was missed is made up for by the next one.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_retry_attempts=0),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.dead_letters.queue_arn
                ),
            ),
        )
        clock.node.add_dependency(role)


class FailureWatch(Construct):
    """record_failure, fed by EventBridge with executions that did not succeed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workbench: Workbench,
        timer: Timer,
        machine: sfn.StateMachine,
    ) -> None:
        """Create the function, the rule, and the queue for events that nobody could handle."""
        super().__init__(scope, construct_id)
        self.dead_letters = _dead_letters(self)
        self.function = PythonFunction(
            self,
            "record_failure",
            workbench=workbench,
            settings=FunctionSettings(memory_mb=512, timeout=Duration.seconds(60)),
            variables={
                "LEDGER_TABLE": timer.ledger.table_name,
                "STATE_MACHINE_ARN": machine.state_machine_arn,
            },
            statements=[
                *permissions.move_entries(timer.ledger),
                *permissions.look_at_runs(machine),
                *permissions.send_messages(self.dead_letters),
            ],
        )
        _retry(self, self.function, dead_letters=self.dead_letters, tried_for=_TRIED_FOR)
        self._rule(machine)

    def _rule(self, machine: sfn.StateMachine) -> None:
        rule = events.CfnRule(
            self,
            "Rule",
            description="Runs that failed, timed out or were aborted.",
            event_pattern={
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {
                    "stateMachineArn": [machine.state_machine_arn],
                    "status": _FAILURES,
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="RecordFailure",
                    arn=self.function.function_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self.dead_letters.queue_arn
                    ),
                )
            ],
        )
        self._admit(rule)

    def _admit(self, rule: events.CfnRule) -> None:
        """Let the rule call the function, and leave what it cannot deliver in the queue."""
        lambda_.CfnPermission(
            self,
            "RuleMayCall",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
        self.dead_letters.add_to_resource_policy(
            iam.PolicyStatement(
                sid="TheRuleLeavesWhatItCannotDeliver",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.dead_letters.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )
