import pytest

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.slots import SHORT_WALL_S
from studyapp.sandbox.waiting_line import TELL_EVERY_S
from tests.sandbox.queueing import Queue, granted


def test_a_free_place_is_granted_at_once_and_no_position_told() -> None:
    taken = Queue(running=1, waiting=0).take()

    assert taken.is_granted
    assert taken.told == []


def test_the_first_in_line_is_granted_next_and_all_hear_where_they_stand() -> None:
    queue = Queue(running=1, waiting=3)
    running = queue.take()
    line = [queue.take() for _ in range(3)]
    assert [taken.positions for taken in line] == [[1], [2], [3]]

    running.give_back()
    queue.clock.advance(TELL_EVERY_S)

    assert granted(line) == [True, False, False]
    assert [taken.positions for taken in line] == [[1], [2, 1], [3, 2]]


def test_leaving_the_line_moves_those_behind_and_grants_nothing() -> None:
    queue = Queue(running=1, waiting=3)
    queue.take()
    ahead, behind = queue.take(), queue.take()

    ahead.give_back()
    queue.clock.advance(TELL_EVERY_S)

    assert behind.positions == [2, 1]
    assert not behind.is_granted


def test_a_full_line_refuses_and_changes_nothing() -> None:
    queue = Queue(running=1, waiting=1)
    running, waiting = queue.take(), queue.take()
    for _ in range(3):
        with pytest.raises(Refused, match="Try again") as caught:
            queue.take()
        assert caught.value.code == "busy"

    running.give_back()
    assert waiting.is_granted
    waiting.give_back()

    assert queue.take().is_granted
    assert not queue.take().is_granted


def test_whom_a_full_line_refused_may_come_again() -> None:
    queue = Queue(running=1, waiting=0)
    running = queue.take("ann")
    with pytest.raises(Refused):
        queue.take("bob")
    running.give_back()
    assert queue.take("bob").is_granted


@pytest.mark.parametrize("waits", [False, True])
def test_a_second_run_of_an_owner_is_refused_while_the_first_runs_or_waits(waits: bool) -> None:  # noqa: FBT001  # a case
    queue = Queue(running=3, waiting=3)
    others = [queue.take(short=True) for _ in range(3 if waits else 0)]
    first = queue.take("ann")
    with pytest.raises(Refused) as caught:
        queue.take("ann")
    assert (caught.value.code, caught.value.field) == ("one_run_at_a_time", "owner")
    assert first.is_granted is not waits

    first.give_back()
    for taken in others:
        taken.give_back()
    assert queue.take("ann").is_granted


def test_the_next_run_of_an_owner_waits_for_the_last_one_to_leave_its_place() -> None:
    queue = Queue(running=3, waiting=3)
    first = queue.take("ann")
    first.is_leaving = True
    second = queue.take("ann")
    assert (second.is_granted, second.positions) == (False, [1])

    first.give_back()
    assert second.is_granted


def test_the_end_of_one_run_may_let_two_go() -> None:
    queue = Queue(running=4, waiting=3)
    first = queue.take("ann")
    first.is_leaving = True
    queue.take("bob")
    queue.take("cem")
    held_up = [queue.take("dan"), queue.take("ann", short=True)]
    assert granted(held_up) == [False, False]

    first.give_back()
    assert granted(held_up) == [True, True]


def test_a_run_that_waits_for_its_owners_last_one_holds_nobody_up() -> None:
    queue = Queue(running=2, waiting=3)
    queue.take("ann").is_leaving = True
    queue.take("ann")
    assert queue.take("bob").is_granted


def test_nobody_in_particular_may_have_any_number_of_runs() -> None:
    queue = Queue(running=4, waiting=0)
    assert granted([queue.take("") for _ in range(3)]) == [True] * 3


def test_who_has_used_less_lately_goes_first() -> None:
    queue = Queue(running=1, waiting=3)
    queue.use("heavy", 10)
    queue.use("light", 1)
    running = queue.take()
    heavy, light, new = queue.take("heavy"), queue.take("light"), queue.take("new")

    queue.clock.advance(TELL_EVERY_S)

    assert [taken.positions[-1] for taken in (heavy, light, new)] == [3, 2, 1]
    running.give_back()
    assert granted([heavy, light, new]) == [False, False, True]


def test_nobody_is_overtaken_by_who_comes_later_than_the_seconds_they_used() -> None:
    queue = Queue(running=1, waiting=3)
    queue.use("heavy", 10)
    running = queue.take()
    heavy = queue.take("heavy")
    queue.clock.advance(11)
    late = queue.take("late")

    running.give_back()
    assert granted([heavy, late]) == [True, False]


