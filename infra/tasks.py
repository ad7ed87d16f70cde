"""The functions that the state machine calls, one for each Task of that kind."""

from collections.abc import Iterator

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import permissions
from infra.catalog import Catalog
from infra.functions import FunctionSettings, PythonFunction, Workbench, camel_case
from infra.timer import Timer

# One full vCPU comes with 1,769 MB: scrubbing is bound by the CPU, and more memory adds only a
# second one that it cannot use.
_ONE_VCPU_MB = 1769
# Boto3 and powertools alone take 100 MB; half a gigabyte buys a start under half a second.
_SMALL_MB = 512
_SHORT = Duration.seconds(60)


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
    ) -> None:
        """Create the functions, each with the variables and rights that it uses."""
        super().__init__(scope, construct_id)
        small = FunctionSettings(memory_mb=_SMALL_MB, timeout=_SHORT)
        # Fifteen minutes is Lambda's limit; what takes longer belongs to another path.
        large = FunctionSettings(memory_mb=_ONE_VCPU_MB, timeout=Duration.minutes(15), parquet=True)
        move = permissions.move_entries(timer.ledger)
        read = permissions.read_objects(lake)
        on_objects = {
            "LAKE_BUCKET": lake.bucket_name,
            "LEDGER_TABLE": timer.ledger.table_name,
            "DATASETS_FILE": "datasets.yaml",
        }
        on_catalog = {
            "LAKE_BUCKET": lake.bucket_name,
            "CRAWLER": catalog.crawler_name,
            "DATABASE": catalog.database_name,
            "DATASETS_FILE": "datasets.yaml",
        }
        self.inspect_object = PythonFunction(
            self,
            "inspect_object",
            workbench=workbench,
            settings=small,
            variables=on_objects,
            statements=[*read, *permissions.find_entries(timer.ledger), *move],
        )
        self.scrub_object = PythonFunction(
            self,
            "scrub_object",
            workbench=workbench,
            settings=large,
            variables=on_objects,
            statements=[
                *read,
                *permissions.rewrite_objects(lake),
                *permissions.keep_policies(timer.ledger),
                *move,
            ],
        )
        self.erase_version = PythonFunction(
            self,
            "erase_version",
            workbench=workbench,
            settings=small,
            variables=on_objects,
            statements=[*read, *permissions.erase_versions(lake), *move],
        )
        self.check_catalog = PythonFunction(
            self,
            "check_catalog",
            workbench=workbench,
            settings=small,
            variables=on_catalog,
            statements=permissions.check_tables(
                self, database=catalog.database_name, crawler=catalog.crawler_name
            ),
        )
        self.record_rejection = PythonFunction(
            self,
            "record_rejection",
            workbench=workbench,
            settings=small,
            variables={"LEDGER_TABLE": timer.ledger.table_name},
            statements=move,
        )

    def items(self) -> Iterator[tuple[str, PythonFunction]]:
        """Yield each function with the name of the state that calls it."""
        for name, value in vars(self).items():
            if isinstance(value, PythonFunction):
                yield camel_case(name), value
