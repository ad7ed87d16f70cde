import pytest

from workflow.boundary import within_boundary
from workflow.errors import MalformedData, UnexpectedError

CANARY = "4111-1111-1111-1111"


def leak(text):
    raise ValueError(text)


def test_reduces_an_unforeseen_error_to_type_and_place():
    with pytest.raises(UnexpectedError) as caught:
        within_boundary(leak)(CANARY)

    assert str(caught.value).startswith("ValueError at tests/workflow/test_boundary.py:")
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_lets_our_own_errors_pass_without_their_cause():
    def handler():
        try:
            leak(CANARY)
        except ValueError as error:
            raise MalformedData("not JSON", row=3, offset=17) from error

    with pytest.raises(MalformedData, match="not JSON at row 3, byte offset 17") as caught:
        within_boundary(handler)()

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_hands_back_what_the_function_gives():
    assert within_boundary(lambda number: number + 1)(2) == 3
