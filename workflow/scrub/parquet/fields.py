"""Field ids of the Parquet metadata structs that we read or write.

Source: src/main/thrift/parquet.thrift of apache/parquet-format, at its commit 24102ed5 (format
2.13). A struct is a ``compact.Struct``; fields that are not listed here pass through.
"""

from __future__ import annotations

# An extension holds a copy of its struct in another encoding (BinaryProtocolExtensions.md of
# parquet-format), so it goes where we change the struct: stale at best, a leak at worst.
EXTENSION = 32767


class File:
    """FileMetaData."""

    SCHEMA = 2
    ROWS = 3
    ROW_GROUPS = 4
    KEY_VALUES = 5
    CREATED_BY = 6
    COLUMN_ORDERS = 7
    ENCRYPTION = 8
    SIGNING_KEY = 9


class Element:
    """SchemaElement."""

    TYPE = 1
    LENGTH = 2
    REPETITION = 3
    NAME = 4
    CHILDREN = 5
    CONVERTED = 6
    SCALE = 7
    PRECISION = 8
    LOGICAL = 10


class Group:
    """RowGroup."""

    COLUMNS = 1
    BYTES = 2
    ROWS = 3
    SORTING = 4
    OFFSET = 5
    COMPRESSED = 6
    ORDINAL = 7


class Sorting:
    """SortingColumn."""

    COLUMN = 1


class Chunk:
    """ColumnChunk."""

    FILE_PATH = 1
    FILE_OFFSET = 2
    META = 3
    OFFSET_INDEX = 4
    OFFSET_INDEX_LENGTH = 5
    COLUMN_INDEX = 6
    COLUMN_INDEX_LENGTH = 7
    CRYPTO = 8
    ENCRYPTED_META = 9


class Meta:
    """ColumnMetaData."""

    TYPE = 1
    ENCODINGS = 2
    PATH = 3
    CODEC = 4
    VALUES = 5
    UNCOMPRESSED = 6
    COMPRESSED = 7
    KEY_VALUES = 8
    DATA_PAGE = 9
    INDEX_PAGE = 10
    DICTIONARY_PAGE = 11
    STATISTICS = 12
    ENCODING_STATS = 13
    BLOOM = 14
    BLOOM_LENGTH = 15


class Statistics:
    """Statistics, of a column chunk or a page."""

    MAX = 1
    MIN = 2
    NULLS = 3
    DISTINCT = 4
    MAX_VALUE = 5
    MIN_VALUE = 6
    # What may stay for a scrubbed column: the levels tell the number of nulls anyway.
    HARMLESS = frozenset({3})


class Page:
    """PageHeader."""

    TYPE = 1
    UNCOMPRESSED = 2
    COMPRESSED = 3
    CRC = 4
    V1 = 5
    DICTIONARY = 7
    V2 = 8


class PageV1:
    """DataPageHeader."""

    VALUES = 1
    ENCODING = 2
    DEFINITION = 3
    REPETITION = 4
    STATISTICS = 5


class PageV2:
    """DataPageHeaderV2."""

    VALUES = 1
    NULLS = 2
    ROWS = 3
    ENCODING = 4
    DEFINITION_BYTES = 5
    REPETITION_BYTES = 6
    COMPRESSED = 7
    STATISTICS = 8


class PageDictionary:
    """DictionaryPageHeader."""

    VALUES = 1
    ENCODING = 2
    SORTED = 3


class Index:
    """ColumnIndex."""

    NULL_PAGES = 1
    MIN = 2
    MAX = 3


class Offsets:
    """OffsetIndex and its PageLocation."""

    PAGES = 1
    BYTE_ARRAY_BYTES = 2
    OFFSET = 1
    SIZE = 2
    FIRST_ROW = 3


class KeyValue:
    """KeyValue."""

    KEY = 1
    VALUE = 2


class Type:
    """Physical types."""

    BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED = range(8)


class Repetition:
    """Repetition of a schema element."""

    REQUIRED, OPTIONAL, REPEATED = range(3)


class Encoding:
    """Encodings of values and levels."""

    PLAIN = 0
    PLAIN_DICTIONARY = 2
    RLE = 3
    BIT_PACKED = 4
    DELTA_BINARY_PACKED = 5
    DELTA_LENGTH_BYTE_ARRAY = 6
    DELTA_BYTE_ARRAY = 7
    RLE_DICTIONARY = 8
    BYTE_STREAM_SPLIT = 9


class PageType:
    """Types of pages."""

    DATA, INDEX, DICTIONARY, DATA_V2 = range(4)
