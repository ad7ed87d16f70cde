"""Import moto's interpreter without moto's EC2.

moto 5.2.5's Step Functions imports its Batch for the names of job states, which loads all of its
EC2 model: about a second of every start, for integrations that lakescrub does not use.
"""

import enum
import sys
import types


class _JobStatus(enum.StrEnum):
    SUCCEEDED = enum.auto()
    FAILED = enum.auto()


def prepare() -> None:
    """Stand in for `moto.batch.utils`, unless it is loaded already."""
    name = "moto.batch.utils"
    if name in sys.modules:
        return
    package, stand_in = types.ModuleType("moto.batch"), types.ModuleType(name)
    stand_in.JobStatus = _JobStatus  # type: ignore[attr-defined]
    sys.modules.setdefault("moto.batch", package)
    sys.modules[name] = stand_in
