"""``python -m infra [ENVIRONMENT ...]`` writes the cloud assembly of those, or of all environments.

``python -m infra template`` writes the template that the repository keeps, and ``python -m infra
synth`` both.
``python -m infra deploy ENVIRONMENT`` calls the CDK command, as do bootstrap, destroy and diff.
``python -m infra package ENVIRONMENT BUCKET`` writes what plain CloudFormation needs.
"""

import sys
from typing import TYPE_CHECKING

from workflow.errors import LakescrubError

if TYPE_CHECKING:
    from infra.environments import Environment

WRITING = ("synth", "template")
CDK_COMMANDS = ("bootstrap", "deploy", "destroy", "diff")


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; report our own errors in one line."""
    try:
        _run(arguments)
    except LakescrubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(arguments: list[str]) -> None:
    # Imported here, since an environment that cannot be used is refused as soon as it is made; and
    # before the app, which takes its time to load.
    from infra.environments import ENVIRONMENTS, environment_named  # noqa: PLC0415

    command, *names = arguments or [""]
    if command in CDK_COMMANDS:
        environment = environment_named(" ".join(names))
        from infra.deployment import run  # noqa: PLC0415

        run(command, environment)
    elif command == "package":
        _package(*names)
    else:
        chosen = [environment_named(name) for name in arguments if name not in WRITING]
        _write(arguments, chosen or list(ENVIRONMENTS.values()))


def _package(name: str = "", bucket: str = "", *_more: str) -> None:
    from infra.environments import environment_named  # noqa: PLC0415

    environment = environment_named(name)
    from infra.packaging import package  # noqa: PLC0415

    sys.stdout.write(f"{package(environment, bucket=bucket)}\n")


def _write(arguments: list[str], environments: "list[Environment]") -> None:
    from infra.app import synthesize, write_template  # noqa: PLC0415

    app = None if arguments == ["template"] else synthesize(environments)
    if arguments in (["template"], ["synth"]):
        write_template(app=app)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
