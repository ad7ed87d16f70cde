"""The policy file ``datasets.yaml``: load it, validate it, match a key to a dataset."""

from workflow.policy.dataset import Dataset, Policies
from workflow.policy.durations import format_duration, parse_duration
from workflow.policy.loading import examine, load_policies, read_policies
from workflow.policy.problems import Problem

__all__ = [
    "Dataset",
    "Policies",
    "Problem",
    "examine",
    "format_duration",
    "load_policies",
    "parse_duration",
    "read_policies",
]
