"""A table or partition as Glue's API takes it, with the SerDe that fits its classification."""

from typing import Any

from workflow.local.crawler.tables import TablePlan

_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
)
OPENX = "org.openx.data.jsonserde.JsonSerDe"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def _serde(plan: TablePlan) -> tuple[tuple[str, str], str, dict[str, str]]:
    if plan.found.classification == "json":
        names = ",".join(name for name, _ in plan.found.columns)
        return _TEXT, OPENX, {"paths": names}
    if plan.found.classification == "csv":
        return _TEXT, LAZY, {"field.delim": plan.found.layout["delimiter"]}
    return _PARQUET, PARQUET, {"serialization.format": "1"}


def parameters(plan: TablePlan, crawler: str) -> dict[str, str]:
    """Give the parameters that Glue writes on tables and partitions."""
    shown = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
        "averageRecordSize": str(max(1, plan.size // max(1, plan.found.rows))),
        "classification": plan.found.classification,
        "compressionType": plan.compression,
        "objectCount": str(plan.objects),
        "recordCount": str(plan.found.rows),
        "sizeKey": str(plan.size),
        "typeOfData": "file",
    }
    if plan.found.classification == "csv":
        shown |= {"areColumnsQuoted": "false", "columnsOrdered": "true", **plan.found.layout}
    return shown


def storage(plan: TablePlan, crawler: str, location: str) -> dict[str, Any]:
    """Give the storage descriptor of a table or of one of its partitions."""
    (reads, writes), library, properties = _serde(plan)
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns(plan)],
        "Location": location,
        "InputFormat": reads,
        "OutputFormat": writes,
        "Compressed": plan.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": library, "Parameters": properties},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters(plan, crawler),
        "StoredAsSubDirectories": False,
    }


def columns(plan: TablePlan) -> list[tuple[str, str]]:
    """Give the columns that are not partition keys."""
    return [(name, kind) for name, kind in plan.found.names() if name not in plan.partition_keys]


def table_input(plan: TablePlan, crawler: str, name: str) -> dict[str, Any]:
    """Give the table as CreateTable takes it."""
    more = {"partition_filtering.enabled": "true"} if plan.partition_keys else {}
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": storage(plan, crawler, plan.location),
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in plan.partition_keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters(plan, crawler) | more,
    }


def partition_input(plan: TablePlan, crawler: str, values: tuple[str, ...]) -> dict[str, Any]:
    """Give one partition as BatchCreatePartition takes it."""
    return {
        "Values": list(values),
        "StorageDescriptor": storage(plan, crawler, plan.partitions[values]),
        "Parameters": parameters(plan, crawler),
    }
