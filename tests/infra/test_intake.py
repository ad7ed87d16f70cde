def _allowing(template):
    policy = template.properties("AWS::SQS::QueuePolicy", path="IntakeQueue")
    statements = policy["PolicyDocument"]["Statement"]
    return [statement for statement in statements if statement["Effect"] == "Allow"]


def test_only_the_lake_of_this_account_may_send_to_the_intake(template):
    (statement,) = _allowing(template)

    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    source = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Join"][1]
    assert ":s3:::lakescrub-dev-lake-" in source
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }


def test_intake_is_encrypted_with_the_key_that_s3_can_use(template):
    assert template.properties("AWS::SQS::Queue", path="IntakeQueue")["SqsManagedSseEnabled"]


def test_intake_hides_a_message_six_times_as_long_as_its_function_may_take(template):
    queue = template.properties("AWS::SQS::Queue", path="IntakeQueue")
    function = template.properties("AWS::Lambda::Function", path="UploadsScheduleObjects")

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_intake_hands_a_message_to_the_dead_letters_after_five_attempts(template):
    dead = template.logical_id("AWS::SQS::Queue", path="IntakeDeadLetters")

    queue = template.properties("AWS::SQS::Queue", path="IntakeQueue")
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
        "maxReceiveCount": 5,
    }


def test_every_queue_refuses_requests_without_tls(template):
    policies = template.resources("AWS::SQS::QueuePolicy")

    assert len(policies) == len(template.resources("AWS::SQS::Queue"))
    assert all("aws:SecureTransport" in str(policy) for policy in policies)
