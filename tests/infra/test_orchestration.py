import re
from pathlib import Path

DEFINITION = Path(__file__).parents[2] / "state_machine.asl.json"


def _machine(template):
    return template.properties("AWS::StepFunctions::StateMachine")


def test_machine_is_deployed_from_the_file_word_for_word(template):
    assert _machine(template)["DefinitionString"] == DEFINITION.read_text(encoding="utf-8")


def test_every_placeholder_of_the_definition_is_filled_and_no_other_is_supplied(template):
    placeholders = set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text(encoding="utf-8")))

    assert set(_machine(template)["DefinitionSubstitutions"]) == placeholders


def test_machine_calls_functions_by_unqualified_arn(template):
    substitutions = _machine(template)["DefinitionSubstitutions"]

    for name, value in substitutions.items():
        if name.endswith("FunctionArn"):
            function = value["Fn::GetAtt"][0]
            assert template.body["Resources"][function]["Type"] == "AWS::Lambda::Function"
            assert value["Fn::GetAtt"][1] == "Arn"


def test_machine_logs_without_execution_data(template):
    logging = _machine(template)["LoggingConfiguration"]

    assert logging["IncludeExecutionData"] is False
    assert _machine(template)["TracingConfiguration"] == {"Enabled": True}
