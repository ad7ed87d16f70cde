import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from infra import bundles, pip_bundler
from infra.bundles import ROOT, SOURCES
from workflow.errors import UsageError
from workflow.scrub.native.library import FILE_NAME

AARCH64 = 183

READ_PARQUET = """
import io, sys
import pyarrow, pyarrow.compute, pyarrow.parquet

assert pyarrow.__file__.startswith(sys.argv[1])
file = io.BytesIO()
pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2]}), file, compression="zstd")
# A process that ends while Arrow's threads still do may be aborted.
table = pyarrow.parquet.read_table(file, use_threads=False, pre_buffer=False)
assert table["a"].to_pylist() == [1, 2]
"""


@pytest.fixture
def bundle(tmp_path):
    requirements = tmp_path / "nothing.txt"
    requirements.write_text("# no dependency\n")
    output = tmp_path / "bundle"
    output.mkdir()
    bundler = pip_bundler.PipBundler(root=ROOT, requirements=requirements, sources=SOURCES)

    bundler.try_bundle(str(output))

    return output


def test_a_bundle_holds_functions_library_and_policies_at_its_root(bundle):
    assert (bundle / "functions" / "scrub_object" / "handler.py").exists()
    assert (bundle / "workflow" / "errors.py").exists()
    assert (bundle / "datasets.yaml").exists()


def test_a_bundle_holds_the_native_core_for_lambda_s_machine_and_not_for_this_one(bundle):
    core = (bundle / pip_bundler.NATIVE_CORE / FILE_NAME).read_bytes()

    assert core.startswith(b"\x7fELF\x02\x01")
    assert int.from_bytes(core[18:20], "little") == AARCH64
    assert len(list(bundle.rglob(f"*{FILE_NAME}"))) == 1


def test_what_is_built_for_this_machine_does_not_change_the_bundle_s_name():
    assert [path for path in bundles._inputs(ROOT / "nothing.txt") if path.name == FILE_NAME] == []


def test_a_bundle_leaves_out_what_python_left_behind(bundle):
    assert list(bundle.rglob("__pycache__")) == []


def test_a_bundle_that_lambda_would_refuse_is_refused(tmp_path):
    (tmp_path / "large.so").write_bytes(b"\0" * 3_000_000)

    with pytest.raises(UsageError, match="bundle is 3 MB unzipped, over 2 MB"):
        pip_bundler.check_size(tmp_path, limit=2_000_000)


def test_pyarrow_reads_and_writes_parquet_without_what_is_left_out(tmp_path):
    shutil.copytree(Path(pa.__file__).parent, tmp_path / "pyarrow")
    pip_bundler.remove_unused(tmp_path)

    subprocess.run(
        [sys.executable, "-c", READ_PARQUET, str(tmp_path)],
        env={"PYTHONPATH": str(tmp_path)},
        check=True,
    )
    assert not list(tmp_path.rglob("*flight*.so*"))


ONLY_WITH = """
import importlib, re, sys
from importlib.metadata import packages_distributions
from pathlib import Path

def named(text):
    return re.sub(r"[-_.]+", "-", text).lower()

pinned = {named(pin) for pin in re.findall(r"^([\\w.-]+)==", Path(sys.argv[1]).read_text(), re.M)}
for module, owners in packages_distributions().items():
    if not {"lakescrub", *pinned} & {named(owner) for owner in owners}:
        sys.modules.setdefault(module, None)
for function in sys.argv[2:]:
    importlib.import_module(f"functions.{function}.handler")
importlib.import_module("workflow.policy").read_policies("datasets.yaml")
"""


@pytest.mark.parametrize("bundle", ["light", "parquet"])
def test_functions_start_with_nothing_but_their_bundle(bundle):
    requirements = ROOT / "requirements" / f"lambda-{bundle}.txt"
    functions = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
    chosen = [name for name in functions if (name == "scrub_object") == (bundle == "parquet")]

    subprocess.run(
        [sys.executable, "-c", ONLY_WITH, str(requirements), *chosen],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
    )
