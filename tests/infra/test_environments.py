import pytest

from infra.environments import DEV, environment_named
from workflow.errors import UsageError


def test_environment_is_found_by_name():
    assert environment_named("dev") is DEV


def test_unknown_environment_is_refused_with_the_names_that_are_known():
    with pytest.raises(UsageError, match="unknown environment 'stage'; known are: dev, prod"):
        environment_named("stage")
