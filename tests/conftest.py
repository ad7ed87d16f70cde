"""One embedded stack for each test process: real HTTP and the committed template.

A process can hold no more than one (the emulators keep their state in modules), so all tests that
need a running system share it, each with keys of its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from workflow.local.stack import EmbeddedStack

# Machines are shared: how long an example takes is no property of the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

DATASETS = Path(__file__).parent / "end_to_end" / "datasets.yaml"


@pytest.fixture(scope="session")
def stack() -> Iterator["EmbeddedStack"]:
    # Imported here, so that tests which need no stack load no emulator.
    from workflow.local.stack import EmbeddedStack  # noqa: PLC0415

    with EmbeddedStack.start(datasets=DATASETS) as running:
        yield running
