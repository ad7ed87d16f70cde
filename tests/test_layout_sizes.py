import ast
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULE_LINES = 300
FUNCTION_LINES = 35
CONSTRUCT_LINES = 60
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.ENCODING,
}
MODULES = [
    path
    for part in ("workflow", "functions", "infra", "glue")
    for path in sorted((ROOT / part).rglob("*.py"))
]


def _code_lines(path):
    with path.open("rb") as file:
        return {
            line
            for token in tokenize.tokenize(file.readline)
            if token.type not in NO_CODE
            for line in range(token.start[0], token.end[0] + 1)
        }


def _docstring_lines(function):
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return set()


def _functions(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _limit(path, function):
    in_infra = path.is_relative_to(ROOT / "infra")
    return CONSTRUCT_LINES if in_infra and function.name == "__init__" else FUNCTION_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_on_a_screen(path):
    code = _code_lines(path)

    long = {
        function.name: len(lines)
        for function in _functions(path)
        if (
            lines := code
            & set(range(function.lineno, (function.end_lineno or 0) + 1))
            - _docstring_lines(function)
        )
        and len(lines) > _limit(path, function)
    }
    assert long == {}
