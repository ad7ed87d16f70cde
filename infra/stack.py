"""The stack: composes the capabilities and names what clients look up."""

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.alarms import Alarms, Watched
from infra.attached_lake import AttachedLake
from infra.bundles import Bundles
from infra.catalog import Catalog
from infra.dashboard import Dashboard
from infra.encryption import Encryption
from infra.environments import Environment
from infra.functions import PythonFunction, Workbench
from infra.hash_keys import HashKeys
from infra.intake import Intake
from infra.lake_storage import LakeStorage
from infra.orchestration import Orchestration
from infra.queries import Queries
from infra.tasks import Tasks
from infra.timer import Timer
from infra.triggers import DueTrigger, UploadTrigger
from infra.watch import FailureWatch, Sweeper
from workflow.policy import Policies


class LakescrubStack(Stack):
    """All of lakescrub in one account and region."""

    def __init__(self, scope: Construct, *, environment: Environment, policies: Policies) -> None:
        """Compose the capabilities."""
        super().__init__(
            scope,
            environment.stack_name,
            description="lakescrub: scrubs data lake objects in place, a set time after upload",
            # Without the rule the template needs no bootstrapped account, only an asset bucket.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self.existing_lake = environment.existing_lake
        self._environment = environment
        self._policies = policies
        self.bundles = Bundles(self, "Bundles")
        self._workbench = Workbench(
            environment=environment, light=self.bundles.light, parquet=self.bundles.parquet
        )
        self._keep_data()
        self._run_objects()
        self._watch_runs()
        for name, value in self._outputs().items():
            CfnOutput(self, name, value=value)

    def _keep_data(self) -> None:
        """Compose what holds data: lake, tables, catalog, results, keys."""
        environment = self._environment
        self.encryption = Encryption(self, "Encryption", environment=environment)
        self.intake = Intake(self, "Intake")
        self.lake = self._lake()
        self.timer = Timer(self, "Timer", environment=environment)
        self.catalog = Catalog(
            self, "Catalog", environment=environment, lake=self.lake, policies=self._policies
        )
        self.queries = Queries(self, "Queries", environment=environment, key=self.encryption.key)
        self.hash_keys = HashKeys(self, "HashKeys", environment=environment)

    def _lake(self) -> s3.IBucket:
        """Attach to the bucket that the environment names, or make one."""
        if self.existing_lake is not None:
            return AttachedLake(
                self,
                "Lake",
                lake=self.existing_lake,
                intake=self.intake,
            ).bucket
        return LakeStorage(
            self,
            "Lake",
            environment=self._environment,
            intake=self.intake,
            policies=self._policies,
            key=self.encryption.key,
        ).bucket

    def _run_objects(self) -> None:
        """Compose the way of an object: the machine, its tasks, and what sets them going."""
        self.tasks = Tasks(
            self,
            "Tasks",
            workbench=self._workbench,
            lake=self.lake,
            timer=self.timer,
            catalog=self.catalog,
            hash_keys=self.hash_keys,
        )
        self.orchestration = Orchestration(
            self,
            "Orchestration",
            environment=self._environment,
            tasks=self.tasks,
            catalog=self.catalog,
        )
        self.uploads = UploadTrigger(
            self,
            "Uploads",
            workbench=self._workbench,
            intake=self.intake,
            lake=self.lake,
            timer=self.timer,
            catalog=self.catalog,
        )
        self.due = DueTrigger(
            self,
            "Due",
            workbench=self._workbench,
            timer=self.timer,
            machine=self.orchestration.machine,
        )

    def _watch_runs(self) -> None:
        """Compose what recovers, records and reports."""
        machine = self.orchestration.machine
        self.sweeper = Sweeper(
            self,
            "Sweeper",
            workbench=self._workbench,
            lake=self.lake,
            timer=self.timer,
            machine=machine,
        )
        self.failures = FailureWatch(
            self, "Failures", workbench=self._workbench, timer=self.timer, machine=machine
        )
        watched = self._watched()
        self.alarms = Alarms(self, "Alarms", environment=self._environment, watched=watched)
        self.dashboard = Dashboard(
            self,
            "Dashboard",
            environment=self._environment,
            watched=watched,
            gigabytes={
                function.function_name: function.gigabytes
                for function in self._functions().values()
            },
        )

    def _watched(self) -> Watched:
        return Watched(
            intake=self.intake.queue.queue_name,
            dead_letters={
                "Intake": self.intake.dead_letters.queue_name,
                "Stream": self.timer.stream_dead_letters.queue_name,
                "Failure": self.failures.dead_letters.queue_name,
                "Sweeper": self.sweeper.dead_letters.queue_name,
            },
            start_runs=self.due.function.function_name,
            scrub_object=self.tasks.scrub_object.function_name,
            sweep_overdue=self.sweeper.function.function_name,
        )

    def _functions(self) -> dict[str, PythonFunction]:
        """Every function by the name of its state, or what would be it."""
        return {
            **dict(self.tasks.items()),
            "ScheduleObjects": self.uploads.function,
            "StartRuns": self.due.function,
            "SweepOverdue": self.sweeper.function,
            "RecordFailure": self.failures.function,
        }

    def _lake_settings(self) -> dict[str, str]:
        """What `lakescrub doctor` holds the lake against."""
        settings = {}
        if self.lake.encryption_key is not None:
            settings["LakeKeyArn"] = self.lake.encryption_key.key_arn
        if self.existing_lake is not None:
            settings["ExistingLakeAllows"] = self.existing_lake.allows
        return settings

    def _outputs(self) -> dict[str, str]:
        """Everything that the command line and other clients look up by name."""
        return {
            "LakeBucket": self.lake.bucket_name,
            **self._lake_settings(),
            "ResultsBucket": self.queries.results.bucket_name,
            "ScheduleTable": self.timer.schedule.table_name,
            "LedgerTable": self.timer.ledger.table_name,
            "StateMachineArn": self.orchestration.machine.state_machine_arn,
            "HashKeysSecret": self.hash_keys.secret.secret_arn,
            "Crawler": self.catalog.crawler.ref,
            "Database": self.catalog.database.ref,
            "Workgroup": self.queries.workgroup.ref,
            "IntakeQueueUrl": self.intake.queue.queue_url,
            "IntakeDeadLetterQueueUrl": self.intake.dead_letters.queue_url,
            "StreamDeadLetterQueueUrl": self.timer.stream_dead_letters.queue_url,
            "FailureDeadLetterQueueUrl": self.failures.dead_letters.queue_url,
            "SweeperDeadLetterQueueUrl": self.sweeper.dead_letters.queue_url,
            "AlarmsTopicArn": self.alarms.topic.topic_arn,
            "RejectionsTopicArn": self.orchestration.rejections.topic_arn,
            **{
                f"{name}Function": function.function_name
                for name, function in self._functions().items()
            },
        }
