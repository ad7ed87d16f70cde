"""Dictionary arrays: joined, and brought to the one form in which they are written."""

from __future__ import annotations

from array import array

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.memory import join, let_go

# Entries from which on a table of hashes takes more memory than they do.
_MANY = 1 << 17


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


def canonical(found: pa.ChunkedArray) -> tuple[pa.Array, pa.ChunkedArray]:
    """Return indices and a dictionary without doubles, in the order of first occurrence.

    A large dictionary is one in name only: it refers to entries of the old one, and is made of them
    when it is encoded.
    """
    if not pa.types.is_dictionary(found.type):
        encoded = join(found.dictionary_encode())
        return encoded.indices, pa.chunked_array([encoded.dictionary])
    joined = join(found.unify_dictionaries())
    if len(joined.dictionary) > _MANY:
        return _rank(joined)
    encoded = joined.dictionary.dictionary_encode()
    used = encoded.indices.take(joined.indices)
    order = used.unique()
    entries = encoded.dictionary.take(order)
    return pc.index_in(used, value_set=order), pa.chunked_array([entries])


def _rank(array: pa.DictionaryArray) -> tuple[pa.Array, pa.ChunkedArray]:
    """Do the same in order, as a table of hashes takes several times the memory of its entries."""
    ranks = pc.rank(array.dictionary, tiebreaker="dense")
    codes = pc.subtract(ranks.cast(pa.int32()), pa.scalar(1, pa.int32()))
    size, count = ranks.nbytes, len(codes)
    del ranks
    let_go(size)
    used = codes.take(array.indices)
    firsts = _first_of_each(used, count)
    numbers = pc.inverse_permutation(used.filter(firsts), max_index=count - 1)
    entries = pa.DictionaryArray.from_arrays(
        array.indices.filter(firsts), array.dictionary, safe=False
    )
    return numbers.take(used), pa.chunked_array([entries])


def _first_of_each(codes: pa.Array, count: int) -> pa.Array:
    """Tell for each code whether it is the first of its kind; all are below the count."""
    backwards = pa.Array.from_buffers(
        pa.int32(), len(codes), [None, pa.py_buffer(array("i", range(len(codes) - 1, -1, -1)))]
    )
    # Of equal ones the last stays: from behind, that is the first.
    last = pc.inverse_permutation(codes.take(backwards), max_index=count - 1)
    return pc.equal(last.take(codes), backwards)
