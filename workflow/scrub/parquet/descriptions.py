"""Descriptions of the columns that writers leave in the key-value metadata.

They name the columns once more: pandas and Spark as JSON, Arrow as a serialized schema. A reader
that trusts them would miss a dropped column, so it goes from them as well. One that we cannot read
is left as it is: readers then fall back on the file's own schema.

GeoParquet describes more than the schema: the bounding box of a column's shapes goes when the
column changes (``geo`` in the specification of GeoParquet 1.1, opengeospatial/geoparquet).
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import File, KeyValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.scrub.parquet.compact import Struct

_Path = tuple[str, ...]
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OSError)


def take_out(metadata: Struct, paths: Sequence[_Path]) -> None:
    """Take columns out of the descriptions in a file's metadata."""
    _change(metadata, paths, _REWRITE)


def forget_values(metadata: Struct, paths: Sequence[_Path]) -> None:
    """Take what is said of the values of changed columns out of the descriptions."""
    _change(metadata, paths, {b"geo": _geo, b"ARROW:schema": _geo_in_arrow})


def _change(
    metadata: Struct, paths: Sequence[_Path], changes: dict[bytes, Callable[[bytes, _Path], bytes]]
) -> None:
    for pair in metadata.sequence(File.KEY_VALUES, compact.STRUCT):
        key, value = pair.binary(KeyValue.KEY), pair.binary(KeyValue.VALUE)
        rewrite = changes.get(key or b"")
        if rewrite is None or value is None:
            continue
        for path in paths:
            try:
                value = rewrite(value, path)
            except (*_UNREADABLE, pa.ArrowException):
                break
        pair.set_binary(KeyValue.VALUE, value)


def _arrow(value: bytes, path: _Path) -> bytes:
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(value)))
    fields = [kept for field in schema if (kept := _without(field, path)) is not None]
    new = pa.schema(fields, metadata=_without_pandas(schema.metadata, path))
    return base64.b64encode(new.serialize())


def _without(field: pa.Field, path: _Path) -> pa.Field | None:
    """Return an Arrow field without what the path names; None if nothing is left of it.

    Arrow's structs have the members of Parquet's; the groups that make a list or a map do not
    appear in Arrow, where the child of the type stands for them.
    """
    if field.name != path[0]:
        return field
    if len(path) == 1:
        return None
    if pa.types.is_struct(field.type):
        children = [field.type.field(at) for at in range(field.type.num_fields)]
        kept = [new for child in children if (new := _without(child, path[1:])) is not None]
        return field.with_type(pa.struct(kept)) if kept else None
    if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
        return _without_in_list(field, path)
    raise ValueError


def _without_in_list(field: pa.Field, path: _Path) -> pa.Field:
    child = field.type.value_field
    # path: list, repeated group, element, ...
    new = _without(child.with_name(path[2]), path[2:])
    if new is None:
        raise ValueError
    build = pa.list_ if pa.types.is_list(field.type) else pa.large_list
    return field.with_type(build(new.with_name(child.name)))


def _without_pandas(metadata: dict[bytes, bytes] | None, path: _Path) -> dict[bytes, bytes] | None:
    if not metadata or b"pandas" not in metadata:
        return metadata
    return {**metadata, b"pandas": _pandas(metadata[b"pandas"], path)}


def _pandas(value: bytes, path: _Path) -> bytes:
    if len(path) > 1:
        return value
    found: dict[str, Any] = json.loads(value)
    found["columns"] = [
        column for column in found["columns"] if column.get("field_name") != path[0]
    ]
    found["index_columns"] = [column for column in found["index_columns"] if column != path[0]]
    return json.dumps(found).encode()


def _spark(value: bytes, path: _Path) -> bytes:
    found: dict[str, Any] = json.loads(value)
    _cut(found, path)
    return json.dumps(found, separators=(",", ":")).encode()


def _geo(value: bytes, path: _Path) -> bytes:
    found: dict[str, Any] = json.loads(value)
    if found["columns"].get(path[0], {}).pop("bbox", None) is None:
        return value
    return json.dumps(found).encode()


def _geo_in_arrow(value: bytes, path: _Path) -> bytes:
    """Change the copy of the key-value metadata that Arrow's schema holds."""
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(value)))
    old = (schema.metadata or {}).get(b"geo")
    if old is None or (new := _geo(old, path)) == old:
        return value
    changed = schema.with_metadata({**schema.metadata, b"geo": new})
    return base64.b64encode(changed.serialize())


def _cut(struct: dict[str, Any], path: _Path) -> None:
    if len(path) == 1:
        struct["fields"] = [field for field in struct["fields"] if field["name"] != path[0]]
        return
    for field in struct["fields"]:
        if field["name"] == path[0]:
            kind = field["type"]
            if kind["type"] == "array":
                _cut(kind["elementType"], path[3:])
            else:
                _cut(kind, path[1:])


_REWRITE: dict[bytes, Callable[[bytes, _Path], bytes]] = {
    b"ARROW:schema": _arrow,
    b"pandas": _pandas,
    b"org.apache.spark.sql.parquet.row.metadata": _spark,
}
