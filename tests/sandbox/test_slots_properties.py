"""Whatever runs come, leave and are refused in whatever order: no place is lost or made, and all is fair."""

from heapq import heappop, heappush
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.slots import SHORT_WALL_S
from studyapp.sandbox.waiting_line import TELL_EVERY_S, Burden
from tests.sandbox.queueing import LONG_WALL_S, Queue, Taken

OWNERS = st.sampled_from(["", "ann", "bob", "cem", "dan", "eve"])
SECONDS = st.floats(0, 20) | st.floats(0, TELL_EVERY_S)
PICKS = st.integers(0, 99)
MOST_OWED_S = 180.0


class Traffic(RuleBasedStateMachine):
    """Takes and gives back at random, and keeps its own book of who is there."""

    @initialize(places=st.integers(1, 9), waiting=st.integers(0, 5))
    def open(self, places: int, waiting: int) -> None:
        self.places, self.waiting = places, waiting
        self.queue = Queue(places, waiting)
        self.there: list[Taken] = []

    @property
    def running(self) -> list[Taken]:
        return [taken for taken in self.there if taken.is_granted]

    @property
    def line(self) -> list[Taken]:
        waiting = [taken for taken in self.there if not taken.is_granted]
        return sorted(waiting, key=lambda taken: taken.place.rank)

    @rule(owner=OWNERS, short=st.booleans())
    def take(self, owner: str, short: bool) -> None:  # noqa: FBT001  # drawn by name
        before = (self.running, self.line)
        if owner and any(taken.owner == owner and not taken.is_leaving for taken in self.there):
            with pytest.raises(Refused, match="still going on"):
                self.queue.take(owner, short=short)
            assert (self.running, self.line) == before
            return
        try:
            self.there.append(self.queue.take(owner, short=short))
        except Refused:
            assert len(self.line) == self.waiting
            assert len(self.running) == self.places or not short or self.runs(owner)
            assert (self.running, self.line) == before

    @rule(pick=PICKS)
    def give_back(self, pick: int) -> None:
        if not self.there:
            return
        waited = self.line
        self.there.pop(pick % len(self.there)).give_back()
        for taken in waited:
            if taken.is_granted:
                assert all(
                    taken.place.rank < other.place.rank or self.is_held_up(other) for other in self.line
                )

    @rule(pick=PICKS)
    def lose_client(self, pick: int) -> None:
        if self.there:
            self.there[pick % len(self.there)].is_leaving = True

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.queue.clock.advance(seconds)

    @rule()
    def hear_positions(self) -> None:
        self.queue.clock.advance(2 * TELL_EVERY_S)
        assert [taken.positions[-1] for taken in self.line] == list(range(1, len(self.line) + 1))

    @invariant()
    def nothing_exceeds_its_bound(self) -> None:
        assert len(self.running) <= self.places
        assert len(self.line) <= self.waiting
        kept = self.places // 4
        assert self.held_from(Burden.LONG) <= self.places - (kept + 1) // 2
        assert self.held_from(Burden.LONG_AGAIN) <= self.places - kept

    @invariant()
    def nobody_waits_without_a_reason(self) -> None:
        assert all(self.is_held_up(taken) for taken in self.line)

    @invariant()
    def no_owner_runs_twice(self) -> None:
        owners = [taken.owner for taken in self.running if taken.owner]
        assert len(owners) == len(set(owners))

    @invariant()
    def nobody_is_told_too_often(self) -> None:
        for taken in self.there:
            assert all(b - a >= TELL_EVERY_S - 1e-9 for (a, _), (b, _) in pairwise(taken.told))

    def is_held_up(self, taken: Taken) -> bool:
        """All places are taken, or all that such a run may have, or one by the same owner."""
        kept = self.places // 4
        return (
            len(self.running) == self.places
            or (not taken.is_short and self.held_from(Burden.LONG) == self.places - (kept + 1) // 2)
            or (taken.burden == Burden.LONG_AGAIN and self.held_from(taken.burden) == self.places - kept)
            or self.runs(taken.owner)
        )

    def held_from(self, burden: Burden) -> int:
        return sum(taken.burden >= burden for taken in self.running)

    def runs(self, owner: str) -> bool:
        return owner != "" and any(taken.owner == owner for taken in self.running)

    def teardown(self) -> None:
        if not hasattr(self, "queue"):
            return
        while self.there:
            self.there.pop().give_back()
        again = [self.queue.take(short=True) for _ in range(self.places)]
        assert all(taken.is_granted for taken in again)
        if self.waiting:
            assert not self.queue.take(short=True).is_granted


Traffic.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
test_no_interleaving_loses_or_makes_a_place = Traffic.TestCase


@given(
    places=st.integers(4, 12),
    arrivals=st.lists(st.tuples(st.floats(0, 5), st.booleans(), st.floats(0.01, 1)), max_size=60),
)
@settings(max_examples=100, deadline=None)
def test_a_short_run_waits_at_most_for_the_short_runs_that_share_the_kept_places(
    places: int, arrivals: list[tuple[float, bool, float]]
) -> None:
    served = serve_all(places, sorted(arrivals))
    for number, (came, began, is_short) in enumerate(served):
        if is_short:
            ahead = [
                other
                for other, (_, other_began, other_is_short) in enumerate(served)
                if other != number and other_is_short and came <= other_began <= began
            ]
            assert began - came <= SHORT_WALL_S * (1 + len(ahead) // ((places // 4 + 1) // 2)) + 1e-6


def serve_all(places: int, arrivals: list[tuple[float, bool, float]]) -> list[tuple[float, float, bool]]:
    """Lets each (time, is short, part of its limit that it uses) run. Returns (came, began, is short)."""
    queue = Queue(places, len(arrivals))
    ends: list[tuple[float, int]] = []
    taken: list[Taken] = []
    came: list[float] = []
    began: dict[int, float] = {}

    def move_to(time: float) -> None:
        queue.clock.advance(max(0.0, time - queue.clock.time()))

    def note_grants() -> None:
        for number, one in enumerate(taken):
            if one.is_granted and number not in began:
                began[number] = queue.clock.time()
                wall_s = SHORT_WALL_S if one.is_short else LONG_WALL_S
                heappush(ends, (began[number] + wall_s * arrivals[number][2], number))

    def end_those_before(time: float) -> None:
        while ends and ends[0][0] <= time:
            end, number = heappop(ends)
            move_to(end)
            taken[number].give_back()
            note_grants()

    for time, is_short, _ in arrivals:
        end_those_before(time)
        move_to(time)
        came.append(time)
        taken.append(queue.take(f"owner {len(taken)}", short=is_short))
        note_grants()
    end_those_before(float("inf"))
    return [(came[number], began[number], one.is_short) for number, one in enumerate(taken)]


@given(wishes=st.lists(st.floats(0.5, 15), min_size=2, max_size=6).map(sorted))
@settings(max_examples=50, deadline=None)
def test_of_those_who_always_come_back_who_runs_shorter_runs_more_often_and_all_run(
    wishes: list[float],
) -> None:
    """One place, and owners who want it again for as long as ever as soon as they had it."""
    queue = Queue(1, len(wishes))
    seconds = {f"owner {number}": wish for number, wish in enumerate(wishes)}
    turns = dict.fromkeys(seconds, 0)
    came = dict.fromkeys(seconds, 0.0)
    there = [queue.take(owner) for owner in seconds]
    for _ in range(40 * len(wishes)):
        (running,) = [taken for taken in there if taken.is_granted]
        assert queue.clock.time() - came[running.owner] <= MOST_OWED_S + sum(wishes)
        turns[running.owner] += 1
        queue.clock.advance(seconds[running.owner])
        there.remove(running)
        running.give_back()
        came[running.owner] = queue.clock.time()
        there.append(queue.take(running.owner))
    assert all(more >= fewer - 1 for more, fewer in pairwise(turns.values()))
