import pytest

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.slots import Place, Slots


def take(slots: Slots, told: list[int] | None = None) -> Place:
    return slots.take((told if told is not None else []).append)


def test_a_free_place_is_granted_at_once() -> None:
    told: list[int] = []
    place = take(Slots(running=1, waiting=0), told)

    assert place.granted.is_set()
    assert told == []


def test_the_first_in_line_is_granted_next_and_all_hear_where_they_stand() -> None:
    slots = Slots(running=1, waiting=3)
    running = take(slots)
    told: list[list[int]] = [[], [], []]
    line = [take(slots, heard) for heard in told]
    assert told == [[1], [2], [3]]

    with running:
        pass

    assert [place.granted.is_set() for place in line] == [True, False, False]
    assert told == [[1], [2, 1], [3, 2]]


def test_leaving_the_line_moves_those_behind() -> None:
    slots = Slots(running=1, waiting=3)
    take(slots)
    told: list[int] = []
    ahead, behind = take(slots), take(slots, told)

    with ahead:
        pass

    assert told == [2, 1]
    assert not behind.granted.is_set()


def test_a_full_line_refuses_and_changes_nothing() -> None:
    slots = Slots(running=1, waiting=1)
    running, waiting = take(slots), take(slots)
    for _ in range(3):
        with pytest.raises(Refused, match="Try again") as caught:
            take(slots)
        assert caught.value.code == "busy"

    with running:
        pass
    assert waiting.granted.is_set()
    with waiting:
        pass

    assert take(slots).granted.is_set()
    assert not take(slots).granted.is_set()
