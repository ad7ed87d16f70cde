"""The stack: composes the capabilities and names what clients look up."""

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from constructs import Construct

from infra.bundles import Bundles
from infra.catalog import Catalog
from infra.encryption import Encryption
from infra.environments import Environment
from infra.functions import Workbench
from infra.hash_keys import HashKeys
from infra.intake import Intake
from infra.lake_storage import LakeStorage, lake_bucket_arn
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
        self.bundles = Bundles(self, "Bundles")
        workbench = Workbench(
            environment=environment, light=self.bundles.light, parquet=self.bundles.parquet
        )
        self.encryption = Encryption(self, "Encryption", environment=environment)
        self.intake = Intake(self, "Intake", bucket_arn=lake_bucket_arn(environment))
        self.lake = LakeStorage(
            self,
            "Lake",
            environment=environment,
            intake=self.intake,
            policies=policies,
            key=self.encryption.key,
        ).bucket
        self.timer = Timer(self, "Timer", environment=environment)
        self.catalog = Catalog(
            self, "Catalog", environment=environment, lake=self.lake, policies=policies
        )
        self.queries = Queries(self, "Queries", environment=environment, key=self.encryption.key)
        self.hash_keys = HashKeys(self, "HashKeys", environment=environment)
        self.tasks = Tasks(
            self,
            "Tasks",
            workbench=workbench,
            lake=self.lake,
            timer=self.timer,
            catalog=self.catalog,
            hash_keys=self.hash_keys,
        )
        self.orchestration = Orchestration(
            self,
            "Orchestration",
            environment=environment,
            tasks=self.tasks,
            catalog=self.catalog,
        )
        self.uploads = UploadTrigger(
            self,
            "Uploads",
            workbench=workbench,
            intake=self.intake,
            lake=self.lake,
            timer=self.timer,
            catalog=self.catalog,
        )
        self.due = DueTrigger(
            self,
            "Due",
            workbench=workbench,
            timer=self.timer,
            machine=self.orchestration.machine,
        )
        self.sweeper = Sweeper(
            self,
            "Sweeper",
            workbench=workbench,
            lake=self.lake,
            timer=self.timer,
            machine=self.orchestration.machine,
        )
        self.failures = FailureWatch(
            self,
            "Failures",
            workbench=workbench,
            timer=self.timer,
            machine=self.orchestration.machine,
        )
        for name, value in self._outputs().items():
            CfnOutput(self, name, value=value)

    def _outputs(self) -> dict[str, str]:
        """Everything that the command line and other clients look up by name."""
        functions = dict(self.tasks.items())
        functions["ScheduleObjects"] = self.uploads.function
        functions["StartRuns"] = self.due.function
        functions["SweepOverdue"] = self.sweeper.function
        functions["RecordFailure"] = self.failures.function
        return {
            "LakeBucket": self.lake.bucket_name,
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
            "RejectionsTopicArn": self.orchestration.rejections.topic_arn,
            **{f"{name}Function": function.function_name for name, function in functions.items()},
        }
