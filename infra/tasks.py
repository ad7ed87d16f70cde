"""The functions that the state machine calls, one for each Task of that kind."""

from collections.abc import Iterator

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import permissions
from infra.catalog import Catalog
from infra.functions import FunctionSettings, PythonFunction, Workbench, camel_case
from infra.hash_keys import HashKeys
from infra.timer import Timer

# Boto3 and powertools alone take 100 MB; half a gigabyte buys a start under half a second.
_SMALL = FunctionSettings(memory_mb=512, timeout=Duration.seconds(60))
# One full vCPU comes with 1,769 MB: scrubbing is bound by the CPU, and more memory adds only a
# second one that it cannot use. Fifteen minutes is Lambda's limit.
_LARGE = FunctionSettings(memory_mb=1769, timeout=Duration.minutes(15), parquet=True)


class Tasks(Construct):
    """The functions behind InspectObject, ScrubObject, EraseVersion and the others."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workbench: Workbench,
        lake: s3.IBucket,
        timer: Timer,
        catalog: Catalog,
        hash_keys: HashKeys,
    ) -> None:
        """Create the functions, each with the variables and rights that it uses."""
        super().__init__(scope, construct_id)
        self._workbench = workbench
        self._lake = lake
        self._ledger = timer.ledger
        find = permissions.find_entries(timer.ledger)
        self.inspect_object = self._on_objects("inspect_object", *find)
        self.scrub_object = self._on_objects(
            "scrub_object",
            *permissions.rewrite_objects(lake),
            *permissions.keep_policies(timer.ledger),
            *permissions.read_hash_keys(hash_keys.secret),
            settings=_LARGE,
        )
        secret = hash_keys.secret.secret_arn
        self.scrub_object.add_environment("HASH_KEYS_SECRET", secret)
        if workbench.environment.needs_versions:
            self._need_versions(self.inspect_object, self.scrub_object)
        self.erase_version = self._on_objects("erase_version", *permissions.erase_versions(lake))
        self.check_catalog = self._on_catalog(catalog)
        self.record_rejection = PythonFunction(
            self,
            "record_rejection",
            workbench=workbench,
            settings=_SMALL,
            variables={"LEDGER_TABLE": timer.ledger.table_name},
            statements=permissions.move_entries(timer.ledger),
        )

    def items(self) -> Iterator[tuple[str, PythonFunction]]:
        """Yield each function with the name of the state that calls it."""
        for name, value in vars(self).items():
            if isinstance(value, PythonFunction):
                yield camel_case(name), value

    def _need_versions(self, *functions: PythonFunction) -> None:
        """Let functions refuse where a rewrite could not be undone.

        Both that look and that write, since a run may be redriven long after it looked.
        """
        for function in functions:
            function.add_environment("VERSIONS_NEEDED", "true")
            for statement in permissions.see_versioning(self._lake):
                function.add_to_role_policy(statement)

    def _on_objects(
        self, name: str, *statements: iam.PolicyStatement, settings: FunctionSettings = _SMALL
    ) -> PythonFunction:
        """Create a function that reads objects and moves their entries."""
        return PythonFunction(
            self,
            name,
            workbench=self._workbench,
            settings=settings,
            variables={
                "LAKE_BUCKET": self._lake.bucket_name,
                "LEDGER_TABLE": self._ledger.table_name,
                "DATASETS_FILE": "datasets.yaml",
            },
            statements=[
                *permissions.read_objects(self._lake),
                *permissions.move_entries(self._ledger),
                *statements,
            ],
        )

    def _on_catalog(self, catalog: Catalog) -> PythonFunction:
        return PythonFunction(
            self,
            "check_catalog",
            workbench=self._workbench,
            settings=_SMALL,
            variables={
                "LAKE_BUCKET": self._lake.bucket_name,
                "CRAWLER": catalog.crawler_name,
                "DATABASE": catalog.database_name,
                "DATASETS_FILE": "datasets.yaml",
            },
            statements=permissions.check_tables(
                self, database=catalog.database_name, crawler=catalog.crawler_name
            ),
        )
