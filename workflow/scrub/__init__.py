"""The scrub engine: bytes in, bytes and a report out; it opens nothing and knows no AWS."""

from workflow.scrub.actions import ACTIONS
from workflow.scrub.checks import check_rules
from workflow.scrub.engine import scrub
from workflow.scrub.formats import FORMATS
from workflow.scrub.plan import Trace
from workflow.scrub.report import RuleCount, ScrubReport
from workflow.scrub.rules import CsvOptions, RowRule, Rule, ScrubOptions, SecretKey

__all__ = [
    "ACTIONS",
    "FORMATS",
    "CsvOptions",
    "RowRule",
    "Rule",
    "RuleCount",
    "ScrubOptions",
    "ScrubReport",
    "SecretKey",
    "Trace",
    "check_rules",
    "scrub",
]
