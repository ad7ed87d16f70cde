def test_schedule_items_expire_and_their_images_reach_the_stream(template):
    schedule = template.properties("AWS::DynamoDB::Table", path="TimerSchedule")

    assert schedule["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert schedule["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_both_tables_know_a_version_by_path_and_version(template):
    keys = [
        table["Properties"]["KeySchema"] for table in template.resources("AWS::DynamoDB::Table")
    ]

    assert (
        keys
        == [
            [
                {"AttributeName": "path", "KeyType": "HASH"},
                {"AttributeName": "version", "KeyType": "RANGE"},
            ]
        ]
        * 2
    )


def test_ledger_finds_what_is_due_by_its_index(template):
    (index,) = template.properties("AWS::DynamoDB::Table", path="TimerLedger")[
        "GlobalSecondaryIndexes"
    ]

    assert index["IndexName"] == "due"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["due_shard", "wake_at"]


def test_ledger_can_be_restored_to_any_second(template):
    ledger = template.properties("AWS::DynamoDB::Table", path="TimerLedger")

    assert ledger["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_ledger_cannot_be_deleted_in_production(template, prod):
    path = "TimerLedger"

    assert prod.properties("AWS::DynamoDB::Table", path=path)["DeletionProtectionEnabled"]
    assert prod.only("AWS::DynamoDB::Table", path=path)["DeletionPolicy"] == "Retain"
    assert not template.properties("AWS::DynamoDB::Table", path=path)["DeletionProtectionEnabled"]
