"""What the system call filter answers to each call, on every processor, by an interpreter of its program."""

import errno
import fcntl
import mmap
import termios
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.seccomp import system_call_filter
from studyapp.sandbox.system_call_policy import ALLOWED, REFUSED
from studyapp.sandbox.system_calls import NUMBERS
from tests.sandbox.bpf_machine import ALLOW, ARCHITECTURES, FAIL_WITH, KILL_PROCESS, Call, run_program
from tests.sandbox.filter_answers import HALVES, HIGH_BITS, MACHINES, PROGRAMS, WORDS, ask_on

SCHEDULING = ("sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
DECIDED = {
    "clone",
    "fcntl",
    "ioctl",
    "madvise",
    "mmap",
    "personality",
    *SCHEDULING,
    "prctl",
    "setsockopt",
    "socket",
    "socketpair",
}
X32 = 0x40000000
Ask = Callable[..., int]


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ask(machine: str) -> Ask:
    return lambda call, *arguments: ask_on(machine, call, *arguments)


def test_a_call_is_listed_once_and_exists() -> None:
    listed = [*ALLOWED, *(call for calls in REFUSED.values() for call in calls), *DECIDED]

    assert len(listed) == len(set(listed))
    assert set(listed) <= set().union(*NUMBERS.values())


def test_a_listed_call_gets_the_answer_of_its_list(machine: str) -> None:
    numbers = NUMBERS[machine]
    wanted = {call: 0 for call in ALLOWED if call in numbers}
    wanted |= {call: error for error, calls in REFUSED.items() for call in calls if call in numbers}

    assert {call: ask_on(machine, call) for call in wanted} == wanted


def test_every_other_call_does_not_exist_in_a_jail(machine: str) -> None:
    listed = {*ALLOWED, *(call for calls in REFUSED.values() for call in calls), *DECIDED}

    others = {call: ask_on(machine, call) for call in NUMBERS[machine] if call not in listed}

    assert others.keys() >= {
        "clone3",
        "memfd_create",
        "shmget",
        "semop",
        "msgsnd",
        "io_setup",
        "landlock_add_rule",
    }
    assert set(others.values()) == {errno.ENOSYS}


@given(MACHINES, HALVES, st.lists(WORDS, max_size=6))
def test_no_unknown_number_is_allowed(machine: str, number: int, arguments: list[int]) -> None:
    known = set(NUMBERS[machine].values())

    assert number in known or ask_on(machine, number, *arguments) == errno.ENOSYS


@given(MACHINES, st.integers(0, 600), st.lists(WORDS, max_size=6))
def test_every_call_gets_an_answer(machine: str, number: int, arguments: list[int]) -> None:
    call = Call(number, ARCHITECTURES[machine], tuple(arguments))

    assert run_program(PROGRAMS[machine], call) & 0xFFFF0000 in (ALLOW, FAIL_WITH)


@given(st.integers(0, 1023), st.lists(WORDS, max_size=6))
def test_no_x32_call_exists(number: int, arguments: list[int]) -> None:
    assert ask_on("x86_64", X32 | number, *arguments) == errno.ENOSYS


@given(MACHINES, HALVES, st.integers(0, 600))
def test_a_call_of_a_foreign_processor_ends_the_process(machine: str, architecture: int, number: int) -> None:
    answer = run_program(PROGRAMS[machine], Call(number, architecture))

    assert architecture == ARCHITECTURES[machine] or answer == KILL_PROCESS


@pytest.mark.parametrize("architecture", [0x40000003, 0x40000028], ids=["i386", "arm"])
def test_the_32_bit_calls_of_the_same_processor_end_the_process(machine: str, architecture: int) -> None:
    assert run_program(PROGRAMS[machine], Call(20, architecture)) == KILL_PROCESS


@given(MACHINES, WORDS)
def test_clone_makes_no_namespace_whatever_else_it_is_asked_for(machine: str, flags: int) -> None:
    names = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000

    assert ask_on(machine, "clone", flags) == (errno.EPERM if flags & names else 0)


@pytest.mark.parametrize(
    "flags", [0x11, 0x1200011, 0x3D0F00, 0x4111], ids=["fork", "glibc", "thread", "vfork"]
)
def test_clone_makes_processes_and_threads(ask: Ask, flags: int) -> None:
    assert ask("clone", flags) == 0


@given(MACHINES, st.sampled_from([0x5412, 0x541C]), HIGH_BITS, WORDS)
def test_nothing_is_typed_into_a_terminal(machine: str, request_: int, high: int, descriptor: int) -> None:
    assert ask_on(machine, "ioctl", descriptor, high | request_) == errno.EPERM


@given(MACHINES, HALVES, HIGH_BITS)
def test_the_upper_half_of_an_int_changes_nothing(machine: str, value: int, high: int) -> None:
    for call, place in {
        "ioctl": 1,
        "fcntl": 1,
        "prctl": 0,
        "personality": 0,
        "madvise": 2,
        "socket": 0,
    }.items():
        before = [0] * place

        assert ask_on(machine, call, *before, high | value) == ask_on(machine, call, *before, value)


@pytest.mark.parametrize(
    "request_",
    [
        termios.TCGETS,
        termios.TIOCGWINSZ,
        termios.FIONREAD,
        termios.FIONBIO,
        termios.FIOCLEX,
        termios.FIONCLEX,
        0x40049409,
        0x802C542A,
        0x8933,
    ],
)
def test_ordinary_requests_to_a_device_pass(ask: Ask, request_: int) -> None:
    assert ask("ioctl", 0, request_) == 0


@pytest.mark.parametrize("request_", [0xB701, 0x5423, 0xAE01, 0x40086602, 0xC0506617])
def test_other_requests_are_unknown_to_every_device(ask: Ask, request_: int) -> None:
    assert ask("ioctl", 0, request_) == errno.ENOTTY


@pytest.mark.parametrize(
    "command",
    [
        fcntl.F_GETLK,
        fcntl.F_SETLK,
        fcntl.F_SETLKW,
        fcntl.F_OFD_GETLK,
        fcntl.F_OFD_SETLK,
        fcntl.F_OFD_SETLKW,
        fcntl.F_SETLEASE,
        fcntl.F_GETLEASE,
        fcntl.F_NOTIFY,
    ],
)
def test_no_file_is_locked_or_leased(ask: Ask, command: int) -> None:
    assert ask("fcntl", 0, command) == errno.ENOLCK


@pytest.mark.parametrize(
    "command",
    [
        fcntl.F_DUPFD,
        fcntl.F_DUPFD_CLOEXEC,
        fcntl.F_GETFD,
        fcntl.F_SETFD,
        fcntl.F_GETFL,
        fcntl.F_SETFL,
        fcntl.F_SETOWN,
        fcntl.F_GETPIPE_SZ,
    ],
)
def test_ordinary_commands_to_a_descriptor_pass(ask: Ask, command: int) -> None:
    assert ask("fcntl", 0, command) == 0


def test_no_pipe_grows_and_no_other_command_exists(ask: Ask) -> None:
    assert ask("fcntl", 0, fcntl.F_SETPIPE_SZ) == errno.EPERM
    assert ask("fcntl", 0, 1036) == errno.EINVAL


@given(MACHINES, HALVES)
def test_a_personality_is_asked_for_and_not_changed(machine: str, personality: int) -> None:
    wanted = 0 if personality in (0, 0xFFFFFFFF) else errno.EPERM

    assert ask_on(machine, "personality", personality) == wanted


@given(MACHINES, st.sampled_from(SCHEDULING), HALVES, HIGH_BITS)
def test_a_program_schedules_any_process_but_the_first(machine: str, call: str, pid: int, high: int) -> None:
    assert ask_on(machine, call, high | pid) == (errno.EPERM if pid == 1 else 0)
    assert ask_on(machine, call, high | 1) == errno.EPERM


def test_a_personality_may_be_asked_for(ask: Ask) -> None:
    assert ask("personality", 0xFFFFFFFF) == 0
    assert ask("personality", 0) == 0
    assert ask("personality", 8) == errno.EPERM


def test_a_process_names_itself_but_sets_no_filter(ask: Ask) -> None:
    assert ask("prctl", 15) == 0
    assert ask("prctl", 38, 1) == 0
    assert ask("prctl", 22, 2) == errno.EPERM
    assert ask("prctl", 67, 1) == errno.EINVAL


def test_memory_is_the_jails_own(ask: Ask) -> None:
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    assert ask("mmap", 0, 4096, 3, private) == 0
    assert ask("mmap", 0, 4096, 3, private | 0x40000) == errno.ENOMEM
    assert ask("madvise", 0, 4096, mmap.MADV_DONTNEED) == 0
    assert ask("madvise", 0, 4096, mmap.MADV_MERGEABLE) == errno.EINVAL


def test_on_an_unknown_processor_there_is_no_filter() -> None:
    with pytest.raises(RunnerUnavailable, match="for pdp11"):
        system_call_filter("pdp11")
