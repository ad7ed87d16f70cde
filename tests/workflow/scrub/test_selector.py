import pytest

from workflow.errors import PolicyError
from workflow.scrub.selector import EACH, parse_selector


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("file_contents", ("file_contents",)),
        ("user.email", ("user", "email")),
        ("payments[*].card_number", ("payments", EACH, "card_number")),
        ("matrix[*][*]", ("matrix", EACH, EACH)),
        ("[*].a", (EACH, "a")),
        ("'a.b'.c", ("a.b", "c")),
        ("a.'it''s'", ("a", "it's")),
        ("first name", ("first name",)),
        ("größe", ("größe",)),
        ("3", ("3",)),
    ],
)
def test_selector_is_read_and_spelled_alike(text, steps):
    selector = parse_selector(text)

    assert selector.steps == steps
    assert str(selector) == text


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", "a[0]", "a[*", "a]", "'a", "a'b", " a"])
def test_what_is_no_selector_is_refused(text):
    with pytest.raises(PolicyError, match="not a field selector"):
        parse_selector(text)


@pytest.mark.parametrize(
    ("one", "two", "overlap"),
    [
        ("a", "a", True),
        ("a", "a.b", True),
        ("a[*]", "a[*].b", True),
        ("a.b", "a.c", False),
        ("a", "ab", False),
        ("a[*]", "a.b", False),
        ("'a.b'", "a.b", False),
    ],
)
def test_selectors_overlap_if_one_is_the_start_of_the_other(one, two, overlap):
    first, second = parse_selector(one), parse_selector(two)

    assert first.overlaps(second) is overlap
    assert second.overlaps(first) is overlap
