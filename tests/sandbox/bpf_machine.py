"""The kernel's side of a system call filter: checks a program as it does, and runs it on one call."""

import operator
import struct
from dataclasses import dataclass

LOAD_WORD, AND, RETURN = 0x20, 0x54, 0x06
JUMPS = {0x15: operator.eq, 0x25: operator.gt, 0x35: operator.ge, 0x45: operator.and_}
ALLOW, FAIL_WITH, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LONGEST_PROGRAM = 4096
DATA_BYTES = 64

Step = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Call:
    """A system call as a filter sees it, struct seccomp_data: arguments are words of 64 bits."""

    number: int
    architecture: int
    arguments: tuple[int, ...] = ()

    def data(self) -> bytes:
        arguments = (*self.arguments, *[0] * 6)[:6]
        return struct.pack("<IIQ6Q", self.number, self.architecture, 0, *arguments)


def steps_of(program: bytes) -> list[Step]:
    """(code, if so, if not, value) of each instruction; AssertionError for what the kernel would not load."""
    steps = list(struct.iter_unpack("=HBBI", program))
    assert 0 < len(steps) <= LONGEST_PROGRAM
    assert steps[-1][0] == RETURN
    for place, (code, if_so, if_not, value) in enumerate(steps):
        assert code in (LOAD_WORD, AND, RETURN, *JUMPS)
        assert code != LOAD_WORD or (value % 4 == 0 and value < DATA_BYTES)
        assert place + 1 + max(if_so, if_not) <= len(steps) - (code != RETURN)
    return steps


def run_program(steps: list[Step], call: Call) -> int:
    """What the program gives back for this call, as the kernel would read it."""
    data, word, place = call.data(), 0, 0
    while True:
        code, if_so, if_not, value = steps[place]
        place += 1
        if code == RETURN:
            return value
        if code == LOAD_WORD:
            (word,) = struct.unpack_from("<I", data, value)
        elif code == AND:
            word &= value
        else:
            place += if_so if JUMPS[code](word, value) else if_not
