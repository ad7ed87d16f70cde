# ruff: noqa: N803 - boto3 names its arguments so
"""S3, Glue and Athena workgroups in memory, as far as queries and crawls use them."""

import functools
import hashlib
import io
import re

import boto3
from botocore.exceptions import ClientError


@functools.cache
def _glue_exceptions():
    return boto3.client("glue", region_name="us-east-1").exceptions


def client_error(code, operation="Operation"):
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class Paginator:
    def __init__(self, call):
        self._call = call

    def paginate(self, **arguments):
        yield self._call(**arguments)


class Paged:
    def get_paginator(self, operation):
        return Paginator(getattr(self, operation))


class FakeS3(Paged):
    def __init__(self):
        self.objects = {}
        self.reads = []

    def put_object(self, *, Bucket, Key, Body):
        data = Body if isinstance(Body, bytes) else Body.read()
        self.objects[Bucket, Key] = data

    def delete(self, bucket, key):
        del self.objects[bucket, key]

    def list_objects_v2(self, *, Bucket, Prefix):
        return {
            "Contents": [
                {"Key": key, "Size": len(data), "ETag": _etag(data)}
                for (bucket, key), data in sorted(self.objects.items())
                if bucket == Bucket and key.startswith(Prefix)
            ]
        }

    def get_object(self, *, Bucket, Key, IfMatch=None, Range=None):
        self.reads.append(Key)
        if (Bucket, Key) not in self.objects:
            raise client_error("NoSuchKey")
        data = self.objects[Bucket, Key]
        if IfMatch not in {None, _etag(data)}:
            raise client_error("PreconditionFailed")
        total = len(data)
        if Range:
            first, last = map(int, re.findall(r"\d+", Range))
            if first >= total:
                raise client_error("InvalidRange")
            data = data[first : last + 1]
        return {"Body": io.BytesIO(data), "ContentRange": f"bytes */{total}"}


def _etag(data):
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


class FakeGlue(Paged):
    def __init__(self):
        self.databases = {}
        self.tables = {}
        self.partitions = {}
        self.crawlers = {}

    @property
    def exceptions(self):
        return _glue_exceptions()

    def _missing(self):
        return self.exceptions.EntityNotFoundException(
            {"Error": {"Code": "EntityNotFoundException", "Message": "not found"}}, "Get"
        )

    def get_crawler(self, *, Name):
        if Name not in self.crawlers:
            raise self._missing()
        return {"Crawler": self.crawlers[Name]}

    def get_database(self, *, Name):
        if Name not in self.databases:
            raise self._missing()
        return {"Database": self.databases[Name]}

    def get_databases(self):
        return {"DatabaseList": list(self.databases.values())}

    def create_database(self, *, DatabaseInput):
        self.databases[DatabaseInput["Name"]] = DatabaseInput

    def delete_database(self, *, Name):
        del self.databases[Name]

    def get_table(self, *, DatabaseName, Name):
        if (DatabaseName, Name) not in self.tables:
            raise self._missing()
        return {"Table": self.tables[DatabaseName, Name]}

    def get_tables(self, *, DatabaseName):
        return {"TableList": [t for (d, _), t in self.tables.items() if d == DatabaseName]}

    def create_table(self, *, DatabaseName, TableInput):
        if (DatabaseName, TableInput["Name"]) in self.tables:
            raise client_error("AlreadyExistsException")
        self.update_table(DatabaseName=DatabaseName, TableInput=TableInput)

    def update_table(self, *, DatabaseName, TableInput):
        table = {**TableInput, "DatabaseName": DatabaseName}
        self.tables[DatabaseName, TableInput["Name"]] = table

    def delete_table(self, *, DatabaseName, Name):
        if (DatabaseName, Name) not in self.tables:
            raise self._missing()
        del self.tables[DatabaseName, Name]

    def get_partitions(self, *, DatabaseName, TableName):
        return {"Partitions": list(self.partitions.get((DatabaseName, TableName), {}).values())}

    def batch_create_partition(self, *, DatabaseName, TableName, PartitionInputList):
        held = self.partitions.setdefault((DatabaseName, TableName), {})
        errors = []
        for one in PartitionInputList:
            if tuple(one["Values"]) in held:
                detail = {"ErrorCode": "AlreadyExistsException"}
                errors.append({"PartitionValues": one["Values"], "ErrorDetail": detail})
            else:
                held[tuple(one["Values"])] = one
        return {"Errors": errors}

    def delete_partition(self, *, DatabaseName, TableName, PartitionValues):
        del self.partitions[DatabaseName, TableName][tuple(PartitionValues)]


class FakeWorkgroups:
    def __init__(self):
        self.groups = {"primary": {"Name": "primary", "State": "ENABLED", "Configuration": {}}}

    def get_work_group(self, *, WorkGroup):
        if WorkGroup not in self.groups:
            raise client_error("InvalidRequestException")
        return {"WorkGroup": self.groups[WorkGroup]}
