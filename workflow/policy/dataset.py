"""The policies in force, as values: which dataset a key belongs to, and what happens to it."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workflow.policy.model import json_schema
from workflow.scrub import Rule, ScrubOptions

_DIGEST_CHARACTERS = 12
# Raised when the same policy text must mean other bytes than before.
_CANONICAL_FORM = 1


@dataclass(frozen=True, slots=True)
class Dataset:
    """The objects under one prefix, and what happens to them.

    Attributes:
        name: Its name in the policy file.
        prefix: Where in the lake; ends with a slash.
        table: The Glue table.
        format: ``auto`` or a key of ``workflow.scrub.FORMATS``.
        after: How long after its upload an object is due.
        late_after: How late the timer may be before the sweeper takes over.
        erase_versions: Whether the scrubbed upload's own version is deleted.
        enforce: False where only counting is allowed.
        rules: What happens to which field.
        options: How to read and write, without the secret key.
        hash_key: Id of the secret key, None where no action is keyed.
    """

    name: str
    prefix: str
    table: str
    format: str
    after: timedelta
    late_after: timedelta
    erase_versions: bool
    enforce: bool
    rules: tuple[Rule, ...]
    options: ScrubOptions
    hash_key: str | None

    @property
    def digest(self) -> str:
        """The first 12 hex digits of the SHA-256 over ``canonical()``."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:_DIGEST_CHARACTERS]

    def canonical(self) -> str:
        """Give the text that the digest is over: what determines the output's bytes, no more.

        Rules never overlap, so their order says nothing and is left out; an option at its default
        is left out too, so that a new option does not change the digest of every policy.
        """
        content = {
            "form": _CANONICAL_FORM,
            "format": self.format,
            "hash_key": self.hash_key,
            "options": _written(self.options),
            "rules": sorted(map(_written_rule, self.rules), key=_compact),
        }
        return _compact(content)


class Policies(Mapping[str, Dataset]):
    """All datasets of a policy file by name."""

    def __init__(self, datasets: Mapping[str, Dataset]) -> None:
        """Take the datasets; no two have the same prefix."""
        self._by_name = dict(datasets)
        self._by_prefix = {dataset.prefix: dataset for dataset in datasets.values()}

    def __getitem__(self, name: str) -> Dataset:
        """Give the dataset of that name."""
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        """Give the names in the order of the file."""
        return iter(self._by_name)

    def __len__(self) -> int:
        """Give the number of datasets."""
        return len(self._by_name)

    def match(self, key: str) -> Dataset | None:
        """Give the dataset whose prefix is the longest that the key starts with."""
        end = key.rfind("/")
        while end >= 0:
            if dataset := self._by_prefix.get(key[: end + 1]):
                return dataset
            end = key.rfind("/", 0, end)
        return None

    @staticmethod
    def schema() -> dict[str, Any]:
        """Give the JSON Schema of a policy file."""
        return json_schema()


def _written_rule(rule: Rule) -> dict[str, Any]:
    # One selector has many spellings (a.b, 'a'.b); the parsed one has one.
    return {**_written(rule), "field": str(rule.selector)}


def _written(value: Any) -> Any:
    """Give a value as JSON, without what stands at its default."""
    if dataclasses.is_dataclass(value):
        return {
            member.name: _written(getattr(value, member.name))
            for member in dataclasses.fields(value)
            if member.init and getattr(value, member.name) != _default(member)
        }
    if isinstance(value, Mapping):
        return {str(key): _written(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_written(item) for item in value]
    return value


def _default(member: dataclasses.Field[Any]) -> Any:
    if member.default_factory is not dataclasses.MISSING:
        return member.default_factory()
    return member.default


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
