import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import PolicyError
from workflow.scrub.patterns import BUILT_IN, can_match_nothing, compile_pattern

PIECES = ["a", "-", r"\n", ".", r"\w", "[^a]", "^", "$", r"\A", r"\z", r"\b", r"\B", "(?m:^)"]
PATTERNS = st.recursive(
    st.sampled_from([*PIECES, "(?m:$)"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.tuples(inner, inner).map("(?:%s|%s)".__mod__),
        st.tuples(inner, st.sampled_from("*?+")).map(lambda both: f"(?:{both[0]}){both[1]}"),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "pattern",
    [
        "x*",
        "x?",
        "()",
        "a|",
        "^",
        "$",
        r"\b",
        r"\B",
        r"\bx*",
        r"\B-?\B",
        "(?m)^",
        "(?m:$)",
        r"(?m)^\b",
        r"\bx*\b|y",
        r"x{0}",
        r"(?i)\bx{0,3}(?:$|y)",
    ],
)
def test_pattern_that_can_match_nothing_is_known(pattern):
    assert can_match_nothing(pattern)


@pytest.mark.parametrize(
    "pattern",
    [*BUILT_IN.values(), "x", r"\bx\b", "^y", "z$", "(?:a|b)+", r"\b^-?x", r"\b\B", "(?s).", "a$b"],
)
def test_pattern_that_takes_a_character_is_known(pattern):
    """Two assertions that exclude each other match nowhere, so not nothing either."""
    assert not can_match_nothing(pattern)


@given(pattern=PATTERNS, text=st.text("a-\n _é", max_size=6))
def test_a_few_texts_stand_for_all(pattern, text):
    """The pattern is put into every place of a text, where only a match of no length fits."""
    places = [
        f"(?s:.{{{at}}})(?:{pattern})(?s:.{{{len(text) - at}}})" for at in range(len(text) + 1)
    ]

    if any(compile_pattern(place).fullmatch(text) for place in places):
        assert can_match_nothing(pattern)


def test_pattern_has_a_length():
    with pytest.raises(PolicyError):
        compile_pattern("")
    with pytest.raises(PolicyError):
        compile_pattern("a" * 4001)
