OUTPUTS = {
    "AlarmsTopicArn",
    "Crawler",
    "Database",
    "FailureDeadLetterQueueUrl",
    "HashKeysSecret",
    "IntakeDeadLetterQueueUrl",
    "IntakeQueueUrl",
    "LakeBucket",
    "LedgerTable",
    "RejectionsTopicArn",
    "ResultsBucket",
    "ScheduleTable",
    "StateMachineArn",
    "StreamDeadLetterQueueUrl",
    "Workgroup",
}


def test_outputs_give_every_name_that_a_client_needs(template):
    functions = {
        f"{''.join(word.capitalize() for word in name.split('_'))}Function"
        for name in (
            function["Properties"]["Handler"].split(".")[1]
            for function in template.resources("AWS::Lambda::Function")
        )
    }

    assert set(template.body["Outputs"]) == OUTPUTS | functions


def test_template_asks_for_no_parameter(template):
    assert "Parameters" not in template.body
