"""What the infrastructure has to know of ``datasets.yaml``."""

from pathlib import Path

import yaml


def dataset_prefixes(path: Path) -> list[str]:
    """Return the prefixes of all datasets, in the order of the file."""
    datasets = yaml.safe_load(path.read_text(encoding="utf-8"))["datasets"]
    return [dataset["prefix"] for dataset in datasets.values()]
