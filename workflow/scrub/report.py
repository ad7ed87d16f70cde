"""What was done: counts for each rule, rows, bytes and checksums. Never a value."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class RuleCount:
    """What one rule met.

    Attributes:
        field: The rule's selector.
        action: The rule's action.
        matched: Values that the selector selected in the rows that were kept.
        changed: Those whose bytes changed.
        nulled: Those that became null because the action does not fit their type.
        absent: Kept rows in which the selector selected nothing.
    """

    field: str
    action: str
    matched: int
    changed: int
    nulled: int
    absent: int


@dataclass(frozen=True)
class ScrubReport:
    """What became of one object.

    Attributes:
        format: The format that the object is in.
        compression: none, gzip, zstd or bzip2.
        rows: Rows read; those dropped are among them.
        rows_dropped: Rows that the row rule took out.
        bytes_in: Size of the input as it is stored.
        bytes_out: Size of the output as it is stored.
        sha256_in: SHA-256 of the input as it is stored, in hex.
        sha256_out: SHA-256 of the output as it is stored, in hex.
        rules: The counts, in the order of the rules.
    """

    format: str
    compression: str
    rows: int
    rows_dropped: int
    bytes_in: int
    bytes_out: int
    sha256_in: str
    sha256_out: str
    rules: tuple[RuleCount, ...]

    @property
    def changed(self) -> bool:
        """Whether a value changed or a row went; if not, the object is fine as it is."""
        return self.rows_dropped > 0 or any(rule.changed for rule in self.rules)

    @property
    def fields_nowhere(self) -> tuple[str, ...]:
        """The fields that no kept row has: one of the object and the policy may misspell them."""
        kept = self.rows - self.rows_dropped
        return tuple(rule.field for rule in self.rules if rule.absent == kept > 0)

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain data."""
        return asdict(self) | {"changed": self.changed, "rules": [asdict(r) for r in self.rules]}


@dataclass
class Tally:
    """The counts of one rule while they grow."""

    matched: int = 0
    changed: int = 0
    nulled: int = 0
    absent: int = 0
