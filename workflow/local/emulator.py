"""Start ministack inside this process: its settings, its application, its reset.

ministack reads its settings from environment variables when it is imported, and keeps its state
in modules. So the variables are set before the first import, and a process holds one stack at a
time; a second one in the same process takes over the modules after a reset.
"""

import importlib.metadata
import logging
import os
import pathlib
from types import ModuleType
from typing import Any

from workflow.errors import LakescrubError

ACCOUNT = "123456789012"
PINNED = {"ministack": "1.5.33", "moto": "5.2.5"}
_ONLY_AT_IMPORT = {"LOG_LEVEL": "CRITICAL", "SERVICES": ""}


class EmulatorMismatch(LakescrubError):
    """An emulator's version is not the one that the shims were written against."""


def check_versions() -> None:
    """Refuse to run on emulators other than the pinned ones.

    Raises:
        EmulatorMismatch: Another version is installed.
    """
    for name, wanted in PINNED.items():
        found = importlib.metadata.version(name)
        if found != wanted:
            raise EmulatorMismatch(f"{name} {found} is installed, but {wanted} is needed")


def load(port: int, *, region: str, folder: pathlib.Path) -> ModuleType:
    """Import ministack with our settings and return its application module."""
    os.environ.update(
        {
            "ATHENA_ENGINE": "mock",
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_STRICT": "0",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": region,
            "MOTO_ACCOUNT_ID": ACCOUNT,
            "PERSIST_STATE": "0",
            "S3_DATA_DIR": str(folder / "s3"),
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(folder / "state"),
        }
    )
    before = {name: os.environ.get(name) for name in _ONLY_AT_IMPORT}
    handlers = list(logging.root.handlers)
    os.environ.update(_ONLY_AT_IMPORT)
    try:
        import ministack.app as application
    finally:
        for name, value in before.items():
            _restore(name, value)
        logging.root.handlers[:] = handlers
    loaded: ModuleType = application
    return loaded


def reset(application: Any) -> None:
    """Forget everything that an earlier stack of this process held."""
    application._reset_all_state()


def move_to_port(port: int) -> None:
    """Tell the modules that noted the port at import of another one."""
    import sys

    for name, module in list(sys.modules.items()):
        if name.startswith("ministack."):
            for attribute in ("DEFAULT_PORT", "_GATEWAY_PORT", "_MINISTACK_PORT", "_PORT"):
                if hasattr(module, attribute):
                    setattr(module, attribute, str(port))


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
