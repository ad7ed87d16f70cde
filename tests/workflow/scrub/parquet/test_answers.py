import pyarrow as pa
import pyarrow.compute as pc
import pytest

from workflow.scrub.parquet import answers
from workflow.scrub.parquet.answers import Answers


class Asked:
    """Adds 1, and notes what it was asked."""

    def __init__(self):
        self.values = []

    def __call__(self, values):
        self.values += values.to_pylist()
        new = pc.add(values, pa.scalar(1, values.type))
        return new, pc.not_equal(new, values)


def test_known_values_are_not_asked_again():
    asked = Asked()
    known = Answers(asked)

    for values, new in (([3, 1], [1, 3]), ([1, 2], [2]), ([2, 3, 1], [])):
        before = len(asked.values)
        out, changed = known.of(pa.array(values))
        assert out.to_pylist() == [value + 1 for value in values]
        assert changed.to_pylist() == [True] * len(values)
        assert sorted(asked.values[before:]) == new


def test_values_that_are_noted_help_with_the_next():
    asked = Asked()
    known = Answers(asked)
    first = pa.chunked_array([[5, 5, 6], [7]])
    assert not known.help_with(first)

    known.note(first, pc.add(first, 1), pc.not_equal(first, 0))

    assert known.help_with(pa.chunked_array([[5, 7, 8]]))
    assert known.of(pa.array([7, 8, 5]))[0].to_pylist() == [8, 9, 6]
    assert asked.values == [8]


def test_values_that_do_not_come_again_are_forgotten_for_good():
    known = Answers(Asked())
    first = pa.chunked_array([[1, 2, 3]])
    known.note(first, first, first)

    assert not known.help_with(pa.chunked_array([[4, 5, 1]]))

    known.note(first, first, first)
    assert not known.help_with(first)


def test_no_more_is_kept_than_is_small(monkeypatch):
    monkeypatch.setattr(answers, "_MOST", 32)
    asked = Asked()
    known = Answers(asked)

    known.of(pa.array([1, 2, 3]))
    known.of(pa.array([3, 4, 5]))
    known.of(pa.array([3, 4]))

    assert asked.values == [1, 2, 3, 4, 5, 4]


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_zeros_with_different_signs_are_different_values(kind):
    known = Answers(lambda values: (values, pc.is_nan(values)))

    known.of(pa.array([0.0, float("nan")], kind))

    out, _changed = known.of(pa.array([-0.0, 0.0, float("nan")], kind))
    assert str(out.to_pylist()) == "[-0.0, 0.0, nan]"
