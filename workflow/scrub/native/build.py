"""Build the native core: `python -m workflow.scrub.native.build`.

Any C compiler will do. The one in the `ziglang` package builds for any machine on any machine.
Without a compiler everything works, only slower.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from workflow.errors import UsageError
from workflow.scrub.native.library import FILE_NAME, FOLDER, sources, sources_digest

_COMPILERS: Final = ("cc", "gcc", "clang")
_OPTIONS: Final = ("-std=c11", "-O3", "-shared", "-fPIC", "-s")


def build(folder: Path = FOLDER, *, target: str | None = None) -> Path:
    """Compile the library.

    Args:
        folder: Where the library goes.
        target: A machine as zig names it (`aarch64-linux-gnu.2.34`); None for this one.

    Returns:
        The library's path.

    Raises:
        UsageError: There is no compiler, or it failed.
        OSError: The folder cannot be written to.
    """
    library = folder / FILE_NAME
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, FILE_NAME)
        command = [
            *(*_compiler(target), *_OPTIONS, f'-DLAKESCRUB_SOURCES="{sources_digest()}"'),
            *("-o", str(made), *(path.name for path in sources() if path.suffix == ".c")),
        ]
        # In the folder of the sources, whatever its name is made of.
        done = subprocess.run(  # noqa: S603
            command, cwd=FOLDER, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise UsageError(f"the native core does not compile:\n{done.stderr.strip()}")
        # Whoever has loaded the old library goes on with it.
        new = shutil.copy2(made, folder / f"new.{FILE_NAME}")
    return Path(new).replace(library)


def _compiler(target: str | None) -> list[str]:
    if importlib.util.find_spec("ziglang") is not None:
        zig = [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline", "-fno-sanitize=undefined"]
        return zig if target is None else [*zig, "-target", target]
    found = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if found is None or target is not None:
        raise UsageError("no C compiler: install one, or the package ziglang")
    return [found]


def main() -> int:
    """Build for this machine; return 1 where that is not possible."""
    try:
        build()
    except (UsageError, OSError) as error:
        sys.stderr.write(f"{error}\nGoing on without the native core: same results, slower.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
