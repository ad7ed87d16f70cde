"""Generated documents whose spelling varies as much as the grammar lets it."""

import json

from hypothesis import strategies as st

NAMES = ["a", "b", "email", "user", "p", "größe", "a.b", "A"]
FIELDS = ["a", "b", "email", "user", "p", "größe", "'a.b'", "user.email", "user.a", "p[*].a"]
FIELDS += ["p[*]", "p[*].b.a", "a[*]", "a.a", "user.user.user", "b[*][*]"]
SPACE = st.sampled_from(["", "", "", " ", "\t", "  "])
TEXT = st.one_of(
    st.text(max_size=8),
    st.sampled_from([*NAMES, '"a"', '"a":"x"', "{", "]", "\\", "\u0000", "2024-10-18", "x@y.org"]),
)


@st.composite
def string_token(draw, text):
    """A string, some of its letters as escapes."""
    out = []
    for char in draw(text):
        style = draw(st.integers(0, 9))
        plain = json.dumps(char, ensure_ascii=False)[1:-1]
        units = char.encode("utf-16-be", "surrogatepass").hex()
        escapes = "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
        surrogate = "\ud800" <= char <= "\udfff"
        out.append(escapes if style == 0 or surrogate else plain)
    return '"' + "".join(out) + '"'


SCALARS = st.one_of(
    string_token(TEXT),
    st.sampled_from(["1.10", "1e5", "-0", "123456789012345678901234567890", "0.5E-7", "17"]),
    st.sampled_from(["true", "false", "null", '""', '"\\ud800"', '"\\/"']),
)


@st.composite
def container(draw, children):
    s = lambda: draw(SPACE)  # noqa: E731
    items = []
    is_object = draw(st.booleans())
    for value in draw(st.lists(children, max_size=4)):
        if is_object:
            name = draw(string_token(st.sampled_from(NAMES)))
            items.append(f"{s()}{name}{s()}:{s()}{value}{s()}")
        else:
            items.append(f"{s()}{value}{s()}")
    body = ",".join(items) or s()
    return "{" + body + "}" if is_object else "[" + body + "]"


VALUES = st.recursive(SCALARS, container, max_leaves=12)


@st.composite
def plain_row(draw):
    """A row as most writers write it: what the hot loop is for."""
    colon, comma = draw(st.sampled_from([(": ", ", "), (":", ",")]))
    member = lambda name, value: json.dumps(name) + colon + value  # noqa: E731
    text = string_token(TEXT)
    row = [
        member("a", draw(st.one_of(text, st.just("null")))),
        member("b", draw(SCALARS)),
        member("user", "{" + member("email", draw(text)) + "}"),
        member("p", "[" + comma.join("{" + member("a", draw(text)) + "}" for _ in range(2)) + "]"),
        member("größe", draw(text)),
    ]
    chosen = draw(st.permutations(row))
    return "{" + comma.join(chosen[: draw(st.integers(2, 5))]) + "}"


@st.composite
def same_shape(draw):
    """Several rows, of which nearly all have the same members in the same order."""
    colon, comma = draw(st.sampled_from([(": ", ", "), (":", ",")]))
    plain = st.text("xyz@.-0123456789 ", max_size=20)
    text = draw(st.sampled_from([plain, plain, TEXT, st.dates().map(str)]))
    names = draw(st.lists(st.sampled_from(["a", "b", "email", "größe"]), unique=True))
    nested = draw(st.booleans())
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        tokens = string_token(text) if draw(st.integers(0, 4)) == 0 else text.map(json.dumps)
        tokens = SCALARS if draw(st.integers(0, 19)) == 0 else tokens
        pairs = [json.dumps(name) + colon + draw(tokens) for name in names]
        if nested:
            pairs.append(f'"user"{colon}{{"email"{colon}{draw(tokens)}}}')
            elements = [f'{{"a"{colon}{draw(tokens)}}}' for _ in range(draw(st.integers(0, 3)))]
            pairs.append(f'"p"{colon}[{comma.join(elements)}]')
        rows.append("{" + comma.join(pairs) + "}")
    return rows


ROWS = st.one_of(plain_row(), plain_row(), VALUES, container(VALUES))


@st.composite
def rule_fields(draw):
    """A few selectors that do not overlap."""
    chosen = []
    for text in draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True)):
        if not any(text.startswith(c) or c.startswith(text) for c in chosen):
            chosen.append(text)
    return chosen


ACTION_CHOICES = [
    ("blank", {}),
    ("null", {}),
    ("drop", {}),
    ("replace", {"with": "größe"}),
    ("replace", {"with": '"a"'}),
    ("replace", {"with": 3}),
    ("mask", {"keep_last": 2, "char": "ø"}),
    ("hash", {}),
    ("truncate", {"length": 2}),
    ("generalize", {"to": "year"}),
    ("generalize", {"bucket": 10}),
    ("date_shift", {"days": 9}),
    ("redact", {"own": ["x@y"], "with": "z"}),
]
ACTION = st.sampled_from(ACTION_CHOICES)
