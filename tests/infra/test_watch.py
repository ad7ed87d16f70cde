def test_the_sweeper_is_called_every_minute(template):
    clock = template.properties("AWS::Scheduler::Schedule")
    function = template.logical_id("AWS::Lambda::Function", path="SweeperSweepOverdue")

    assert clock["ScheduleExpression"] == "rate(1 minute)"
    assert clock["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert clock["Target"]["Arn"] == {"Fn::GetAtt": [function, "Arn"]}


def test_the_clock_may_call_the_sweeper_and_nothing_else(template):
    (statement,) = template.statements("SweeperClockRole")

    assert statement["Action"] == "lambda:InvokeFunction"


def test_every_run_of_the_machine_that_did_not_succeed_is_recorded(template):
    machine = template.logical_id("AWS::StepFunctions::StateMachine")

    rule = template.properties("AWS::Events::Rule")
    assert rule["EventPattern"]["detail"] == {
        "stateMachineArn": [{"Ref": machine}],
        "status": ["FAILED", "TIMED_OUT", "ABORTED"],
    }


def test_only_that_rule_may_call_the_recorder(template):
    permission = template.properties("AWS::Lambda::Permission")

    rule = template.logical_id("AWS::Events::Rule")
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": [rule, "Arn"]}


def test_a_failure_that_cannot_be_recorded_waits_in_a_queue(template):
    queue = {"Fn::GetAtt": [template.logical_id("AWS::SQS::Queue", path="Failures"), "Arn"]}

    (target,) = template.properties("AWS::Events::Rule")["Targets"]
    retries = template.properties("AWS::Lambda::EventInvokeConfig")
    assert target["DeadLetterConfig"] == {"Arn": queue}
    assert retries["DestinationConfig"] == {"OnFailure": {"Destination": queue}}
