"""Hook the checkpoints into moto's interpreter; see `checkpoints`.

Also repaired here, since it is the same code: an inline Map evaluates its items in a loop (moto
5.2.5 recurses once for each item and dies of it) and on at most 40 threads, AWS's own limit
(https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html).
"""

import copy
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component,
    iteration_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branch_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.state_parallel import (
    StateParallel,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.state_continue_with import ContinueWithEnd
from moto.stepfunctions.parser.asl.eval.environment import Environment

from workflow.local.shims.pins import Pin

_PREFIX = "moto.stepfunctions.parser.asl"
_STATE = f"{_PREFIX}.component.state"
PINS = (
    Pin(f"{_PREFIX}.eval.environment:Environment.as_inner_frame_of", "e527ce190f8dc1ac"),
    Pin(f"{_PREFIX}.component.program.program:Program._eval_body", "c06485de337c1f8c"),
    Pin(f"{_STATE}.state:CommonStateField._eval_body", "cbfa5e4914ead0f9"),
    Pin(f"{_STATE}.state:CommonStateField._set_next", "71f35d105ba5b4c2"),
    Pin(f"{_STATE}.exec.state_map.state_map:StateMap._eval_execution", "75f76dd91ccf7314"),
    Pin(
        f"{_STATE}.exec.state_parallel.state_parallel:StateParallel._eval_execution",
        "69c9816b0793afcc",
    ),
    Pin(f"{_STATE}.exec.state_parallel.branch_worker:BranchWorker", "a2f65d33a59cc507"),
    Pin(f"{_STATE}.exec.state_map.iteration.iteration_worker:IterationWorker", "e6c7950ff9756ca4"),
    Pin(
        f"{_STATE}.exec.state_map.iteration.inline_iteration_component"
        ":InlineIterationComponent._eval_body",
        "18caa97c597d5f92",
    ),
)
_AT_ONCE = 40
_Method = Callable[..., Any]


def install() -> None:
    """Wrap the methods that enter, leave and divide programs; only once in a process."""
    if hasattr(Environment, "_checkpoint"):
        return
    Environment._checkpoint = None
    Environment.as_inner_frame_of = classmethod(_wrap_frame(Environment.as_inner_frame_of))
    _wrap(Program, "_eval_body", _program)
    _wrap(CommonStateField, "_eval_body", _state)
    _wrap(CommonStateField, "_set_next", _leave)
    _wrap(StateMap, "_eval_execution", _divide)
    _wrap(StateParallel, "_eval_execution", _divide)
    _wrap(branch_worker.BranchWorker, "__init__", _branch)
    _wrap(iteration_worker.IterationWorker, "_eval_job", _iteration)
    _wrap(inline_iteration_component.InlineIterationComponent, "_eval_body", _limited)
    iteration_worker.IterationWorker._eval_pool = _loop


def _wrap(cls: Any, name: str, make: Callable[[_Method], _Method]) -> None:
    original = getattr(cls, name)
    wrapped = make(original)
    wrapped.__lakescrub_original__ = original  # type: ignore[attr-defined]
    setattr(cls, name, wrapped)


def _wrap_frame(original: Any) -> _Method:
    """Frames inherit the checkpoint of the environment that they were opened in."""
    function = original.__func__

    def as_inner_frame_of(cls: Any, env: Any, *args: Any, **kwargs: Any) -> Any:
        frame = function(cls, env, *args, **kwargs)
        frame._checkpoint = env._checkpoint
        return frame

    as_inner_frame_of.__lakescrub_original__ = function  # type: ignore[attr-defined]
    return as_inner_frame_of


def _program(original: _Method) -> _Method:
    def evaluate(self: Any, env: Any) -> None:
        point = env._checkpoint
        if point is not None and point.done:
            env.states.reset(copy.deepcopy(point.output))
            env.set_ended()
            return
        if point is not None and point.resume:
            point.restore(env)
        original(self, env)

    return evaluate


def _state(original: _Method) -> _Method:
    def evaluate(self: Any, env: Any) -> None:
        if env._checkpoint is not None:
            resumed = env._checkpoint.enter(self.name, env)
            # The history of a redriven execution has no second ...StateEntered, except a Fail's.
            env.event_history_context.skip_entered = resumed and bool(self.state_exited_event_type)
        original(self, env)

    return evaluate


def _leave(original: _Method) -> _Method:
    def leave(self: Any, env: Any) -> None:
        ends = isinstance(self.continue_with, ContinueWithEnd) and env.next_state_name == self.name
        if env._checkpoint is not None and ends:
            env._checkpoint.output = env.states.get_input()
            env._checkpoint.done = True
        original(self, env)

    return leave


def _divide(original: _Method) -> _Method:
    def evaluate(self: Any, env: Any) -> None:
        if env._checkpoint is not None:
            env._checkpoint.begin_children()
        original(self, env)

    return evaluate


def _branch(original: _Method) -> _Method:
    def make(self: Any, branch_worker_comm: Any, program: Any, env: Any) -> None:
        if env._checkpoint is not None:
            env._checkpoint = env._checkpoint.next_branch()
        original(self, branch_worker_comm=branch_worker_comm, program=program, env=env)

    return make


def _iteration(original: _Method) -> _Method:
    def evaluate(self: Any, env: Any, job: Any) -> None:
        if env._checkpoint is not None:
            env._checkpoint = env._checkpoint.child(job.job_index)
            if env._checkpoint.done:
                job.job_output = copy.deepcopy(env._checkpoint.output)
                return
        original(self, env, job)

    return evaluate


def _limited(original: _Method) -> _Method:
    def evaluate(self: Any, env: Any) -> None:
        asked = env.stack[-1]
        limit = min(len(asked.input_items), asked.max_concurrency or _AT_ONCE)
        object.__setattr__(asked, "max_concurrency", limit)
        original(self, env)

    return evaluate


def _loop(self: Any, job: Any, worker_frame: Any) -> None:
    """Evaluate jobs until none is left; the frame closes before the last job, as in moto."""
    while job is not None:
        frame = worker_frame.open_inner_frame()
        self._eval_job(env=frame, job=job)
        worker_frame.close_frame(frame)
        following = None
        if not isinstance(job.job_output, Exception) and not self.stopped():
            following = self._job_pool.next_job()
            if following is None:
                last = frame.event_history_context.last_published_event_id
                worker_frame.event_history_context.source_event_id = last
        if following is None:
            self._env.close_frame(worker_frame)
            self._job_pool.close_job(job)
            return
        self._job_pool.close_job(job)
        job = following
    self._env.close_frame(worker_frame)
