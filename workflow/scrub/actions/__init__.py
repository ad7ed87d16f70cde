"""The actions of a rule; `ACTIONS` names them all. A new one is one class and one entry."""

from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.actions.coarse import Generalize
from workflow.scrub.actions.keyed import DateShift, Hash
from workflow.scrub.actions.plain import Blank, Drop, Null
from workflow.scrub.actions.redact import Redact
from workflow.scrub.actions.texts import Mask, Replace, Truncate

ACTIONS: Final[dict[str, type[Action]]] = {
    action.name: action
    for action in (
        Blank,
        Null,
        Drop,
        Replace,
        Mask,
        Hash,
        Truncate,
        Generalize,
        DateShift,
        Redact,
    )
}
