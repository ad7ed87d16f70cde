"""Build the native core: `python -m workflow.scrub.native.build`.

Any C compiler will do. The one in the `ziglang` package builds for any machine on any machine.
Without a compiler everything works, only slower.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from workflow.errors import UsageError
from workflow.scrub.native.library import FILE_NAME, FOLDER

_COMPILERS: Final = ("cc", "gcc", "clang")
_OPTIONS: Final = ("-std=c11", "-O3", "-shared", "-fPIC", "-s")


def sources() -> list[Path]:
    """Return the C files, headers among them."""
    return sorted([*FOLDER.glob("*.c"), *FOLDER.glob("*.h")])


def sources_digest() -> str:
    """Return the SHA-256 of the C files, which a library tells of itself."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(folder: Path = FOLDER, *, target: str | None = None) -> Path:
    """Compile the library.

    Args:
        folder: Where the library goes.
        target: A machine as zig names it (`aarch64-linux-gnu.2.34`); None for this one.

    Returns:
        The library's path.

    Raises:
        UsageError: There is no compiler, or it failed.
    """
    library = folder / FILE_NAME
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        # Whoever loads the old library goes on with it.
        new = Path(scratch) / FILE_NAME
        command = [
            *(*_compiler(target), *_OPTIONS, f'-DLAKESCRUB_SOURCES="{sources_digest()}"'),
            *("-o", str(new), *(str(path) for path in sources() if path.suffix == ".c")),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            raise UsageError(f"the native core does not compile:\n{done.stderr.strip()}")
        new.replace(library)
    return library


def _compiler(target: str | None) -> list[str]:
    if importlib.util.find_spec("ziglang") is not None:
        zig = [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline", "-fno-sanitize=undefined"]
        return zig if target is None else [*zig, "-target", target]
    found = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if found is None or target is not None:
        raise UsageError("no C compiler: install one, or the package ziglang")
    return [found]


def main() -> None:
    """Build for this machine, or say that there is no compiler."""
    try:
        build()
    except UsageError as error:
        sys.stderr.write(f"{error}\nGoing on without the native core: same results, slower.\n")


if __name__ == "__main__":
    main()
