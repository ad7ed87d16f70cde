"""The actions of a rule; `ACTIONS` names them all. A new one is one class and one entry."""

from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.actions.plain import Blank, Drop, Null

ACTIONS: Final[dict[str, type[Action]]] = {
    action.name: action
    for action in (
        Blank,
        Null,
        Drop,
    )
}
