"""What to do about findings, as lines to paste into a shell."""

from collections.abc import Iterator, Sequence

from workflow.doctor.findings import Finding


def advice(findings: Sequence[Finding]) -> Iterator[str]:
    """Give each command once, below the findings that it mends, so that all can be pasted.

    A finding may quote a name that somebody chose for a rule or a statement; a newline in it must
    not end the comment, or the shell would run what follows.
    """
    advised: dict[tuple[tuple[str, ...], str | None], list[Finding]] = {}
    for finding in findings:
        if finding.commands or finding.hint:
            advised.setdefault((finding.commands, finding.hint), []).append(finding)
    for (commands, hint), about in advised.items():
        yield ""
        yield from (_comment(f"{each.check}: {each.what}") for each in about)
        if hint:
            yield _comment(hint)
        yield from commands


def _comment(text: str) -> str:
    return f"# {' '.join(text.splitlines())}"
