"""``lakescrub policy``: check and explain a policy file."""

from pathlib import Path
from typing import Annotated

import typer

from workflow.cli.output import AsJson, ExitCode, print_json, print_pairs, print_table, say
from workflow.cli.policy_preview import PolicyFile, preview
from workflow.errors import NotFound
from workflow.policy import Policies, examine, format_duration, read_policies
from workflow.policy.advisories import advisories
from workflow.policy.comparison import compare, describe, describe_rule
from workflow.policy.loading import read_text
from workflow.policy.problems import in_order, render

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Check and explain the policy file, datasets.yaml.",
)

_DEFAULT = Path("datasets.yaml")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(envvar="LAKESCRUB_POLICY")] = _DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Say all that is wrong with a policy file.

    lakescrub policy check
    lakescrub policy check staging/datasets.yaml --json
    """
    policies, problems = examine(read_text(file))
    if as_json:
        told = [{"line": p.line, "key": p.key, "problem": p.what} for p in in_order(problems)]
        notes = list(advisories(policies)) if policies else []
        print_json({"file": str(file), "valid": not problems, "problems": told, "notes": notes})
    elif problems:
        say(render(problems, source=str(file)))
    if policies is None:
        raise typer.Exit(ExitCode.POLICY)
    if not as_json:
        _say_fine(file, policies)


@app.command()
def match(
    key: Annotated[str, typer.Argument(help="A key of the lake, or s3://bucket/key.")],
    file: PolicyFile = _DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Say which dataset a key belongs to.

    The dataset whose prefix is the longest match wins.

    lakescrub policy match dataset/2024/file.json
    lakescrub policy match s3://lake/dataset/file.json --json
    """
    within_lake = key.removeprefix("s3://").partition("/")[2] if key.startswith("s3://") else key
    dataset = read_policies(file).match(within_lake)
    if dataset is None:
        raise NotFound(f"no dataset of {file} matches {within_lake!r}")
    if as_json:
        print_json(describe(dataset))
    else:
        print_pairs(
            [
                ("dataset", dataset.name),
                ("prefix", dataset.prefix),
                ("due", f"{format_duration(dataset.after)} after upload"),
                ("digest", dataset.digest),
            ]
        )


@app.command()
def show(
    dataset: Annotated[str | None, typer.Argument(help="One dataset, with its rules.")] = None,
    file: PolicyFile = _DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show the datasets, or all about one of them.

    lakescrub policy show
    lakescrub policy show uploads
    lakescrub policy show uploads --json
    """
    policies = read_policies(file)
    if dataset is None:
        _show_all(policies, as_json=as_json)
    elif dataset in policies:
        _show_one(policies, dataset, as_json=as_json)
    else:
        raise NotFound(f"{file} has no dataset {dataset!r}; it has {', '.join(policies)}")


app.command("try")(preview)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a policy file, for editors.

    lakescrub policy schema > datasets.schema.json
    lakescrub policy schema | less
    """
    print_json(Policies.schema())


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The policy file as it was.")],
    new: Annotated[Path, typer.Argument(help="The policy file as it shall be.")],
    as_json: AsJson = False,
) -> None:
    """Say in words what changes from one policy file to another.

    A new digest means that objects get other bytes from their next run on; what was scrubbed
    already is not scrubbed again.

        lakescrub policy diff deployed.yaml datasets.yaml
        lakescrub policy diff <(git show HEAD:datasets.yaml) datasets.yaml --json
    """
    differences = compare(read_policies(old), read_policies(new))
    if as_json:
        print_json(
            [
                {
                    "dataset": difference.dataset,
                    "changes": difference.changes,
                    "old_digest": difference.old_digest,
                    "new_digest": difference.new_digest,
                }
                for difference in differences
            ]
        )
        return
    for difference in differences:
        typer.echo(f"{difference.dataset}:")
        for change in difference.changes:
            typer.echo(f"  {change}")
        typer.echo(f"  {_digest_sentence(difference.old_digest, difference.new_digest)}")
    if not differences:
        say("nothing changes")


def _digest_sentence(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"digest {new}" if old is None else f"digest was {old}"
    if old == new:
        return f"digest stays {old}: the output's bytes stay the same"
    return f"digest {new} instead of {old}: the output's bytes change"


def _say_fine(file: Path, policies: Policies) -> None:
    rules = sum(len(dataset.rules) for dataset in policies.values())
    say(f"{file} is valid: {len(policies)} dataset(s), {rules} rule(s)")
    for advisory in advisories(policies):
        say(f"note: {advisory}")


def _show_all(policies: Policies, *, as_json: bool) -> None:
    if as_json:
        print_json([describe(dataset) for dataset in policies.values()])
        return
    print_table(
        ("dataset", "prefix", "table", "after", "fields", "digest"),
        [
            (
                dataset.name,
                dataset.prefix,
                dataset.table,
                format_duration(dataset.after),
                len(dataset.rules),
                dataset.digest,
            )
            for dataset in policies.values()
        ],
    )


def _show_one(policies: Policies, name: str, *, as_json: bool) -> None:
    dataset = policies[name]
    if as_json:
        print_json({**describe(dataset), "canonical": dataset.canonical()})
        return
    facts = {key: value for key, value in describe(dataset).items() if key not in ("scrub", "csv")}
    print_pairs(facts.items())
    print_table(("field", "what happens"), [(r.field, describe_rule(r)) for r in dataset.rules])
