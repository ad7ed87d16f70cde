from infra.app import DATASETS
from workflow.policy import read_policies


def test_crawler_has_a_target_for_each_dataset(template):
    crawler = template.properties("AWS::Glue::Crawler")

    paths = [target["Path"]["Fn::Join"][1][2] for target in crawler["Targets"]["S3Targets"]]
    assert paths == [f"/{dataset.prefix}" for dataset in read_policies(DATASETS).values()]


def test_crawler_runs_daily_and_never_deletes_a_table(template):
    crawler = template.properties("AWS::Glue::Crawler")

    assert crawler["Schedule"]["ScheduleExpression"].endswith("* * ? *)")
    assert crawler["SchemaChangePolicy"]["DeleteBehavior"] == "LOG"


def test_workgroup_decides_where_results_go_and_how_they_are_encrypted(template):
    workgroup = template.properties("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]

    assert workgroup["EnforceWorkGroupConfiguration"] is True
    assert workgroup["BytesScannedCutoffPerQuery"] >= 10_000_000
    assert workgroup["ResultConfiguration"]["EncryptionConfiguration"]


def test_results_are_forgotten_after_a_day(template):
    bucket = template.properties("AWS::S3::Bucket", path="QueriesResults")

    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 1
    assert rule["Status"] == "Enabled"
