"""The folders that functions run from.

The functions of lakescrub run from the sources themselves (links to `functions/`, `workflow/`
and the chosen `datasets.yaml`), so an edit is seen at the next invocation and nothing is zipped.
A function whose code is a zip of its own (a custom resource's, a test's) is unpacked.
"""

import hashlib
import io
import os
import pathlib
import zipfile

_NOT_FUNCTIONS = frozenset({"__pycache__", "cli", "local"})
PLACEHOLDER = "lakescrub-task-root"
"""A zip that holds only this name stands for the folder with lakescrub's own code."""


def placeholder_zip() -> bytes:
    """The asset that is uploaded in place of lakescrub's Lambda bundle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(PLACEHOLDER), "")
    return buffer.getvalue()


class TaskRoots:
    """Maps a function's code to the folder that its workers run in."""

    def __init__(
        self, folder: pathlib.Path, *, source: pathlib.Path, datasets: pathlib.Path
    ) -> None:
        """Link the sources below `folder`."""
        self.folder = folder
        self._datasets = datasets
        self._source = source
        self._unpacked: dict[bytes, pathlib.Path] = {}
        self.linked = folder / "task"
        self.linked.mkdir(parents=True)
        for name in ("functions", "workflow", "state_machine.asl.json"):
            if (source / name).exists():
                (self.linked / name).symlink_to(source / name)
        (self.linked / "datasets.yaml").symlink_to(datasets)

    def folder_for(self, code: bytes) -> pathlib.Path:
        """The folder for this zip."""
        known = self._unpacked.get(code)
        if known is not None and known.exists():
            return known
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            if archive.namelist() == [PLACEHOLDER]:
                return self._remember(code, self.linked)
            target = self.folder / hashlib.sha256(code).hexdigest()[:16]
            archive.extractall(target)
        return self._remember(code, target)

    def fingerprint(self) -> tuple[float, int]:
        """Changes whenever a source file of the functions changes."""
        times = [self._datasets.stat().st_mtime]
        for folder in ("functions", "workflow"):
            for place, folders, names in os.walk(self._source / folder):
                folders[:] = [name for name in folders if name not in _NOT_FUNCTIONS]
                times += [
                    os.stat(f"{place}/{name}").st_mtime  # noqa: PTH116 - this runs all the time
                    for name in names
                    if name.endswith(".py")
                ]
        return max(times), len(times)

    def _remember(self, code: bytes, folder: pathlib.Path) -> pathlib.Path:
        self._unpacked[code] = folder
        return folder
