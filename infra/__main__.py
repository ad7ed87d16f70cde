"""``python -m infra`` writes the cloud assembly, ``python -m infra template`` the template."""

import sys

from infra.app import synthesize, write_template
from workflow.errors import LakescrubError


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; report our own errors in one line."""
    try:
        write_template() if arguments == ["template"] else synthesize()
    except LakescrubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
