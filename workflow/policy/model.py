"""The shape of ``datasets.yaml``: what the loader checks and what editors get as a JSON Schema."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from workflow.policy.durations import PATTERN, parse_duration
from workflow.scrub import ACTIONS

DEFAULT_AFTER = timedelta(seconds=300)
DEFAULT_LATE_AFTER = timedelta(minutes=15)
# Keys of objects are at most 1,024 bytes; a prefix as long as that could match none.
_LONGEST_PREFIX = 1_000
_TABLE = re.compile(r"[a-z0-9_]{1,255}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} has no unit; write for example {value}s")  # noqa: TRY004
    return parse_duration(value)


def _prefix(value: str) -> str:
    if problem := _prefix_problem(value):
        raise ValueError(problem)
    return value


def _prefix_problem(value: str) -> str | None:
    if value.startswith("s3://"):
        return "leave out s3:// and the bucket: a prefix starts within the lake"
    if value.startswith("/"):
        return "a prefix has no leading slash"
    if not value.endswith("/"):
        # "data" would also match "database/…", and a table is a folder anyway.
        return f"a prefix ends with a slash: {value + '/'!r}" if value else "a prefix is needed"
    if "//" in value or not value.isprintable():
        return "a prefix has no empty folder names and no control characters"
    if len(value.encode()) > _LONGEST_PREFIX:
        return f"longer than {_LONGEST_PREFIX} bytes"
    return None


def _table(value: str) -> str:
    if not _TABLE.fullmatch(value):
        raise ValueError("a Glue table's name is of a-z, 0-9 and _, at most 255 characters")
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a name is of letters, digits, - and _, at most 64 characters")
    return value


def _scalar(value: object) -> object:
    if value is None:
        raise ValueError("null is asked for with `is_null: true`")
    if not isinstance(value, str | bool | int | float):
        raise ValueError("text, a number, true or false is expected")  # noqa: TRY004
    return value


Scalar = Annotated[
    Any,
    BeforeValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
Name = Annotated[str, AfterValidator(_name)]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class CsvShape(_Shape):
    """How the dataset's CSV and TSV files are written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None, description="One character; default: a comma, for TSV a tab."
    )
    header: bool = Field(
        default=True,
        description="Whether the first row names the columns; if not, fields are numbers.",
    )


class WhereShape(_Shape):
    """One field and one test."""

    field: str = Field(description="The field whose value is tested.")
    equals: Scalar = Field(default=None, description="The value that it must have.")
    in_: list[Scalar] | None = Field(default=None, alias="in", description="One of these values.")
    matches: str | None = Field(
        default=None, description="A regular expression (RE2) found in the value."
    )
    is_null: bool | None = Field(default=None, description="true: null or absent; false: neither.")

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        given = self.model_fields_set - {"field"}
        if len(given) != 1:
            raise ValueError("exactly one of equals, in, matches, is_null is needed")
        return self


class DropRowsShape(_Shape):
    """Which rows go as a whole."""

    where: WhereShape


class RuleShape(_Shape):
    """One field selector with one action; the action's own options stand beside them."""

    model_config = ConfigDict(extra="allow")

    field: str = Field(description="Dotted path; [*] for each element; 'quoted.key' for a dot.")
    action: str = Field(
        description="What happens to the selected values.",
        # An editor reads `action: null` as null, which the loader takes for the name.
        json_schema_extra={"enum": [*sorted(ACTIONS), None], "type": ["string", "null"]},
    )
    missing: Literal["ignore", "reject"] = Field(
        default="ignore", description="What a record without the field means."
    )


class DatasetShape(_Shape):
    """The objects under one prefix, and what happens to them."""

    prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        description="Folder in the lake, with its last slash; the longest matching one wins."
    )
    table: Annotated[str, AfterValidator(_table)] | None = Field(
        default=None,
        description="The Glue table; default: the prefix's last folder as Glue names it.",
    )
    format: Literal["auto", "ndjson", "json", "csv", "tsv", "parquet"] = Field(
        default="auto", description="auto: by the key's suffix, then by content."
    )
    after: Duration = Field(
        default=DEFAULT_AFTER, description="How long after its upload a file is due."
    )
    late_after: Duration = Field(
        default=DEFAULT_LATE_AFTER,
        description="How late the timer may be before the sweeper takes over.",
    )
    erase_versions: bool = Field(
        default=False,
        description="Whether the version that was scrubbed is deleted from the bucket.",
    )
    enforce: bool = Field(
        default=True, description="false: count what would change, write nothing."
    )
    ignore_case: bool = Field(
        default=False, description="Match field names without regard to case."
    )
    reshape: bool = Field(
        default=False,
        description="Let drop remove columns of CSV and TSV, which Athena reads by position.",
    )
    encoding: str | None = Field(
        default=None, description="The text encoding of the files where it is not UTF-8."
    )
    hash_key: Annotated[str, AfterValidator(_name)] = Field(
        default="default", description="Id of the secret key that hash and date_shift use."
    )
    csv: CsvShape = CsvShape()
    drop_rows: DropRowsShape | None = None
    scrub: list[RuleShape] = Field(default_factory=list)

    @model_validator(mode="after")
    def _table_has_a_name(self) -> Self:
        if self.table is None and "=" in self.prefix.rstrip("/").rpartition("/")[2]:
            raise ValueError("table is needed: the prefix ends with a partition (key=value/)")
        return self

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if not self.scrub and self.drop_rows is None:
            raise ValueError("nothing to do: scrub or drop_rows is needed")
        return self


class FileShape(_Shape):
    """What happens to the objects of each dataset, and when."""

    version: Literal[1] = Field(description="The version of this file's format.")
    datasets: Annotated[dict[Name, DatasetShape], Field(min_length=1)]


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of a policy file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **FileShape.model_json_schema(by_alias=True),
    }
