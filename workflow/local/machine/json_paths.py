"""A JSONPath is parsed once, not each time that a state looks through it.

Slow in moto 5.2.5: every look-up builds the grammar's parser anew, a third of the time that a run
of ours takes. A parsed path keeps nothing of what it has looked at, so all threads may share it.
"""

import functools

from moto.stepfunctions.parser.asl.utils import json_path

from workflow.local.shims.pins import Pin

PINS = (Pin("moto.stepfunctions.parser.asl.utils.json_path:extract_json", "0d79f1ca93a4d5f2"),)
_PATHS = 4096


def install() -> None:
    """Remember the paths; only once in a process."""
    if not hasattr(json_path.parse, "cache_info"):
        json_path.parse = functools.lru_cache(_PATHS)(json_path.parse)
