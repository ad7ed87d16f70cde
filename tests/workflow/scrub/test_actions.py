import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import PolicyError
from workflow.scrub import ACTIONS, Rule, SecretKey
from workflow.scrub.actions import utf8

KEY = SecretKey("k1", b"0123456789abcdef")
OTHER_KEY = SecretKey("k2", b"fedcba9876543210")
EXAMPLES = [
    ("blank", {}),
    ("null", {}),
    ("replace", {"with": "gone"}),
    ("replace", {"with": 7}),
    ("replace", {"with": -2.5}),
    ("replace", {"with": False}),
    ("mask", {}),
    ("mask", {"char": "#", "keep_first": 2, "keep_last": 4}),
    ("hash", {}),
    ("truncate", {"length": 0}),
    ("truncate", {"length": 3}),
    ("generalize", {"to": "month"}),
    ("generalize", {"to": "year"}),
    ("generalize", {"bucket": 10}),
    ("generalize", {"bucket": 0.25}),
    ("date_shift", {"days": 14}),
    ("redact", {}),
    ("redact", {"with": "-"}),
    ("redact", {"with": "1"}),
    ("redact", {"with": "@b."}),
    ("redact", {"own": ["a.?b", r"\bx", "^y", "z$"], "with": "b"}),
    ("redact", {"patterns": ["email"], "own": [r"\bsecret\b"]}),
    ("redact", {"own": [r"\C1", r"\C-\C"]}),
]
MORE_EXAMPLES = [
    ("mask", {"keep_last": 2}),
    ("mask", {"keep_first": 1}),
    ("mask", {"char": "\u2022", "keep_first": 9}),
    ("truncate", {"length": 40}),
]
FOUND = [
    "a@b.co",
    "+49 30 1234567",
    "4111 1111 1111 1111",
    "12-34-5678",
    "DE89 3704 0044 0532 0130 00",
]
PIECES = [
    *FOUND,
    "1.2.3.4",
    "ab:cd:ef:01",
    "123-45-",
    "6789",
    "@b.",
    "co",
    "-",
    "1",
    " ",
    "\n",
    "\r",
    "ü",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(),
    st.text("abxyz b@.0123456789-"),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.emails(),
    st.text(alphabet=st.characters(categories=["Cs", "L"])),
)


def built(name, options):
    return Rule("f", name, options).build_action().with_key(KEY)


@pytest.mark.parametrize(("name", "options"), [*EXAMPLES, *MORE_EXAMPLES])
@given(values=st.lists(TEXTS))
def test_many_texts_become_what_each_becomes(name, options, values):
    action = built(name, options)

    assert action.on_texts(values) == [action.on_text(value) for value in values]


@pytest.mark.parametrize(("name", "options"), [*EXAMPLES, *MORE_EXAMPLES])
@given(
    block=st.sampled_from([1, 2, 7, 1 << 20]),
    value=st.lists(
        st.one_of(st.sampled_from([*PIECES, "\U0001f600", "\u20ac"]), st.text()), min_size=1
    ).map("".join),
)
def test_long_text_becomes_in_utf8_what_it_becomes(name, options, block, value):
    action = built(name, options)
    data = value.encode("utf-8", "replace")
    text = data.decode()
    # No long text spells a date, a number or a token.
    expected = None if name in ("generalize", "date_shift") else action.on_text(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utf8, "_BLOCK", block)
        found = action.on_utf8(memoryview(data))

    assert (None if found is None else bytes(found).decode()) == expected


@pytest.mark.parametrize(("name", "options"), EXAMPLES)
@given(data=st.data())
def test_doing_it_twice_is_doing_it_once(name, options, data):
    action = built(name, options)
    for method, values in (
        (action.on_text, TEXTS),
        (action.on_number, st.one_of(st.integers(), st.floats(allow_nan=False)).map(str)),
        (action.on_boolean, st.booleans()),
        (action.on_day, st.dates()),
        (action.on_binary, st.binary()),
    ):
        once = method(data.draw(values))

        assert once is None or method(once) == once


