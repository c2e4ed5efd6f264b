from pathlib import Path

import pytest

from studyapp.sandbox.capacity import limits_of_groups, memory_here, runs_for, runs_here
from studyapp.sandbox.limits import MIB

GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("cores", "memory_bytes", "runs"),
    [
        (2, 64 * GIB, 80),
        (2, 8 * GIB, 24),
        (64, 64 * GIB, 192),
        (2, 2 * GIB, 6),
        (1, 512 * MIB, 4),
    ],
)
def test_runs_at_once_follow_from_cores_and_memory_and_are_never_very_few(
    cores: int, memory_bytes: int, runs: int
) -> None:
    assert runs_for(cores, memory_bytes) == runs


def test_this_machine_bears_some_runs_and_has_some_memory() -> None:
    assert runs_here() >= 4
    assert memory_here() > 64 * MIB


@pytest.mark.parametrize(
    ("groups", "file"),
    [
        ("0::/site.slice/site.service\n", "memory.max"),
        ("9:cpu:/\n4:memory:/site.slice/site.service\n0::/\n", "memory/memory.limit_in_bytes"),
    ],
)
@pytest.mark.parametrize("level", ["", "site.slice", "site.slice/site.service"])
def test_a_limit_of_a_control_group_or_one_above_it_counts(
    tmp_path: Path, groups: str, file: str, level: str
) -> None:
    top, name = (tmp_path / file).parent, Path(file).name
    (top / level).mkdir(parents=True, exist_ok=True)
    (top / level / name).write_text("1048576\n")
    assert list(limits_of_groups(groups, tmp_path)) == [1048576]


def test_a_group_without_a_limit_or_out_of_sight_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    assert list(limits_of_groups("0::/elsewhere\n", tmp_path)) == []
    assert list(limits_of_groups("", tmp_path)) == []
