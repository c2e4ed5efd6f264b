"""What the system call filter answers, by an interpreter of its program; and calls to ask it about."""

from hypothesis import strategies as st

from studyapp.sandbox.seccomp import system_call_filter
from studyapp.sandbox.system_calls import NUMBERS
from tests.sandbox.bpf_machine import ALLOW, ARCHITECTURES, FAIL_WITH, Call, run_program, steps_of

PROGRAMS = {machine: steps_of(system_call_filter(machine)) for machine in ARCHITECTURES}
MACHINES = st.sampled_from(sorted(ARCHITECTURES))
WORDS = st.integers(0, 2**64 - 1)
HALVES = st.integers(0, 2**32 - 1)
HIGH_BITS = HALVES.map(lambda high: high << 32)


def ask_on(machine: str, call: str | int, *arguments: int) -> int:
    """0 where the call is allowed, else the errno it fails with."""
    number = NUMBERS[machine][call] if isinstance(call, str) else call
    return _errno(run_program(PROGRAMS[machine], Call(number, ARCHITECTURES[machine], arguments)))


def _errno(answer: int) -> int:
    if answer == ALLOW:
        return 0
    assert answer & 0xFFFF0000 == FAIL_WITH
    assert answer & 0xFFFF
    return answer & 0xFFFF
