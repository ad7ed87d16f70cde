"""The emulators are exactly those that the shims were written against."""

import importlib
import importlib.metadata
import pathlib
import tomllib

import pytest

from workflow.local.emulator import PINNED
from workflow.local.shims.pins import Pin

ROOT = pathlib.Path("workflow/local")
MODULES = sorted(
    ".".join(path.with_suffix("").parts)
    for path in ROOT.rglob("*.py")
    if "\nPINS = (" in path.read_text()
)


@pytest.mark.parametrize("module", MODULES)
def test_patches_the_source_that_it_was_written_against(module: str) -> None:
    pins: tuple[Pin, ...] = importlib.import_module(module).PINS

    changed = {pin.target: pin.found() for pin in pins if pin.found() != pin.digest}

    assert not changed, "look at each change, then at the shim, its test and its pin"


@pytest.mark.parametrize("file", sorted(path.stem for path in (ROOT / "shims").glob("[a-z]*_*.py")))
def test_every_shim_says_what_it_pins(file: str) -> None:
    assert f"workflow.local.shims.{file}" in MODULES


@pytest.mark.parametrize("name", PINNED)
def test_pins_the_version_that_is_installed_and_required(name: str) -> None:
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    required = project["optional-dependencies"]["local"]

    assert importlib.metadata.version(name) == PINNED[name]
    assert any(
        line.split("[")[0].startswith(name) and f"=={PINNED[name]}" in line for line in required
    )


def test_finds_a_change_in_an_emulator(tmp_path: pathlib.Path, monkeypatch) -> None:
    package = tmp_path / "young_emulator"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "service.py").write_text("class A:\n    def f(self):\n        return 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    known = Pin("young_emulator.service:A.f", "").found()

    assert Pin("young_emulator.service:A", "").found() != known
    with pytest.raises(LookupError):
        Pin("young_emulator.service:A.gone", "").found()
