"""How a query fails: the reason that Athena would give.

A reason never quotes a value: it is kept in the query's history and shown in logs, and the value
may be the very thing that was to be scrubbed. Athena does quote some.
"""

from workflow.errors import LakescrubError

USER = 2
SYSTEM = 1
NOWHERE = "line 1:1"


class QueryFailed(LakescrubError):
    """The query ends FAILED.

    Args:
        name: Athena's name of the error, for example ``TABLE_NOT_FOUND``.
        text: What follows the name, without any content of an object.
        category: 1 the system's fault, 2 the user's.
    """

    def __init__(self, name: str, text: str, *, category: int = USER) -> None:
        """Build the StateChangeReason."""
        self.name = name
        self.category = category
        self.text = text
        super().__init__(f"{name}: {text}")

    def at(self, place: str) -> "QueryFailed":
        """Give the same failure with its position, which was not known where it was raised."""
        text = self.text.replace(NOWHERE, place, 1)
        return QueryFailed(self.name, text, category=self.category)


class QueryRefused(LakescrubError):
    """StartQueryExecution answers InvalidRequestException; there is no execution.

    Args:
        text: The message of the exception.
        code: Athena's code for the exception.
    """

    def __init__(self, text: str, *, code: str = "INVALID_INPUT") -> None:
        """Keep the code next to the message."""
        self.code = code
        super().__init__(text)


def not_supported(what: str) -> QueryFailed:
    """Refuse what DuckDB would answer otherwise than Athena."""
    return QueryFailed(
        "NOT_SUPPORTED",
        f"{what} is not available on the embedded stack, see docs/athena-differences.md",
    )


def replaced(uri: str, size: int) -> QueryFailed:
    """Fail as Athena does when a file changed between planning and execution."""
    return QueryFailed(
        "HIVE_FILESYSTEM_ERROR",
        f"Incorrect fileSize {size} for file (end of stream not reached): {uri}",
        category=SYSTEM,
    )
