"""Lifecycle rules against datasets: what would collide with a run, and what is missing.

S3 replaces all rules of a bucket at once, so all that is to be mended is mended by one command,
which holds every rule that was there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workflow.doctor.commands import aws, listed, without
from workflow.doctor.findings import Finding, Severity
from workflow.policy import Dataset, Policies

Rule = Mapping[str, Any]
CHECK = "lifecycle"
# A failed run can be redriven for 14 days, and finds what it left there.
UPLOAD_DAYS = 15
MARGIN_DAYS = 30
# A backstop that comes later than that is told.
_LATE_DAYS = 90
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
# S3 wants an object to stay so long before it goes on.
_APART = {"GLACIER": 0, "DEEP_ARCHIVE": 90}
_MOST_RULES = 1000
# Intelligent-Tiering archives what nobody read for so long, if the bucket asks for it.
_TIERED_DAYS = 90


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The rules of a bucket as S3 gives them, and which objects are too small to be moved."""

    rules: tuple[Rule, ...] = ()
    minimum_size: str | None = None


def check_lifecycle(
    lifecycle: Lifecycle, *, bucket: str, policies: Policies, keeps_versions: bool
) -> Iterator[Finding]:
    """Say what collides and what is missing."""
    mended = _mended(lifecycle.rules, policies, keeps_versions=keeps_versions)
    found = list(_problems(lifecycle.rules, policies, keeps_versions=keeps_versions))
    fits = len(mended) <= _MOST_RULES
    commands = (_command(bucket, lifecycle, mended),) if fits else ()
    hint = _taken_out(lifecycle.rules, policies)
    if not fits:
        hint = f"S3 takes {_MOST_RULES} rules: remove some first"
    for what in found:
        yield Finding(CHECK, Severity.PROBLEM, what, commands, hint)
    warnings = list(_warnings(lifecycle.rules, policies))
    for what in warnings:
        yield Finding(CHECK, Severity.WARNING, what)
    if not found and not warnings:
        yield Finding(CHECK, Severity.OK, "no rule collides with a dataset, and none is missing")


def _command(bucket: str, lifecycle: Lifecycle, rules: Sequence[Rule]) -> str:
    size = lifecycle.minimum_size
    kept = {"transition_default_minimum_object_size": size} if size else {}
    return aws(
        "s3api",
        "put-bucket-lifecycle-configuration",
        bucket=bucket,
        lifecycle_configuration={"Rules": list(rules)},
        **kept,
    )


def _taken_out(rules: Sequence[Rule], policies: Policies) -> str | None:
    """Name the rules that lose what they do, also to objects of no dataset."""
    losing = [
        _name(rule)
        for rule in rules
        if len(_archiving(_later(rule, list(_touched(rule, policies))))) < len(_archiving(rule))
    ]
    if not losing:
        return None
    return f"the command takes out what archives by {listed(losing)}, for all their objects"


def _problems(rules: Sequence[Rule], policies: Policies, *, keeps_versions: bool) -> Iterator[str]:
    open_uploads = [each.prefix for each in policies.values() if not _drops_uploads(rules, each)]
    if open_uploads:
        yield f"nothing drops incomplete uploads under {listed(open_uploads)}"
    kept = [each.prefix for each in policies.values() if _wants_backstop(rules, each)]
    if kept and keeps_versions:
        yield f"nothing expires noncurrent versions, should a run fail, under {listed(kept)}"
    for rule in rules:
        yield from _collisions(rule, list(_touched(rule, policies)))


def _collisions(rule: Rule, datasets: Sequence[Dataset]) -> Iterator[str]:
    days = _upload_days(rule)
    if datasets and days is not None and days < UPLOAD_DAYS:
        prefixes = listed([dataset.prefix for dataset in datasets])
        yield (
            f"{_name(rule)} drops incomplete uploads after {days} days, while a failed run can be "
            f"redriven for 14, under {prefixes}"
        )
    archived = [each for each in datasets if any(_is_too_early(m, each) for m in _archiving(rule))]
    if archived:
        prefixes = listed([dataset.prefix for dataset in archived])
        yield (
            f"{_name(rule)} archives objects before their runs are over, which cannot be scrubbed "
            f"then, under {prefixes}"
        )


def _warnings(rules: Sequence[Rule], policies: Policies) -> Iterator[str]:
    for dataset in policies.values():
        days = min(_backstops(rules, dataset), default=0)
        if dataset.erase_versions and days > _due_days(dataset) + _LATE_DAYS:
            kept = f"stay for {days} days under {dataset.prefix}"
            yield f"should a run fail, noncurrent versions {kept}"
    for rule in rules:
        touched = list(_touched(rule, policies))
        yield from _expiring(rule, touched)
        yield from _tiering(rule, touched)


def _tiering(rule: Rule, touched: Sequence[Dataset]) -> Iterator[str]:
    classes = {move["StorageClass"] for move in rule.get("Transitions", ())}
    late = [dataset.prefix for dataset in touched if _due_days(dataset) >= _TIERED_DAYS]
    if "INTELLIGENT_TIERING" in classes and late:
        yield (
            f"{_name(rule)} moves objects to Intelligent-Tiering, whose archive tiers (if the "
            f"bucket has them on) cannot be scrubbed, under {listed(late)}"
        )


