"""Imports point inwards: functions, cli, infra -> aws, local -> steps -> pure modules."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = {
    "functions": 3,
    "infra": 3,
    "workflow.cli": 3,
    "workflow.aws": 2,
    "workflow.local": 2,
    "workflow.steps": 1,
    "workflow": 0,
}
# The only parts that may know AWS or the environment of their process.
EDGES = ("workflow.aws", "workflow.local", "functions", "infra")
EDGE_MODULES = {"boto3", "botocore"}
IMPORT_EVERYTHING = """
import importlib, pkgutil, socket

def refuse(*args, **kwargs):
    raise AssertionError("an import must not use the network")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
for package in ("workflow", "functions"):
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


def _module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {
    _module_name(path): path
    for part in ("workflow", "functions", "infra")
    for path in sorted((ROOT / part).rglob("*.py"))
}


def _area(module):
    return next((area for area in LAYERS if f"{module}.".startswith(f"{area}.")), None)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _points_inwards(importer, imported):
    here, there = _area(importer), _area(imported)
    return there is None or here == there or LAYERS[there] < LAYERS[here]


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_inwards(module):
    outward = [name for name in _imports(MODULES[module]) if not _points_inwards(module, name)]

    assert outward == []


def test_an_import_that_points_outwards_is_seen():
    assert not _points_inwards("workflow.errors", "workflow.aws.lake")
    assert not _points_inwards("workflow.steps.scrub_object", "workflow.aws.lake")
    assert not _points_inwards("workflow.aws.lake", "workflow.cli.main")
    assert _points_inwards("workflow.cli.main", "workflow.aws.lake")


def _reads_environment(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize(
    "module", [name for name in MODULES if _area(name) not in (*EDGES, "workflow.cli")]
)
def test_the_inner_modules_know_neither_aws_nor_the_environment(module):
    packages = {name.partition(".")[0] for name in _imports(MODULES[module])}

    assert not packages & EDGE_MODULES
    assert not _reads_environment(MODULES[module])


def test_every_module_can_be_imported_without_environment_and_network():
    command = [sys.executable, "-W", "error", "-c", IMPORT_EVERYTHING]

    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
