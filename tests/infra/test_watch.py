def test_the_sweeper_is_called_every_minute(template):
    clock = template.properties("AWS::Scheduler::Schedule")
    function = template.logical_id("AWS::Lambda::Function", path="SweeperSweepOverdue")

    assert clock["ScheduleExpression"] == "rate(1 minute)"
    assert clock["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert clock["Target"]["Arn"] == {"Fn::GetAtt": [function, "Arn"]}


def test_the_clock_may_call_the_sweeper_and_leave_what_it_cannot_deliver(template):
    actions = [statement["Action"] for statement in template.statements("SweeperClockRole")]

    assert actions == ["lambda:InvokeFunction", "sqs:SendMessage"]


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
    retries = template.properties("AWS::Lambda::EventInvokeConfig", path="Failures")
    assert target["DeadLetterConfig"] == {"Arn": queue}
    assert retries["DestinationConfig"] == {"OnFailure": {"Destination": queue}}


def test_a_tick_that_was_lost_is_told(template):
    queue = {"Fn::GetAtt": [template.logical_id("AWS::SQS::Queue", path="Sweeper"), "Arn"]}

    clock = template.properties("AWS::Scheduler::Schedule")
    retries = template.properties("AWS::Lambda::EventInvokeConfig", path="Sweeper")
    assert clock["Target"]["DeadLetterConfig"] == {"Arn": queue}
    assert retries["DestinationConfig"] == {"OnFailure": {"Destination": queue}}


def test_whatever_calls_a_function_without_waiting_has_somewhere_to_leave_what_fails(template):
    def functions_of(kind, name):
        return {
            mapping["Properties"][name]["Ref"]
            for mapping in template.resources(kind)
            if "FunctionName" in mapping["Properties"]
        }

    polled = functions_of("AWS::Lambda::EventSourceMapping", "FunctionName")
    handed_over = functions_of("AWS::Lambda::EventInvokeConfig", "FunctionName")
    machine = str(template.properties("AWS::StepFunctions::StateMachine"))
    called = {
        name
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function" and f"'{name}'" in machine
    }
    everything = {
        name
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }

    # A run that fails is redriven; what a mapping polls is given up by its source.
    assert polled | handed_over | called == everything
    for mapping in template.resources("AWS::Lambda::EventSourceMapping"):
        source = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]
        given_up = "RedrivePolicy" in template.body["Resources"][source]["Properties"]
        assert given_up or mapping["Properties"]["DestinationConfig"]["OnFailure"]
