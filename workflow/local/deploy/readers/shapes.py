"""Turn an API's names into a template's."""

import json
from typing import Any


def pascal(value: Any) -> Any:
    """Upper-case the first letter of every name."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: pascal(part) for name, part in value.items()}
    if isinstance(value, list):
        return [pascal(part) for part in value]
    return value


def parsed(text: Any) -> Any:
    """A policy as data; boto3 gives some as text."""
    return json.loads(text) if isinstance(text, str) else text
