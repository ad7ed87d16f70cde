"""The formats; `FORMATS` names them all. A new one is one class and one entry."""

from typing import Final

from workflow.scrub.formats.base import FileFormat, Format, TextFormat
from workflow.scrub.formats.delimited_text import Csv, Tsv
from workflow.scrub.formats.json_text import Json
from workflow.scrub.formats.ndjson import Ndjson
from workflow.scrub.parquet import Parquet

FORMATS: Final[dict[str, type[Format]]] = {
    found.name: found for found in (Parquet, Ndjson, Json, Tsv, Csv)
}

__all__ = [
    "FORMATS",
    "Csv",
    "FileFormat",
    "Format",
    "Json",
    "Ndjson",
    "Parquet",
    "TextFormat",
    "Tsv",
]
