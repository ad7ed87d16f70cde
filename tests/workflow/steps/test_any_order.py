"""Any order of uploads, runs, faults and lost answers ends well.

A seeded sequence of actions plays on stores in memory. Before each call to a store another action
may come in between, so that runs overlap as functions do; calls fail, or succeed and lose their
answer; S3 orders an upload below our write. Then everything comes to rest, and no value is left.
"""

import json
import random
from contextlib import suppress

import pytest

from tests.workflow.steps.story import PATH, POLICY, Story, row
from workflow.errors import ObjectChanged, ObjectKeepsChanging, ObjectMissing, ServiceUnavailable
from workflow.steps.inspect_object import Decision
from workflow.transitions import ENDINGS, Status

POLICIES = (POLICY, POLICY + "      - field: email\n        action: blank\n")
ACTIONS = 60
DEEPEST = 3
MAX_TURNS = 50


class Run:
    """One execution, as far as it has come."""

    def __init__(self, execution):
        self.execution, self.inspection, self.ending = execution, None, None
        self.state = "inspect"


class Chaos:
    def __init__(self, seed, *, versioned):
        self.dice = random.Random(seed)
        self.story = Story(versioned=versioned)
        self.runs, self.told, self.bodies = {}, [], []
        self.newest, self.depth, self.calm = None, 0, False
        self.story.lake.hook = self.story.ledger.hook = self.before
        self.story.lake.after = self.story.ledger.after = self.after

    def before(self, operation):
        if self.calm:
            return
        if self.depth < DEEPEST and self.dice.random() < 0.08:
            self.depth += 1
            self.act()
            self.depth -= 1
        if self.dice.random() < 0.02:
            raise ServiceUnavailable(operation)

    def after(self, operation):
        if self.calm:
            return
        if operation == "commit":
            self.our_write_is_told()
        if self.dice.random() < 0.05:
            raise ServiceUnavailable(operation)

    def our_write_is_told(self):
        versions = self.story.lake.keys[PATH.key]
        self.told.append(self.story.announce(versions[-1]))
        if self.story.versioned and self.dice.random() < 0.5:
            ours = versions.pop()
            self.upload()
            versions.append(ours)

    def upload(self):
        again = self.bodies and self.dice.random() < 0.2
        number = len(self.bodies)
        secret = self.dice.choice(["", f"S{number}"])
        body = row(secret, n=self.dice.choice([0, number]), email=f"e{number}")
        self.newest = self.dice.choice(self.bodies) if again else body
        self.bodies.append(self.newest)
        self.told.append(self.story.announce(self.story.lake.put(PATH, self.newest)))

    def delete(self):
        self.newest = None
        self.story.lake.delete(PATH)

    def deliver(self):
        upload = self.dice.choice(self.told)
        self.story.deliver(upload)
        if self.dice.random() < 0.8 and upload in self.told:
            self.told.remove(upload)

    def start(self, attempt=None):
        latest = list(self.story.ledger.entries.values())[-3:]
        entry = self.dice.choice(latest)
        self.begin(entry, entry.attempt + (self.dice.random() < 0.1))

    def begin(self, entry, attempt):
        execution = self.story.execution(entry, attempt=attempt)
        self.runs.setdefault(execution.arn, Run(execution))

    def act(self):
        actions = {
            self.upload: 2,
            self.delete: 0.3,
            lambda: self.story.use_policy(self.dice.choice(POLICIES)): 2,
            self.deliver: 25 if self.told else 0,
            self.start: 10 if self.story.ledger.entries else 0,
            lambda: self.step(self.dice.choice(self.open_runs())): 50 if self.open_runs() else 0,
        }
        with suppress(ServiceUnavailable):
            self.dice.choices(list(actions), list(actions.values()))[0]()

    def open_runs(self):
        return [run for run in self.runs.values() if run.state != "end"]

    def step(self, run):
        """Do a run's state once; an answer that comes when the run has gone on is not heard."""
        state, inspection = run.state, run.inspection
        try:
            after, result = getattr(self, state)(run, inspection)
        except (ObjectChanged, ObjectMissing):
            after, result = "inspect", None
        except ObjectKeepsChanging:
            # It fails there, and somebody redrives it.
            run.inspection = None
            return
        if (run.state, run.inspection) != (state, inspection):
            return
        run.state = after
        if state == "inspect":
            run.inspection = result
        elif after == "erase":
            run.ending = result

    def inspect(self, run, previous):
        found = self.story.inspect(run.execution, previous)
        after = {Decision.HELD: "end", Decision.SCRUB: "scrub"}
        return after.get(found.decision, "erase"), found

    def scrub(self, run, inspection):
        return "erase", self.story.scrub(run.execution, inspection).ending

    def erase(self, run, inspection):
        scrubbed = inspection.decision is Decision.SCRUB
        ending = run.ending if scrubbed else Status(inspection.decision.value)
        return "end", self.story.erase(run.execution, inspection, ending)

    def come_to_rest(self):
        self.calm = True
        for _ in range(MAX_TURNS):
            while self.told:
                self.story.deliver(self.told.pop())
            self.begin_what_is_pending()
            for run in self.open_runs():
                self.step(run)
        assert self.open_runs() == []

    def begin_what_is_pending(self):
        for entry in list(self.story.ledger.entries.values()):
            if entry.status is Status.PENDING:
                self.begin(entry, entry.attempt)


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("seed", range(150))
def test_leaves_no_value_and_loses_no_upload(seed, versioned):
    chaos = Chaos(seed, versioned=versioned)
    for _ in range(ACTIONS):
        chaos.act()

    chaos.come_to_rest()

    left = [json.loads(body)["secret"] for body in chaos.story.bodies()]
    current, newest = chaos.story.body(), chaos.newest
    assert {entry.status for entry in chaos.story.ledger.entries.values()} <= ENDINGS
    assert set(left) <= {""}
    assert (current is None) == (newest is None)
    if current is not None and newest is not None:
        current, newest = json.loads(current), json.loads(newest)
        assert current["n"] == newest["n"]
        assert current["email"] in ("", newest["email"])
