"""``python -m infra [ENVIRONMENT ...]`` writes the cloud assembly of those, or of all environments.

``python -m infra template`` writes the template that the repository keeps.
``python -m infra deploy ENVIRONMENT`` calls the CDK command, as do bootstrap, destroy and diff.
"""

import sys

from infra import deployment
from infra.app import synthesize, write_template
from infra.environments import ENVIRONMENTS, environment_named
from workflow.errors import LakescrubError


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; report our own errors in one line."""
    try:
        if arguments == ["template"]:
            write_template()
        elif arguments[:1] and arguments[0] in deployment.COMMANDS:
            deployment.run(arguments[0], environment_named(" ".join(arguments[1:])))
        else:
            synthesize([environment_named(name) for name in arguments or ENVIRONMENTS])
    except LakescrubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
