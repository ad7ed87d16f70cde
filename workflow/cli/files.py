"""Input and output of a command that works on files: all or nothing, with progress."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from workflow.errors import NotFound
from workflow.scrub.parquet.managed import Look, neighbours, table_format_of

if TYPE_CHECKING:
    from io import BufferedReader

_STANDARD_STREAM: Final = "-"
_LONG: Final = 64 * 1024 * 1024
_PARQUET: Final = b"PAR1"


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """Open a file, or stdin for ``-``; a long file shows its progress on a terminal.

    Raises:
        NotFound: The file cannot be read.
    """
    if name == _STANDARD_STREAM:
        with _seekable_if_needed() as source:
            yield source
        return
    with _open(name) as source, _progress(source) as watched:
        yield watched


def _open(name: str) -> BinaryIO:
    try:
        return cast("BinaryIO", Path(name).open("rb", buffering=0))
    except OSError as error:
        raise NotFound(f"{name}: {error.strerror}") from None


@contextmanager
def _seekable_if_needed() -> Iterator[BinaryIO]:
    """Give stdin, copied to a temporary file if it is Parquet, which is read from its end."""
    source = cast("BufferedReader", sys.stdin.buffer)
    if not source.peek(len(_PARQUET)).startswith(_PARQUET):
        yield source
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        copy.seek(0)
        yield cast("BinaryIO", copy)


def table_format_beside(name: str) -> str | None:
    """Return the table format that a Parquet file belongs to, by the folders above it."""
    path = Path(name).absolute()

    def look(folder: str) -> Look:
        return Look(_names(Path(path.anchor, folder), folder), whole=True)

    key = path.as_posix().removeprefix(path.anchor)
    return table_format_of(key, {}, neighbours(key, look))


def _names(path: Path, folder: str) -> set[str]:
    try:
        with os.scandir(path) as found:
            return {f"{folder}{each.name}{'/' if each.is_dir() else ''}" for each in found}
    except OSError:
        # Not ours to look into: whoever may not list a folder cannot keep a table there.
        return set()


@contextmanager
def _progress(source: BinaryIO) -> Iterator[BinaryIO]:
    size = os.fstat(source.fileno()).st_size
    if size < _LONG or not sys.stderr.isatty():
        yield source
        return
    from rich.console import Console  # noqa: PLC0415 -- only a terminal needs rich
    from rich.progress import wrap_file  # noqa: PLC0415

    console = Console(stderr=True)
    with wrap_file(source, size, description="scrubbing", console=console, transient=True) as shown:
        yield shown


@contextmanager
def open_output(name: str | None) -> Iterator[BinaryIO | None]:
    """Open an output that appears only if all goes well; None for no output, ``-`` for stdout.

    Raises:
        NotFound: The file cannot be written.
    """
    if name is None:
        yield None
    elif name == _STANDARD_STREAM:
        with tempfile.TemporaryFile() as held:
            yield cast("BinaryIO", held)
            held.seek(0)
            shutil.copyfileobj(held, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    else:
        with _replacing(Path(name)) as sink:
            yield sink


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Write beside the file and put the result in its place at the end."""
    try:
        sink = tempfile.NamedTemporaryFile(  # noqa: SIM115 -- closed below, before it is moved
            dir=path.parent, prefix=f".{path.name}.", delete=False
        )
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from None
    beside = Path(sink.name)
    try:
        with sink:
            yield cast("BinaryIO", sink)
        beside.chmod(_mode_of(path))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _mode_of(path: Path) -> int:
    """Return the mode of the file that is replaced, or that a new file would have."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
