"""Put a bundle together with pip alone, for another platform than this one."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import jsii
from aws_cdk import ILocalBundling

from workflow.errors import UsageError
from workflow.scrub.native.build import build

# Lambda refuses 250 MB unzipped, layers included; stop well before that.
SIZE_LIMIT = 200 * 1000**2
PYTHON_VERSION = "3.14"
# Amazon Linux 2023 has glibc 2.34, so both generations of wheels run there; some projects have
# wheels of one generation only.
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_28_aarch64")
# The same machine, as the compiler names it.
TARGET = "aarch64-linux-gnu.2.34"
NATIVE_CORE = Path("workflow", "scrub", "native")
# Weight without use here: scripts, headers, pyarrow's own tests, its Flight server and S3 client.
UNUSED = ("bin", "pyarrow/include", "pyarrow/tests", "pyarrow/*flight*", "pyarrow/*_s3*")


@jsii.implements(ILocalBundling)
class PipBundler:
    """Installs pinned wheels and copies the sources into the asset's folder."""

    def __init__(self, *, root: Path, requirements: Path, sources: Sequence[str]) -> None:
        """Remember what goes into the bundle."""
        self._root = root
        self._requirements = requirements
        self._sources = sources

    def try_bundle(self, output_dir: str, _options: object = None, **_more: object) -> bool:
        """Fill ``output_dir``. CDK calls this before it would turn to Docker."""
        output = Path(output_dir)
        install(self._requirements, output)
        remove_unused(output)
        for source in self._sources:
            copy_source(self._root / source, output / source)
        build(output / NATIVE_CORE, target=TARGET)
        check_size(output)
        return True


def install(requirements: Path, output: Path) -> None:
    """Install the pinned wheels for Lambda's platform."""
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    subprocess.run(  # noqa: S603 - our own interpreter with our own arguments
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"),
            "--disable-pip-version-check",
            *("--require-hashes", "--requirement", str(requirements), "--target", str(output)),
            *("--implementation", "cp", "--python-version", PYTHON_VERSION),
            *("--only-binary", ":all:", *platforms),
        ],
        check=True,
    )


def remove_unused(output: Path) -> None:
    """Remove what the functions never load."""
    for pattern in UNUSED:
        for path in list(output.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def copy_source(source: Path, target: Path) -> None:
    """Copy one file or package without what Python leaves behind, and what is for this machine."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.native"))
    else:
        shutil.copy2(source, target)


def check_size(folder: Path, *, limit: int = SIZE_LIMIT) -> None:
    """Refuse a bundle that Lambda would refuse, or nearly."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > limit:
        raise UsageError(f"bundle is {size / 1e6:.0f} MB unzipped, over {limit / 1e6:.0f} MB")