def test_use_is_forgiven_with_time() -> None:
    queue = Queue(running=1, waiting=3)
    queue.use("heavy", 10)
    queue.clock.advance(3600)
    running = queue.take()
    heavy, new = queue.take("heavy"), queue.take("new")

    running.give_back()
    assert granted([heavy, new]) == [True, False]


def test_an_eighth_of_the_places_is_kept_for_short_runs() -> None:
    queue = Queue(running=8, waiting=8)
    assert granted([queue.take() for _ in range(8)]) == [True] * 7 + [False]
    assert granted([queue.take(short=True) for _ in range(2)]) == [True, False]


def test_a_quarter_of_the_places_is_kept_from_long_runs_of_those_who_ran_long_before() -> None:
    queue = Queue(running=8, waiting=8)
    for number in range(7):
        queue.use(f"heavy {number}", 15)
    assert granted([queue.take(f"heavy {number}") for number in range(7)]) == [True] * 6 + [False]
    assert granted([queue.take(f"new {number}") for number in range(2)]) == [True, False]
    assert granted([queue.take(short=True) for number in range(2)]) == [True, False]


def test_who_ran_only_short_programs_lately_is_not_kept_from_any_place_of_a_new_owner() -> None:
    queue = Queue(running=8, waiting=8)
    for number in range(7):
        queue.use(f"light {number}", SHORT_WALL_S)
    assert granted([queue.take(f"light {number}") for number in range(7)]) == [True] * 7


def test_the_wall_limit_alone_makes_a_run_short() -> None:
    queue = Queue(running=4, waiting=8)
    queue.use("heavy", 15)
    assert granted([queue.take() for _ in range(4)]) == [True] * 3 + [False]
    assert queue.take("heavy", short=True).is_granted


def test_short_runs_may_use_every_place() -> None:
    queue = Queue(running=8, waiting=8)
    assert granted([queue.take(short=True) for _ in range(9)]) == [True] * 8 + [False]


def test_a_long_run_goes_before_a_short_one_that_came_later_if_it_may_have_the_place() -> None:
    queue = Queue(running=4, waiting=8)
    running = [queue.take(short=True) for _ in range(4)]
    long, short = queue.take(), queue.take(short=True)

    running[0].give_back()
    assert granted([long, short]) == [True, False]


def test_a_short_run_passes_the_long_ones_that_may_not_have_the_place() -> None:
    queue = Queue(running=4, waiting=8)
    for _ in range(3):
        queue.take()
    quick = queue.take(short=True)
    long, short = queue.take(), queue.take(short=True)

    quick.give_back()
    assert granted([long, short]) == [False, True]


def test_with_fewer_than_four_places_none_is_kept() -> None:
    queue = Queue(running=3, waiting=0)
    assert granted([queue.take() for _ in range(3)]) == [True] * 3


def test_changes_in_quick_succession_are_told_together() -> None:
    queue = Queue(running=1, waiting=3)
    queue.take()
    first, second, third = queue.take(), queue.take(), queue.take()
    queue.clock.advance(1)
    third.give_back()
    queue.clock.advance(TELL_EVERY_S / 2)

    first.give_back()
    assert second.positions == [2]
    queue.clock.advance(1)
    assert second.told[1:] == [(1 + TELL_EVERY_S, 1)]


def test_who_was_told_a_moment_ago_hears_the_next_position_a_little_later() -> None:
    queue = Queue(running=1, waiting=3)
    queue.take()
    first = queue.take()
    queue.clock.advance(TELL_EVERY_S / 2)
    second = queue.take()

    first.give_back()
    queue.clock.advance(TELL_EVERY_S)
    assert second.positions == [2]
    queue.clock.advance(TELL_EVERY_S)
    assert second.told == [(TELL_EVERY_S / 2, 2), (2 * TELL_EVERY_S, 1)]


def test_a_crowd_that_moves_is_not_told_of_every_step() -> None:
    queue = Queue(running=1, waiting=512)
    running = queue.take()
    crowd = [queue.take() for _ in range(512)]
    told_at_first = sum(len(taken.told) for taken in crowd)

    for taken in [running, *crowd[:400]]:
        taken.give_back()
        queue.clock.advance(0.001)
    queue.clock.advance(2 * TELL_EVERY_S)

    assert told_at_first == 512
    assert [taken.positions[-1] for taken in crowd[401:]] == list(range(1, 112))
    assert max(len(taken.told) for taken in crowd) <= 4
