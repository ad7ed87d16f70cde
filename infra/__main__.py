"""``python -m infra [ENVIRONMENT ...]`` writes the cloud assembly of those, or of all environments.

``python -m infra template`` writes the template that the repository keeps.
"""

import sys

from infra.app import synthesize, write_template
from infra.environments import ENVIRONMENTS, environment_named
from workflow.errors import LakescrubError


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; report our own errors in one line."""
    try:
        if arguments == ["template"]:
            write_template()
        else:
            synthesize([environment_named(name) for name in arguments or ENVIRONMENTS])
    except LakescrubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
