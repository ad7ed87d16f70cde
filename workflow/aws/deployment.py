"""A deployed stack as its outputs describe it: every name that a client needs."""

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from workflow.aws.faults import error_code, told
from workflow.errors import NotFound

if TYPE_CHECKING:
    import boto3

DEFAULT_STACK = "lakescrub-dev"
_NO_SUCH_STACK = "ValidationError"


@dataclass(frozen=True, slots=True)
class Deployment:
    """Names of a stack's resources, one field for each output of the template.

    Attributes:
        lake_bucket: The bucket with the data.
        results_bucket: The bucket with Athena's results.
        schedule_table: The table whose items expire.
        ledger_table: The table with one entry for each version.
        state_machine_arn: The state machine.
        crawler: The Glue crawler.
        database: The Glue database.
        workgroup: The Athena workgroup.
        intake_queue_url: The queue that S3 notifies.
        intake_dead_letter_queue_url: Notifications that could not be scheduled.
        stream_dead_letter_queue_url: Stream records that started no run.
        rejections_topic_arn: The topic that rejections are told to.
        functions: Physical names of the Lambda functions by our name (``scrub_object``).
        lake_key_arn: The KMS key of the lake; None for none, and for an older stack.
        existing_lake_allows: What an existing lake may be; None where the lake is the stack's own.
    """

    lake_bucket: str
    results_bucket: str
    schedule_table: str
    ledger_table: str
    state_machine_arn: str
    crawler: str
    database: str
    workgroup: str
    intake_queue_url: str
    intake_dead_letter_queue_url: str
    stream_dead_letter_queue_url: str
    rejections_topic_arn: str
    functions: dict[str, str]
    lake_key_arn: str | None = None
    existing_lake_allows: str | None = None

    @classmethod
    def from_outputs(cls, outputs: dict[str, str]) -> Self:
        """Read the outputs of the stack.

        Raises:
            NotFound: An output is missing: the stack is none of ours, or an older one.
        """
        known = {_snake_case(name): value for name, value in outputs.items()}
        names = [field.name for field in fields(cls) if field.name != "functions"]
        optional = {field.name for field in fields(cls) if field.default is None}
        missing = [name for name in names if name not in {*known, *optional}]
        if missing:
            raise NotFound(f"the stack has no output {_camel_case(missing[0])}: deploy it again")
        functions = {
            name.removesuffix("_function"): value
            for name, value in known.items()
            if name.endswith("_function")
        }
        given = {name: known[name] for name in names if name in known}
        return cls(**given, functions=functions)

    @classmethod
    def find(
        cls,
        session: "boto3.session.Session",
        stack: str = DEFAULT_STACK,
        *,
        endpoint_url: str | None = None,
    ) -> Self:
        """Look a stack up by name.

        Raises:
            NotFound: There is no such stack.
            LakescrubError: The look-up failed.
        """
        with told(f"DescribeStacks {stack}"):
            client = session.client("cloudformation", endpoint_url=endpoint_url)
            try:
                stacks = client.describe_stacks(StackName=stack)["Stacks"]
            except ClientError as error:
                if error_code(error) != _NO_SUCH_STACK:
                    raise
                stacks = []
        if not stacks:
            raise NotFound(f"there is no stack {stack}; name another one with --stack")
        outputs: Any = stacks[0].get("Outputs", [])
        return cls.from_outputs({each["OutputKey"]: each["OutputValue"] for each in outputs})

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self)


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def _camel_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