def _expiring(rule: Rule, touched: Sequence[Dataset]) -> Iterator[str]:
    expiration = rule.get("Expiration", {})
    days = expiration.get("Days", 0 if "Date" in expiration else None)
    if days is None:
        return
    early = [dataset.prefix for dataset in touched if days <= _due_days(dataset)]
    later = [dataset.prefix for dataset in touched if dataset.prefix not in early]
    if early:
        yield f"{_name(rule)} expires objects before they are due, under {listed(early)}"
    if later:
        yield (
            f"{_name(rule)} expires objects {days} days after the last write, and a rewrite is "
            f"one, under {listed(later)}"
        )


def _mended(rules: Sequence[Rule], policies: Policies, *, keeps_versions: bool) -> list[Rule]:
    mended = [_in_new_form(_later(rule, list(_touched(rule, policies)))) for rule in rules]
    kept = [rule for rule in mended if _acts(rule)]
    taken = {rule.get("ID") for rule in kept}
    for dataset in policies.values():
        rule: dict[str, Any] = {}
        if not _drops_uploads(kept, dataset):
            rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": UPLOAD_DAYS}
        if keeps_versions and _wants_backstop(kept, dataset):
            days = _due_days(dataset) + MARGIN_DAYS
            rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
        if rule:
            name = _free(f"lakescrub-{dataset.name}", taken)
            place = {"ID": name, "Status": "Enabled", "Filter": {"Prefix": dataset.prefix}}
            kept.append({**place, **rule})
    return kept


def _in_new_form(rule: Rule) -> Rule:
    """Put a prefix of the old form into a filter: S3 takes no rules of both forms at once.

    https://github.com/noobaa/noobaa-core/issues/8426
    """
    if "Prefix" not in rule:
        return rule
    return {**without(rule, "Prefix"), "Filter": {"Prefix": rule["Prefix"]}}


def _free(name: str, taken: set[Any]) -> str:
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


def _later(rule: Rule, datasets: Sequence[Dataset]) -> Rule:
    """Let a rule wait for the runs of the datasets that it touches."""
    if not datasets:
        return rule
    days = _upload_days(rule)
    if days is not None and days < UPLOAD_DAYS:
        rule = {**rule, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UPLOAD_DAYS}}
    early = any(_is_too_early(move, each) for move in _archiving(rule) for each in datasets)
    return _archiving_later(rule, datasets) if early else rule


def _archiving_later(rule: Rule, datasets: Sequence[Dataset]) -> Rule:
    """Move what archives behind the runs; what has a date, or no time left, is taken out."""
    earliest = max(_due_days(dataset) for dataset in datasets) + MARGIN_DAYS
    end = rule.get("Expiration", {}).get("Days", math.inf)
    moves = []
    for move in rule["Transitions"]:
        if move["StorageClass"] not in _ARCHIVES:
            moves.append(move)
        elif "Days" in move:
            days = max(move["Days"], earliest + _APART[move["StorageClass"]])
            if days < end:
                moves.append({**move, "Days": days})
    return {**without(rule, "Transitions"), **({"Transitions": moves} if moves else {})}


def _acts(rule: Rule) -> bool:
    return bool(without(rule, "ID", "Status", "Filter", "Prefix"))


def _archiving(rule: Rule) -> list[Mapping[str, Any]]:
    return [move for move in rule.get("Transitions", ()) if move["StorageClass"] in _ARCHIVES]


def _is_too_early(move: Mapping[str, Any], dataset: Dataset) -> bool:
    return "Days" not in move or move["Days"] < _due_days(dataset) + UPLOAD_DAYS


def _due_days(dataset: Dataset) -> int:
    return math.ceil((dataset.after + dataset.late_after) / timedelta(days=1))


def _upload_days(rule: Rule) -> int | None:
    days: int | None = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    return days


def _drops_uploads(rules: Sequence[Rule], dataset: Dataset) -> bool:
    return any(_upload_days(rule) is not None and _covers(rule, dataset) for rule in rules)


def _wants_backstop(rules: Sequence[Rule], dataset: Dataset) -> bool:
    return dataset.erase_versions and not _backstops(rules, dataset)


def _backstops(rules: Sequence[Rule], dataset: Dataset) -> list[int]:
    """Give after how many days each rule that covers a dataset expires all of its old versions."""
    expiring = [
        rule.get("NoncurrentVersionExpiration", {}) for rule in rules if _covers(rule, dataset)
    ]
    return [
        each["NoncurrentDays"]
        for each in expiring
        if "NoncurrentDays" in each and not each.get("NewerNoncurrentVersions")
    ]


def _touched(rule: Rule, policies: Policies) -> Iterator[Dataset]:
    """Yield the datasets with objects that the rule may be about."""
    prefix, _ = _reach(rule)
    for dataset in policies.values():
        near = dataset.prefix.startswith(prefix) or prefix.startswith(dataset.prefix)
        if near and rule["Status"] == "Enabled":
            yield dataset


def _covers(rule: Rule, dataset: Dataset) -> bool:
    """Say whether the rule is about every object of a dataset."""
    prefix, everything = _reach(rule)
    return rule["Status"] == "Enabled" and everything and dataset.prefix.startswith(prefix)


def _reach(rule: Rule) -> tuple[str, bool]:
    """Give the prefix, and whether all below it is meant."""
    chosen = rule.get("Filter", {})
    parts = {**without(chosen, "And"), **chosen.get("And", {})}
    prefix = parts.pop("Prefix", rule.get("Prefix", ""))
    return prefix, not parts


def _name(rule: Rule) -> str:
    return f"rule '{rule['ID']}'" if rule.get("ID") else "a rule without an ID"
