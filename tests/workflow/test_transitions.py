import itertools

import pytest

from workflow.transitions import (
    ENDINGS,
    FOLLOWERS,
    OPERATOR_ARROWS,
    PARKED,
    RANKS,
    Position,
    Status,
    may_follow,
)

TURNS = [(1, 0), (1, 1), (2, 0)]
WITHIN_A_TURN = {
    (Status.PENDING, Status.RUNNING),
    (Status.PENDING, Status.FAILED),
    *((Status.PENDING, ending) for ending in ENDINGS),
    (Status.RUNNING, Status.RUNNING),
    (Status.RUNNING, Status.FAILED),
    *((Status.RUNNING, ending) for ending in ENDINGS),
    *((Status.FAILED, ending) for ending in ENDINGS),
    (Status.FAILED, Status.FAILED),
    *((ending, ending) for ending in ENDINGS),
}


@pytest.mark.parametrize(("current", "new"), list(itertools.product(Status, Status)))
def test_allows_within_a_turn_exactly_the_listed_arrows(current, new):
    allowed = may_follow(current, new, current_turn=(1, 0), new_turn=(1, 0))

    assert allowed == ((current, new) in WITHIN_A_TURN)


@pytest.mark.parametrize(
    ("current", "new", "turns"),
    list(itertools.product(Status, Status, itertools.combinations(TURNS, 2))),
)
def test_never_lets_an_earlier_turn_write(current, new, turns):
    earlier, later = turns

    assert not may_follow(current, new, current_turn=later, new_turn=earlier)


@pytest.mark.parametrize(
    ("current", "new", "turns"),
    list(itertools.product(Status, Status, itertools.combinations(TURNS, 2))),
)
def test_lets_a_later_turn_write_anything_a_run_may_say_unless_parked(current, new, turns):
    earlier, later = turns
    sayable = new not in PARKED and new is not Status.PENDING

    allowed = may_follow(current, new, current_turn=earlier, new_turn=later)

    assert allowed == (sayable and current not in PARKED)


@pytest.mark.parametrize("status", Status)
def test_gives_every_status_a_rank_and_followers(status):
    assert status in RANKS
    assert status in FOLLOWERS


def test_goes_up_in_rank_along_every_arrow():
    for status, followers in FOLLOWERS.items():
        for follower in followers - {status}:
            assert RANKS[follower] > RANKS[status]


def test_ranks_a_failure_below_what_the_run_itself_recorded():
    assert all(RANKS[Status.FAILED] < RANKS[ending] for ending in ENDINGS)


def test_lets_operators_touch_only_what_no_run_has_taken_up():
    untaken = {Status.PENDING, Status.HELD, Status.CANCELLED}

    assert set(OPERATOR_ARROWS) == untaken
    assert all(sources <= untaken - {status} for status, sources in OPERATOR_ARROWS.items())


def test_sorts_positions_as_texts_as_they_sort_as_numbers():
    positions = [
        Position(attempt, redrive, rank)
        for attempt, redrive, rank in itertools.product((1, 2, 10, 999), (0, 1, 11), range(4))
    ]

    assert sorted(positions) == sorted(positions, key=str)
