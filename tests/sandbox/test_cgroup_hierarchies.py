"""Where a process's own control groups lie, on the hosts that people have."""

from pathlib import Path

import pytest

from studyapp.sandbox.cgroups.delegate import choose_version
from studyapp.sandbox.cgroups.hierarchies import Hierarchy, find_hierarchies

UNIFIED_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
OTHER_MOUNTS = """\
22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
"""


def folders(memberships: str, mounts: str) -> dict[str, str]:
    """The folder of each hierarchy by its controllers, "" for version 2."""
    return {
        ",".join(sorted(found.controllers)): str(found.folder)
        for found in find_hierarchies(memberships, mounts)
    }


def test_a_system_service_under_version_2() -> None:
    memberships = "0::/system.slice/site.service\n"
    found = find_hierarchies(memberships, OTHER_MOUNTS + UNIFIED_MOUNT)
    top = Path("/sys/fs/cgroup")
    assert found == [Hierarchy(2, frozenset(), top, top / "system.slice/site.service")]


def test_a_terminal_of_a_user_under_systemd() -> None:
    own = (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn.scope"
    )
    assert folders(f"0::{own}\n", UNIFIED_MOUNT) == {"": f"/sys/fs/cgroup{own}"}


def test_a_container_with_a_view_of_its_own_under_version_2() -> None:
    mount = "1200 1199 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec - cgroup2 cgroup rw\n"
    assert folders("0::/\n", mount) == {"": "/sys/fs/cgroup"}


def test_a_container_that_sees_only_its_part_under_version_1() -> None:
    memberships = (
        "5:memory:/docker/0123abcd\n4:cpu,cpuacct:/docker/0123abcd\n1:name=systemd:/docker/0123abcd\n"
    )
    mounts = (
        "700 699 0:33 /docker/0123abcd /sys/fs/cgroup/memory ro,nosuid master:15 - cgroup cgroup rw,memory\n"
        "701 699 0:34 /docker/0123abcd /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
        "702 699 0:35 /docker/0123abcd /sys/fs/cgroup/systemd ro - cgroup cgroup rw,xattr,name=systemd\n"
    )
    assert folders(memberships, mounts) == {
        "memory": "/sys/fs/cgroup/memory",
        "cpu,cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
    }


def test_both_versions_side_by_side() -> None:
    memberships = "4:memory:/some/group\n2:cpuacct:/\n1:cpu:/\n0::/\n"
    mounts = (
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
        "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
        "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    )
    assert folders(memberships, mounts) == {
        "memory": "/sys/fs/cgroup/memory/some/group",
        "cpuacct": "/sys/fs/cgroup/cpuacct",
        "cpu": "/sys/fs/cgroup/cpu",
        "": "/sys/fs/cgroup/unified",
    }


def test_a_host_that_mounts_none() -> None:
    assert find_hierarchies("0::/\n", OTHER_MOUNTS) == []


def test_a_kernel_without_control_groups() -> None:
    assert find_hierarchies("", OTHER_MOUNTS) == []


@pytest.mark.parametrize("own", ["/../other.scope", "/gone.scope (deleted)"])
def test_a_group_that_cannot_be_reached_is_left_out(own: str) -> None:
    assert find_hierarchies(f"0::{own}\n", UNIFIED_MOUNT) == []


def test_a_mount_that_shows_another_part_is_left_out() -> None:
    mount = UNIFIED_MOUNT.replace(" / /sys", " /machine.slice /sys")
    assert find_hierarchies("0::/system.slice/site.service\n", mount) == []


def test_of_two_mounts_the_one_on_top_counts() -> None:
    later = UNIFIED_MOUNT.replace("/sys/fs/cgroup", "/run/groups")
    assert folders("0::/a\n", UNIFIED_MOUNT + later) == {"": "/run/groups/a"}


def test_spaces_in_a_mount_point_and_colons_in_a_group_are_understood() -> None:
    mount = UNIFIED_MOUNT.replace("/sys/fs/cgroup", r"/my\040groups")
    assert folders("0::/a:b c\n", mount) == {"": "/my groups/a:b c"}


@pytest.mark.parametrize("line", ["nonsense", "x:memory:/", "4:memory", "4:memory:relative"])
def test_a_line_that_is_no_membership_is_quoted(line: str) -> None:
    with pytest.raises(ValueError, match=f"no membership: '{line}'"):
        find_hierarchies(line, "")


@pytest.mark.parametrize("line", ["nonsense", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 c"])
def test_a_line_that_is_no_mount_is_quoted(line: str) -> None:
    with pytest.raises(ValueError, match=f"no mount: '{line}'"):
        find_hierarchies("0::/\n", line)


def unified(folder: Path, controllers: str) -> Hierarchy:
    (folder / "cgroup.controllers").write_text(f"{controllers}\n")
    return Hierarchy(2, frozenset(), folder, folder)


def split(*controllers: str) -> list[Hierarchy]:
    return [Hierarchy(1, frozenset([name]), Path("/v1"), Path("/v1") / name) for name in controllers]


def test_the_version_that_controls_memory_is_chosen(tmp_path: Path) -> None:
    whole = unified(tmp_path, "cpuset io memory")
    assert choose_version([*split("cpu", "pids"), whole]) == (2, [whole])


def test_version_1_is_chosen_where_version_2_is_mounted_but_empty(tmp_path: Path) -> None:
    parts = split("memory", "pids", "freezer")
    assert choose_version([*parts, unified(tmp_path, "hugetlb")]) == (1, parts[:2])


def test_without_memory_the_version_with_more_controllers_is_chosen(tmp_path: Path) -> None:
    whole = unified(tmp_path, "cpu pids")
    assert choose_version([*split("cpuacct"), whole]) == (2, [whole])


def test_without_any_controller_of_use_there_is_no_version(tmp_path: Path) -> None:
    assert choose_version([*split("freezer"), unified(tmp_path, "")]) == (0, [])
