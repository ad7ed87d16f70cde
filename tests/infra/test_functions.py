import pytest

from infra.environments import PROD

FUNCTIONS = [
    "check_catalog",
    "erase_version",
    "inspect_object",
    "record_failure",
    "record_rejection",
    "schedule_objects",
    "scrub_object",
    "start_runs",
    "sweep_overdue",
]


def _functions(template):
    return [function["Properties"] for function in template.resources("AWS::Lambda::Function")]


def _handlers(template):
    return sorted(function["Handler"] for function in _functions(template))


def test_stack_has_every_function_of_the_library_and_no_other(template):
    assert _handlers(template) == [f"functions.{name}.handler.handler" for name in FUNCTIONS]


def test_functions_share_runtime_logs_and_traces(template):
    for function in _functions(template):
        assert function["Runtime"] == "python3.14"
        assert function["Architectures"] == ["arm64"]
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_each_function_names_itself_in_its_logs(template):
    for function in _functions(template):
        variables = function["Environment"]["Variables"]
        assert (
            function["Handler"]
            == f"functions.{variables['POWERTOOLS_SERVICE_NAME']}.handler.handler"
        )
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "lakescrub"
        assert variables["LOG_LEVEL"] == "INFO"


def test_only_scrub_object_carries_parquet(template, app):
    digests = app.node.find_child("lakescrub-dev").bundles.names()

    bundles = {
        function["Handler"].split(".")[1]: digests[function["Code"]["S3Key"].removesuffix(".zip")]
        for function in _functions(template)
    }
    assert bundles.pop("scrub_object") == "parquet"
    assert set(bundles.values()) == {"light"}


def test_each_function_has_a_role_and_a_log_group_of_its_own(template):
    roles = [str(function["Role"]) for function in _functions(template)]
    groups = [str(function["LoggingConfig"]["LogGroup"]) for function in _functions(template)]

    assert len(set(roles)) == len(set(groups)) == len(FUNCTIONS)


@pytest.mark.parametrize(("fixture", "days"), [("template", 14), ("prod", 365)])
def test_logs_are_kept_as_long_as_the_environment_says(request, fixture, days):
    groups = request.getfixturevalue(fixture).resources("AWS::Logs::LogGroup")

    assert {group["Properties"]["RetentionInDays"] for group in groups} == {days}


def _reserved(template):
    return {
        function["Handler"].split(".")[1]: function["ReservedConcurrentExecutions"]
        for function in _functions(template)
        if "ReservedConcurrentExecutions" in function
    }


def test_nothing_is_reserved_where_an_account_may_be_new(template):
    assert _reserved(template) == {}


def test_production_keeps_what_nobody_repeats_from_starving(prod):
    assert _reserved(prod) == PROD.reserved_concurrency
    assert _reserved(prod).keys() >= {"schedule_objects", "sweep_overdue", "record_failure"}


def test_the_queue_asks_for_no_more_copies_than_are_reserved(prod):
    mapping = prod.properties("AWS::Lambda::EventSourceMapping", path="Uploads")

    assert mapping["ScalingConfig"]["MaximumConcurrency"] <= _reserved(prod)["schedule_objects"]


def test_production_leaves_most_of_a_usual_account_to_others(prod):
    assert sum(_reserved(prod).values()) <= 250
