"""Datasets built from their shapes: what only the engine can check, with the lines it refuses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from workflow.errors import PolicyError
from workflow.policy.clashes import clashes
from workflow.policy.dataset import Dataset
from workflow.policy.document import Document
from workflow.policy.model import DatasetShape, DropRowsShape
from workflow.policy.naming import table_name
from workflow.policy.problems import Path, Problem, nearest, one_of
from workflow.scrub import ACTIONS, CsvOptions, RowRule, Rule, ScrubOptions

_OWN_KEYS = ("field", "action", "missing")
_Built = TypeVar("_Built")


@dataclass(slots=True)
class Builder:
    """Builds rules, options and datasets; what the engine refuses goes to ``problems``."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """Build the rules of each dataset; those of a dataset with a wrong one are left out.

        It reads the plain values, not the validated shapes, so that a mistake elsewhere in a
        dataset does not hide one in its rules.
        """
        sound: dict[str, tuple[Rule, ...]] = {}
        for name, raw_rules in _raw_rules(self.document.value):
            path: Path = ("datasets", name, "scrub")
            built = [self._rule(raw, (*path, number)) for number, raw in enumerate(raw_rules)]
            rules = tuple(rule for rule in built if rule is not None)
            if len(rules) == len(built):
                sound[name] = rules
        return sound

    def dataset(self, name: str, shape: DatasetShape, rules: tuple[Rule, ...]) -> Dataset | None:
        """Build a dataset, None where something about it as a whole is wrong."""
        options = self._options(("datasets", name), shape)
        if options is None:
            return None
        keyed = any(ACTIONS[rule.action].needs_key for rule in rules)
        dataset = Dataset(
            name=name,
            prefix=shape.prefix,
            table=shape.table or table_name(shape.prefix),
            format=shape.format,
            after=shape.after,
            late_after=shape.late_after,
            erase_versions=shape.erase_versions,
            enforce=shape.enforce,
            rules=rules,
            options=options,
            hash_key=shape.hash_key if keyed else None,
        )
        self._check_together(("datasets", name), dataset)
        return dataset

    def _options(self, path: Path, shape: DatasetShape) -> ScrubOptions | None:
        before = len(self.problems)
        csv = self._try((*path, "csv"), lambda: CsvOptions(**shape.csv.model_dump()))
        rows = self._try((*path, "drop_rows"), lambda: _row_rule(shape.drop_rows))
        self._try((*path, "encoding"), lambda: ScrubOptions(encoding=shape.encoding))
        if csv is None or len(self.problems) > before:
            return None
        return ScrubOptions(
            ignore_case=shape.ignore_case,
            drop_rows=rows,
            csv=csv,
            encoding=shape.encoding,
            reshape=shape.reshape,
        )

    def _rule(self, raw: Any, path: Path) -> Rule | None:
        if not _is_complete(raw):
            return None  # the check of the shape tells what is missing
        selector, action = raw["field"], raw["action"]
        if action not in ACTIONS:
            what = f"unknown action {action!r}; {one_of(action, sorted(ACTIONS))}"
            self._add((*path, "action"), what)
            return None
        if self._try((*path, "field"), lambda: Rule(selector, "null")) is None:
            return None
        options = {key: value for key, value in raw.items() if key not in _OWN_KEYS}
        try:
            return Rule(selector, action, options=options, missing=raw.get("missing", "ignore"))
        except PolicyError as error:
            self._add(*_blamed(path, options, str(error)))
            return None

    def _check_together(self, path: Path, dataset: Dataset) -> None:
        for numbers, text in clashes(dataset):
            places: list[Path] = [(*path, "scrub", number) for number in numbers]
            if "drop_rows" in text:
                places.append((*path, "drop_rows"))
            lines = " and ".join(str(self.document.line(place)) for place in places)
            self._add(places[-1], f"{text} (lines {lines})" if len(places) > 1 else text)

    def _try(self, path: Path, build: Callable[[], _Built]) -> _Built | None:
        try:
            return build()
        except PolicyError as error:
            self._add(path, str(error))
            return None

    def _add(self, path: Path, what: str) -> None:
        self.problems.append(Problem(self.document.line(path), path, what))


def _raw_rules(value: Any) -> list[tuple[str, list[Any]]]:
    datasets = value.get("datasets") if isinstance(value, Mapping) else None
    found = []
    for name, dataset in datasets.items() if isinstance(datasets, Mapping) else ():
        raw = dataset.get("scrub", []) if isinstance(dataset, Mapping) else []
        found.append((name, raw if isinstance(raw, list) else []))
    return found


def _is_complete(raw: Any) -> bool:
    return (
        isinstance(raw, Mapping)
        and isinstance(raw.get("field"), str)
        and isinstance(raw.get("action"), str)
        and raw.get("missing", "ignore") in ("ignore", "reject")
    )


def _row_rule(shape: DropRowsShape | None) -> RowRule | None:
    if shape is None:
        return None
    where = shape.where
    return RowRule(
        field=where.field,
        equals=where.equals,
        among=None if where.in_ is None else tuple(where.in_),
        matches=where.matches,
        is_null=where.is_null,
    )


def _blamed(path: Path, options: Mapping[str, Any], text: str) -> tuple[Path, str]:
    """Find the option that a refusal is about, and the key that was meant where it is a typo."""
    named = [key for key in options if re.search(rf"\b{re.escape(key)}\b", text)]
    if not named:
        return path, text
    meant = nearest(named[0], _OWN_KEYS)
    return (*path, named[0]), f"{text}; did you mean {meant!r}?" if meant else text
