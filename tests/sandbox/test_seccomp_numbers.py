"""The numbers of the system calls agree with the kernel's headers, where a machine has them."""

import re
from pathlib import Path

import pytest

from studyapp.sandbox.system_calls import NUMBERS

HEADERS = {
    "x86_64": ("x86_64-linux-gnu/asm/unistd_64.h", "asm/unistd_64.h"),
    "aarch64": ("asm-generic/unistd.h",),
}
DEFINITION = re.compile(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", re.MULTILINE)
OTHER_NAMES = {"fstatat": "newfstatat", "sync_file_range2": "sync_file_range"}
NO_CALLS = {"syscalls", "arch_specific_syscall"}


def defined(machine: str) -> dict[str, int]:
    """Calls in the header for this processor; skips the test where there is none."""
    found = [Path("/usr/include", name) for name in HEADERS[machine] if Path("/usr/include", name).is_file()]
    if not found:
        pytest.skip(f"no kernel header for {machine} on this machine")
    return {
        OTHER_NAMES.get(name, name): int(number)
        for name, number in DEFINITION.findall(found[0].read_text())
        if name not in NO_CALLS and not name.endswith("time64") and not 403 <= int(number) < 424
    }


@pytest.mark.parametrize("machine", sorted(HEADERS))
def test_each_number_is_the_kernels(machine: str) -> None:
    theirs = defined(machine)

    assert {name: NUMBERS[machine].get(name) for name in theirs} == theirs


@pytest.mark.parametrize("machine", sorted(HEADERS))
def test_no_call_is_made_up(machine: str) -> None:
    theirs = defined(machine)
    newer = {"uretprobe", "uprobe"}

    ours = {name for name, number in NUMBERS[machine].items() if number <= max(theirs.values())}

    assert ours - newer == set(theirs)


def test_no_number_has_two_names() -> None:
    for numbers in NUMBERS.values():
        assert len(set(numbers.values())) == len(numbers)
