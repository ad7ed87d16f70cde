"""Dictionary arrays: joined, and brought to the one form in which they are written."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet import values


def join_slices(slices: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Join slices of one array, in which neighbours mostly have the same dictionary.

    Arrow compares the dictionaries of all chunks, so that there shall not be one for each page.
    """
    if not pa.types.is_dictionary(slices[0].type):
        return pa.chunked_array([chunk for part in slices for chunk in part.chunks])
    found: list[tuple[pa.Array, list[pa.Array]]] = []
    for chunk in (chunk for part in slices for chunk in part.chunks):
        if not found or not _is_same(found[-1][0], chunk.dictionary):
            found.append((chunk.dictionary, []))
        found[-1][1].append(chunk.indices)
    return pa.chunked_array(
        pa.DictionaryArray.from_arrays(pa.concat_arrays(indices), dictionary, safe=False)
        for dictionary, indices in found
    )


def _is_same(one: pa.Array, other: pa.Array) -> bool:
    """Tell whether two arrays are the same memory."""
    addresses = [
        (len(array), array.offset, [buffer and buffer.address for buffer in array.buffers()])
        for array in (one, other)
    ]
    return addresses[0] == addresses[1]


def canonical(array: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return indices and a dictionary without doubles, in the order of first occurrence."""
    if not pa.types.is_dictionary(array.type):
        encoded = values.join(array.dictionary_encode())
        return encoded.indices, encoded.dictionary
    joined = values.join(array.unify_dictionaries())
    entries = joined.dictionary.dictionary_encode()
    indices = entries.indices.take(joined.indices)
    order = indices.unique()
    return pc.index_in(indices, value_set=order), entries.dictionary.take(order)
