"""Remember where each running program stands, so that a redrive goes on right there.

Strategy: moto's interpreter evaluates a tree of programs: the machine, each iteration of a Map,
each branch of a Parallel. Beside it we keep a tree of checkpoints: a program's last entered state
with its input and variables, and its output once it has really ended. A redrive forks the tree
and evaluates the machine again from the top; a program with a checkpoint begins at its state, a
program that had ended gives its output back at once. The threads of the failed run may still be
busy; they write to the old tree, which nobody reads any more.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html (resumes at
the unsuccessful step, Retry counters and time-out start again, a Map or Parallel repeats only its
unsuccessful iterations and branches).
"""

import copy
import dataclasses
from typing import Any, Self

_UNSET: Any = None


@dataclasses.dataclass
class Checkpoint:
    """Where one program stands; its children belong to its current state."""

    state: str | None = None
    input: Any = _UNSET
    outer: dict[str, Any] = dataclasses.field(default_factory=dict)
    inner: dict[str, Any] = dataclasses.field(default_factory=dict)
    output: Any = _UNSET
    done: bool = False
    resume: bool = False
    keep_children: bool = False
    branches: int = 0
    children: dict[int, Self] = dataclasses.field(default_factory=dict)

    def child(self, number: int) -> Self:
        """The checkpoint of an iteration or a branch."""
        return self.children.setdefault(number, type(self)())

    def fork(self) -> Self:
        """A copy for a redrive: what had begun and not ended is resumed."""
        return dataclasses.replace(
            self,
            resume=self.state is not None and not self.done,
            branches=0,
            children={number: child.fork() for number, child in list(self.children.items())},
        )

    def enter(self, state: str, env: Any) -> bool:
        """Note that a state is entered; true when it is the one that a redrive resumes."""
        resumed, self.resume = self.resume, False
        if not resumed:
            self.children = {}
        self.keep_children = resumed
        self.state, self.input = state, env.states.get_input()
        store = env.variable_store
        self.outer, self.inner = dict(store._outer_scope), dict(store._inner_scope)
        return resumed

    def restore(self, env: Any) -> None:
        """Put the program back to the state, the input and the variables that were noted."""
        env.states.reset(copy.deepcopy(self.input))
        env.next_state_name = self.state
        store = env.variable_store
        store._outer_scope.update(self.outer)
        store._inner_scope.update(self.inner)
        store._variable_declarations_cache = None

    def begin_children(self) -> None:
        """Before a Map or Parallel is evaluated: only the first attempt after a redrive reuses."""
        if not self.keep_children:
            self.children = {}
        self.keep_children = False
        self.branches = 0

    def next_branch(self) -> Self:
        """The checkpoint of the next branch, in the order of the definition."""
        self.branches += 1
        return self.child(self.branches)
