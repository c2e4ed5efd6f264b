"""The range of ids that a runner takes when root starts it, by the ids that there are."""

import pwd

import pytest

from studyapp.sandbox.spare_ids import HIGH, LOW, LOW_COUNT, WANTED, IdRange, spare_range

WHOLE = "         0          0 4294967295\n"
CONTAINER = "0 100000 65536\n"
SPLIT = "0 1000 1\n1 100000 65535\n"


def test_a_whole_machine_has_room_above_all_that_is_given_away() -> None:
    assert spare_range(WHOLE) == IdRange(HIGH, WANTED)


@pytest.mark.parametrize("uid_map", [CONTAINER, SPLIT, f"0 0 {HIGH + WANTED - 1}\n"])
def test_a_container_has_room_below_65536(uid_map: str) -> None:
    assert spare_range(uid_map) == IdRange(LOW, LOW_COUNT)


def test_a_range_must_lie_in_one_piece_of_the_map() -> None:
    assert spare_range(f"0 0 {HIGH + 1}\n{HIGH + 1} 5 {WANTED}\n") == IdRange(LOW, LOW_COUNT)


def test_nobody_on_this_machine_has_one_of_them() -> None:
    spare = spare_range()

    assert [each for each in pwd.getpwall() if 0 <= each.pw_uid - spare.first < spare.count] == []


def test_it_is_told_to_a_command_as_two_words() -> None:
    assert IdRange(60_001, 1024).words == ("60001", "1024")
