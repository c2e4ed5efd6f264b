"""What a benchmark takes for left behind."""

from dataclasses import replace

from bench.footprint import Footprint

BEFORE = Footprint(processes=3, descriptors=12, mounts=40, cgroups=2)


def test_more_of_anything_is_left_behind_and_less_of_another_hides_none_of_it() -> None:
    after = replace(BEFORE, processes=2, mounts=42, cgroups=3)
    assert after.left_since(BEFORE) == {"mounts": 2, "cgroups": 1}


def test_nothing_more_is_nothing_left() -> None:
    assert BEFORE.left_since(BEFORE) == {}
