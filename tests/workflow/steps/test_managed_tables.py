"""Files of table formats are left alone, whatever the policy says."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.workflow.steps.story import POLICY, Story, row
from workflow.errors import AccessDenied, TableManaged
from workflow.messages import ObjectPath

DATA = ObjectPath("lake", "dataset/t/day=1/a.parquet")
LOG = ObjectPath("lake", "dataset/t/_delta_log/00000000000000000000.json")


def parquet(secret):
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": [1], "secret": [secret]}), sink)
    return sink.getvalue()


def test_refuses_a_parquet_file_under_a_table():
    story = Story()
    upload = story.upload(parquet("x"), path=DATA)
    story.lake.put(LOG, b"{}")

    with pytest.raises(TableManaged, match="belongs to a table of Delta"):
        story.run(upload)

    assert story.bodies(DATA) == [parquet("x")]


def test_refuses_it_where_the_policy_only_observes():
    story = Story(policy=POLICY.replace("erase_versions", "enforce: false\n    erase_versions"))
    upload = story.upload(parquet("x"), path=DATA)
    story.lake.put(LOG, b"{}")

    with pytest.raises(TableManaged):
        story.run(upload)


def test_looks_into_crowded_folders_too():
    story = Story()
    story.lake.page = 1
    upload = story.upload(parquet("x"), path=DATA)
    story.lake.put(ObjectPath("lake", "dataset/t/.hoodie/hoodie.properties"), b"")
    story.lake.put(ObjectPath("lake", "dataset/t/.a"), b"")

    with pytest.raises(TableManaged, match="Hudi"):
        story.run(upload)


def test_scrubs_parquet_beside_other_tables():
    story = Story()
    upload = story.upload(parquet("x"), path=DATA)
    story.lake.put(ObjectPath("lake", "dataset/other/_delta_log/0.json"), b"{}")
    story.lake.put(ObjectPath("lake", "dataset/t/metadata/notes.json"), b"{}")

    assert story.run(upload) == "processed"


def test_refuses_to_write_the_metadata_itself():
    story = Story()
    upload = story.upload(row("x"), path=LOG)

    with pytest.raises(TableManaged):
        story.run(upload)


def test_leaves_metadata_alone_that_no_rule_selects_from():
    story = Story()
    upload = story.upload(b"{}\n", path=LOG)

    assert story.run(upload) == "unchanged"


@pytest.mark.parametrize(("body", "looks"), [(row("x"), 0), (parquet("x"), 4), (parquet(""), 0)])
def test_looks_only_before_it_writes_parquet(body, looks):
    story = Story()
    seen = []
    path = DATA if body.startswith(b"PAR1") else ObjectPath("lake", "dataset/t/day=1/a.jsonl")
    upload = story.upload(body, path=path)
    story.lake.hook = seen.append

    story.run(upload)

    assert seen.count("look_into") == looks


def test_does_not_write_where_it_may_not_look():
    story = Story()
    upload = story.upload(parquet("x"), path=DATA)

    def forbid(operation):
        if operation == "look_into":
            raise AccessDenied(operation)

    story.lake.hook = forbid

    with pytest.raises(AccessDenied):
        story.run(upload)

    assert story.lake.writes == 0
