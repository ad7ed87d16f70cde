import infra  # noqa: F401 -- tells jsii where Node is, so it comes before aws_cdk

# isort: split
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from infra.app import WITHOUT_BUNDLES, build
from infra.environments import DEV, PROD


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one process: each process that synthesizes starts a Node of its own."""
    for item in items:
        if "tests/infra/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("infra"))


@dataclass(frozen=True)
class Rendered:
    """A template, with the few questions that the tests ask of it."""

    body: dict[str, Any]

    def resources(self, kind: str, *, path: str = "") -> list[dict[str, Any]]:
        return [
            resource
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == kind and name.startswith(path)
        ]

    def only(self, kind: str, *, path: str = "") -> dict[str, Any]:
        (resource,) = self.resources(kind, path=path)
        return resource

    def properties(self, kind: str, *, path: str = "") -> dict[str, Any]:
        return self.only(kind, path=path)["Properties"]

    def statements(self, role_path: str) -> list[dict[str, Any]]:
        policy = self.properties("AWS::IAM::Policy", path=role_path)
        return policy["PolicyDocument"]["Statement"]

    def logical_id(self, kind: str, *, path: str = "") -> str:
        wanted = self.only(kind, path=path)
        return next(name for name, found in self.body["Resources"].items() if found is wanted)

    def to_text(self) -> str:
        return json.dumps(self.body)


def actions_of(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


@pytest.fixture(scope="session")
def app() -> cdk.App:
    return build([DEV, PROD], context=WITHOUT_BUNDLES)


def _rendered(app: cdk.App, name: str) -> Rendered:
    stack = app.node.find_child(name)
    assert isinstance(stack, cdk.Stack)
    return Rendered(Template.from_stack(stack).to_json())


@pytest.fixture(scope="session")
def template(app: cdk.App) -> Rendered:
    return _rendered(app, "lakescrub-dev")


@pytest.fixture(scope="session")
def prod(app: cdk.App) -> Rendered:
    return _rendered(app, "lakescrub-prod")


ROOT = Path(__file__).parents[2]
LINKED = (
    "functions",
    "workflow",
    "glue",
    "requirements",
    "datasets.yaml",
    "state_machine.asl.json",
)


@dataclass(frozen=True)
class Project:
    """A copy of the project whose environments and policies can be edited."""

    root: Path

    def infra(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "infra", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copytree(
        ROOT / "infra", tmp_path / "infra", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in LINKED:
        (tmp_path / name).symlink_to(ROOT / name)
    return Project(tmp_path)
