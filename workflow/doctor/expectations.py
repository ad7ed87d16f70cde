"""What the settings are held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflow.policy import Policies


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A deployment, as far as its lake has to fit it.

    Attributes:
        policies: The datasets.
        region: Where the stack is.
        account: The account's number.
        existing: The bucket was there before; None where nothing is deployed yet.
        allows: What the deployment allows: ``unversioned``, ``mfa-delete``.
        key_arn: The KMS key that the roles may use; None for none.
        intake_arn: The intake queue; None where nothing is deployed yet.
        roles: ARN of the role of each function (and of the crawler) that works on objects.
    """

    policies: Policies
    region: str
    account: str
    existing: bool | None = None
    allows: frozenset[str] = frozenset()
    key_arn: str | None = None
    intake_arn: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        """The first word of an ARN there."""
        names = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((names[head] for head in names if self.region.startswith(head)), "aws")

    @property
    def attached(self) -> bool:
        """Whether uploads come by way of EventBridge."""
        return self.existing is not False

    @property
    def deployed(self) -> bool:
        """Whether there is a stack."""
        return self.existing is not None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Where the datasets are."""
        return tuple(dataset.prefix for dataset in self.policies.values())

    @property
    def erased_prefixes(self) -> tuple[str, ...]:
        """Where runs erase versions."""
        return tuple(each.prefix for each in self.policies.values() if each.erase_versions)

    @property
    def erases(self) -> bool:
        """Whether runs erase versions of any dataset."""
        return bool(self.erased_prefixes)