@pytest.mark.parametrize(
    ("name", "options", "before", "after"),
    [
        ("blank", {}, "x", ""),
        ("null", {}, "x", None),
        ("replace", {"with": "y"}, "x", "y"),
        ("replace", {"with": 5}, "x", None),
        ("mask", {"keep_last": 4}, "4111111111111234", "************1234"),
        ("mask", {"keep_last": 4}, "1234", "****"),
        ("mask", {"keep_first": 1, "keep_last": 1, "char": "•"}, "größe", "g•••e"),
        ("truncate", {"length": 2}, "größe", "gr"),
        ("generalize", {"to": "month"}, "2024-10-18", "2024-10-01"),
        ("generalize", {"to": "year"}, "2024-10-18T10:30:05.25Z", "2024-01-01T00:00:00.00Z"),
        ("generalize", {"to": "month"}, "2024-10-18 10:30-05:30", "2024-10-01 00:00-05:30"),
        ("generalize", {"to": "year"}, "2024-10", "2024-01"),
        ("generalize", {"to": "month"}, "2024-02-30", None),
        ("generalize", {"to": "month"}, "yesterday", None),
        ("generalize", {"bucket": 10}, "37.9", "30"),
        ("generalize", {"bucket": 10}, "-3", "-10"),
        ("generalize", {"bucket": 0.25}, "0.6", "0.50"),
        ("generalize", {"bucket": 10}, "many", None),
        ("date_shift", {"days": 30}, "yesterday", None),
        ("redact", {}, "mail ann@example.org, +49 30 1234567!", "mail [redacted], [redacted]!"),
        ("redact", {}, "card 4111 1111 1111 1111.", "card [redacted]."),
        ("redact", {"own": ["ab+"], "with": "\\1"}, "xabby", "x\\1y"),
        ("redact", {}, "nothing here, 12 apples", "nothing here, 12 apples"),
    ],
)
def test_text_becomes_what_the_action_says(name, options, before, after):
    assert built(name, options).on_text(before) == after


@pytest.mark.parametrize(
    ("name", "options", "before", "after"),
    [
        (
            "generalize",
            {"bucket": 1000},
            "123456789012345678901234567890",
            "123456789012345678901234567000",
        ),
        ("generalize", {"bucket": 5}, "1e2", "100"),
        ("generalize", {"bucket": 5}, "1e999999999", None),
        ("generalize", {"bucket": 5}, "1e500", None),
        ("generalize", {"bucket": 10}, "-" + "9" * 400, None),
        ("generalize", {"to": "year"}, "20241018", None),
        ("replace", {"with": 5}, "17", "5"),
        ("replace", {"with": "x"}, "17", None),
        ("mask", {}, "17", None),
        ("hash", {}, "17", None),
    ],
)
def test_number_becomes_what_the_action_says(name, options, before, after):
    assert built(name, options).on_number(before) == after


def test_hash_is_a_keyed_token_that_is_left_alone():
    action = built("hash", {})
    token = action.on_text("ann@example.org")
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")

    assert token.startswith("hmac1.k1.")
    assert action.on_text(token) == token
    assert action.on_text("bob@example.org") != token
    assert action.on_text(forged) not in (forged, token)
    assert Rule("f", "hash").build_action().with_key(OTHER_KEY).on_text(token) != token


@given(st.dates())
def test_shifted_date_is_near_and_keeps_its_time(day):
    action = built("date_shift", {"days": 14})

    shifted = action.on_text(f"{day}T10:30:00+02:00")

    assert shifted.endswith("T10:30:00+02:00")
    assert abs(dt.date.fromisoformat(shifted[:10]) - day) < dt.timedelta(days=14)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("shred", {}),
        ("blank", {"with": ""}),
        ("replace", {}),
        ("replace", {"with": None}),
        ("replace", {"with": float("inf")}),
        ("replace", {"with": ["x"]}),
        ("mask", {"char": ""}),
        ("mask", {"char": "ab"}),
        ("mask", {"keep_last": -1}),
        ("mask", {"keep_last": True}),
        ("truncate", {}),
        ("truncate", {"length": "3"}),
        ("generalize", {}),
        ("generalize", {"to": "day"}),
        ("generalize", {"to": "year", "bucket": 3}),
        ("generalize", {"bucket": 0}),
        ("generalize", {"bucket": "10"}),
        ("date_shift", {"days": 1}),
        ("redact", {"patterns": ["names"]}),
        ("redact", {"own": ["a*"]}),
        ("redact", {"own": [r"(a)\1"]}),
        ("redact", {"own": "a"}),
        ("redact", {"with": ""}),
        ("hash", {"key": "secret"}),
    ],
)
def test_wrong_option_is_refused(name, options):
    with pytest.raises(PolicyError):
        Rule("f", name, options)


def test_every_action_has_an_example():
    assert {name for name, _ in EXAMPLES} | {"drop"} == set(ACTIONS)
