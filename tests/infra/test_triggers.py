import json


def test_intake_feeds_schedule_objects_ten_messages_at_a_time(template):
    mapping = template.properties("AWS::Lambda::EventSourceMapping", path="Uploads")

    assert mapping["BatchSize"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}


def test_only_items_that_ttl_deleted_reach_start_runs(template):
    mapping = template.properties("AWS::Lambda::EventSourceMapping", path="Due")

    (only,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(only["Pattern"]) == {
        "eventName": ["REMOVE"],
        "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
    }


def test_one_bad_stream_record_does_not_block_its_shard(template):
    mapping = template.properties("AWS::Lambda::EventSourceMapping", path="Due")
    dead = template.logical_id("AWS::SQS::Queue", path="TimerStreamDeadLetters")

    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"]
    assert mapping["MaximumRetryAttempts"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["DestinationConfig"] == {
        "OnFailure": {"Destination": {"Fn::GetAtt": [dead, "Arn"]}}
    }
