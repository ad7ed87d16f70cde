"""What sets work going: uploads fill the schedule, expired timers start runs."""

import json

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import permissions
from infra.catalog import Catalog
from infra.functions import FunctionSettings, PythonFunction, Workbench
from infra.intake import INTAKE_FUNCTION_TIMEOUT, Intake
from infra.timer import Timer

_MEMORY_MB = 512
# Only what TTL deleted: the same item deleted by hand starts nothing.
_EXPIRED = {
    "eventName": ["REMOVE"],
    "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
}


class UploadTrigger(Construct):
    """schedule_objects, fed by the intake queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workbench: Workbench,
        intake: Intake,
        lake: s3.IBucket,
        timer: Timer,
        catalog: Catalog,
    ) -> None:
        """Create the function and connect it to the queue."""
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "schedule_objects",
            workbench=workbench,
            settings=FunctionSettings(memory_mb=_MEMORY_MB, timeout=INTAKE_FUNCTION_TIMEOUT),
            variables={
                "LAKE_BUCKET": lake.bucket_name,
                "SCHEDULE_TABLE": timer.schedule.table_name,
                "LEDGER_TABLE": timer.ledger.table_name,
                "CRAWLER": catalog.crawler_name,
                "DATABASE": catalog.database_name,
                "DATASETS_FILE": "datasets.yaml",
            },
            statements=[
                *permissions.receive_messages(intake.queue),
                *permissions.read_objects(lake),
                *permissions.schedule_versions(timer.schedule),
                *permissions.open_entries(timer.ledger),
                *permissions.check_tables(
                    self, database=catalog.database_name, crawler=catalog.crawler_name
                ),
                *permissions.start_crawler(self, crawler=catalog.crawler_name),
            ],
        )
        lambda_.CfnEventSourceMapping(
            self,
            "FromIntake",
            function_name=self.function.function_name,
            event_source_arn=intake.queue.queue_arn,
            batch_size=10,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=workbench.environment.intake_concurrency
            ),
        )


class DueTrigger(Construct):
    """start_runs, fed by the schedule's stream."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workbench: Workbench,
        timer: Timer,
        machine: sfn.StateMachine,
    ) -> None:
        """Create the function and connect it to the stream."""
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "start_runs",
            workbench=workbench,
            settings=FunctionSettings(memory_mb=_MEMORY_MB, timeout=Duration.seconds(60)),
            variables={
                "STATE_MACHINE_ARN": machine.state_machine_arn,
            },
            statements=[
                *permissions.read_stream(timer.schedule),
                *permissions.send_messages(timer.stream_dead_letters),
                *permissions.start_runs(machine),
            ],
        )
        lambda_.CfnEventSourceMapping(
            self,
            "FromSchedule",
            function_name=self.function.function_name,
            event_source_arn=timer.schedule.table_stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            # One shard holds thousands of timers; order between versions does not matter.
            parallelization_factor=5,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=10,
            function_response_types=["ReportBatchItemFailures"],
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=timer.stream_dead_letters.queue_arn
                )
            ),
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(_EXPIRED))]
            ),
        )
