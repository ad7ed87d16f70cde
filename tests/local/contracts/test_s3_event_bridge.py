"""Without the repair an event does not say which version it is about."""

import json

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab, wait_for


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import eventbridge  # noqa: PLC0415 - loaded by the stack

    bucket, client, events = lab.bucket(), lab.client("s3"), lab.client("events")
    url, queue = lab.queue()
    client.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    rule = lab.name("rule")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue}])
    unshim(eventbridge, "_dispatch_event")

    client.put_object(Bucket=bucket, Key="k", Body=b"x")

    found = wait_for(lambda: lab.client("sqs").receive_message(QueueUrl=url).get("Messages"))
    assert "version-id" not in json.loads(found[0]["Body"])["detail"]["object"]
