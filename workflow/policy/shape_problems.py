"""What pydantic finds wrong with a policy file, told with its line and in our words."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from workflow.policy.document import Document
from workflow.policy.model import (
    CsvShape,
    DatasetShape,
    DropRowsShape,
    FileShape,
    WhereShape,
)
from workflow.policy.problems import Path, Problem, one_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SHAPES: dict[str, type[BaseModel]] = {
    "csv": CsvShape,
    "drop_rows": DropRowsShape,
    "where": WhereShape,
}
_DATASET_DEPTH = 2
_WORDS = {
    "missing": "is missing",
    "string_type": "text is expected (in quotes where it looks like a number)",
    "bool_type": "true or false is expected",
    "list_type": "a list is expected",
    "dict_type": "a mapping is expected",
    "model_type": "a mapping is expected",
    "too_short": "at least one is needed",
    "string_too_long": "one character is expected",
    "string_too_short": "one character is expected",
}


def validated_datasets(document: Document) -> tuple[dict[str, DatasetShape], list[Problem]]:
    """Give the datasets that have the right shape, and what is wrong with the others."""
    try:
        return FileShape.model_validate(document.value).datasets, []
    except ValidationError as error:
        details = error.errors(include_url=False)
    return dict(_sound_datasets(document.value)), [_told(item, document) for item in details]


def _sound_datasets(value: Any) -> Iterator[tuple[str, DatasetShape]]:
    datasets = value.get("datasets") if isinstance(value, dict) else None
    for name, dataset in datasets.items() if isinstance(datasets, dict) else ():
        try:
            yield name, DatasetShape.model_validate(dataset)
        except ValidationError:
            continue


def _told(error: "ErrorDetails", document: Document) -> Problem:
    path = tuple(step for step in error["loc"] if step != "[key]")
    return Problem(document.line(path), path, _words(error, path))


def _words(error: "ErrorDetails", path: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key; {one_of(path[-1], _keys(_shape_at(path[:-1])))}"
    if kind == "literal_error":
        return _not_one_of(error["input"], str(context["expected"]))
    if kind == "value_error":
        return str(context["error"])
    return _WORDS.get(kind, error["msg"])


def _not_one_of(value: object, expected: str) -> str:
    known = re.findall(r"'([^']*)'", expected)
    return f"unknown value {value!r}; {one_of(value, known)}" if known else f"expected {expected}"


def _shape_at(path: Path) -> type[BaseModel]:
    if len(path) == _DATASET_DEPTH:
        return DatasetShape
    return _SHAPES.get(str(path[-1]), FileShape) if path else FileShape


def _keys(shape: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items()]
