"""SQL text to a tree: parameters put in, output columns named, positions kept."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError, TokenError

from workflow.local.athena.failures import QueryFailed, QueryRefused

DIALECT = "trino"


class PlainTrino(Trino):
    """Trino's SQL with subscripts as they are written: sqlglot would count arrays from 0."""

    INDEX_OFFSET = 0


# What sqlglot understands in every dialect, but Trino does not.
_FOREIGN = (exp.ILike, exp.Qualify, exp.Pivot, exp.Hint, exp.Into, exp.Lock)


@dataclass(frozen=True)
class Parsed:
    """A query's tree and the names of its output columns, as they were written."""

    text: str
    tree: exp.Query
    names: tuple[str, ...] | None

    def column(self, name: str, *, at: tuple[int, int] | None = None) -> tuple[str, str]:
        """Give a column as it was written, ``t.x``, and its position as Trino does: ``line 1:8``.

        Args:
            name: The last part of the column's name.
            at: Line and last column of it, where they are known.
        """
        for found in self._identifiers():
            ends = (found.meta.get("line"), found.meta.get("col"))
            if found.name.lower() == name.lower() and at in {None, ends}:
                written = found.parent
                parts = written.parts if isinstance(written, exp.Column) else [found]
                shown = ".".join(part.name.lower() for part in parts)
                return shown, self._position(int(parts[0].meta.get("start", 0)))
        return name, "line 1:1"

    def _identifiers(self) -> Iterator[exp.Identifier]:
        return (
            node
            for node in self.tree.find_all(exp.Identifier)
            if "start" in node.meta and not isinstance(node.parent, exp.Alias)
        )

    def _position(self, offset: int) -> str:
        before = self.text[:offset]
        return f"line {before.count(chr(10)) + 1}:{offset - before.rfind(chr(10))}"

    def node_place(self, node: exp.Expr) -> str:
        """Give the position of a node: that of the first name in it."""
        starts = [
            found.meta["start"]
            for found in node.find_all(exp.Identifier)
            # The table of a resolved column carries the position of where it was named.
            if "start" in found.meta and found.arg_key != "table"
        ]
        own = node.meta.get("start")
        return self._position(min([*starts, *([own] if own is not None else [])], default=0))


def parse(text: str, parameters: Sequence[str] | None = ()) -> Parsed:
    """Read one query.

    Args:
        text: One statement.
        parameters: What to put in the place of each ``?``; None to leave them.

    Raises:
        QueryRefused: The text is not one statement of SQL.
    """
    tree = _as_query(_one(text))
    foreign = next(tree.find_all(*_FOREIGN), None)
    if foreign is not None or not isinstance(tree, exp.Query):
        raise malformed("mismatched input", text, 0)
    if parameters is not None:
        _put_parameters(tree, parameters)
    names = _name_columns(tree)
    return Parsed(text, tree, names)


def _as_query(tree: exp.Expr) -> exp.Expr:
    if not isinstance(tree, exp.Values):
        return tree
    width = len(tree.expressions[0].expressions) if tree.expressions else 0
    names = [exp.to_identifier(f"_col{i}", quoted=True) for i in range(width)]
    tree.set("alias", exp.TableAlias(this=exp.to_identifier("v"), columns=names))
    return exp.select("*").from_(tree)


def _one(text: str) -> exp.Expr:
    try:
        tokens = sqlglot.tokenize(text, read=DIALECT)
        if any(token.token_type.name == "DCOLON" for token in tokens):
            raise malformed("mismatched input ':'", text, text.find("::"))
        trees = sqlglot.parse(text, read=PlainTrino)
    except ParseError as error:
        raise _refusal(text, error) from None
    except (TokenError, SqlglotError, RecursionError):
        raise malformed("mismatched input", text, 0) from None
    if len(trees) != 1 or trees[0] is None:
        raise malformed("Only one sql statement is allowed", text, 0)
    return trees[0]


def _refusal(text: str, error: ParseError) -> QueryRefused:
    first = error.errors[0] if error.errors else {}
    if "SENTINEL" in str(first.get("description")):
        return malformed("mismatched input '<EOF>'", text, len(text))
    line, highlight = first.get("line", 1), first.get("highlight", "")
    column = max(1, first.get("col", 1) - len(highlight) + 1)
    return QueryRefused(
        f"line {line}:{column}: mismatched input '{highlight}'", code="MALFORMED_QUERY"
    )


def malformed(what: str, text: str, offset: int) -> QueryRefused:
    """Refuse a statement at a position, as Athena's parser does."""
    before = text[: max(offset, 0)]
    place = f"line {before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    return QueryRefused(f"{place}: {what}", code="MALFORMED_QUERY")


def _put_parameters(tree: exp.Query, parameters: Sequence[str]) -> None:
    places = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(places) != len(parameters):
        raise QueryFailed(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {len(places)} "
            f"but found {len(parameters)}",
        )
    for place, parameter in zip(places, parameters, strict=True):
        value = _one(f"SELECT {parameter}")
        place.replace(exp.Paren(this=value.expressions[0]))


def _name_columns(tree: exp.Query) -> tuple[str, ...] | None:
    """Name unnamed columns _col0, _col1, ...; None where a star stands for some of them."""
    for select in list(tree.find_all(exp.Select)):
        select.set("expressions", [_named(one, i) for i, one in enumerate(select.expressions)])
    first = _first_select(tree)
    if first is None or any(one.is_star for one in first.expressions):
        return None
    return tuple(one.alias_or_name for one in first.expressions)


def _first_select(tree: exp.Expr) -> exp.Select | None:
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    return tree if isinstance(tree, exp.Select) else None


def _named(expression: exp.Expr, position: int) -> exp.Expr:
    if isinstance(expression, exp.Alias | exp.Column | exp.Star):
        return expression
    if isinstance(expression, exp.Dot):
        return exp.alias_(expression, expression.name, quoted=True)
    return exp.alias_(expression, f"_col{position}", quoted=True)


_SPACE = re.compile(r"(?:\s+|--[^\n]*\n?|/\*.*?\*/)*", re.DOTALL)


def strip(text: str) -> str:
    """Drop leading blanks and comments, and the semicolon at the end."""
    match = _SPACE.match(text)
    return text[match.end() if match else 0 :].rstrip().removesuffix(";").rstrip()
