from studyapp.sandbox.jail import OWN_TASKS
from studyapp.sandbox.jobs import EndReason, Limits
from studyapp.sandbox.limits import MIB
from studyapp.sandbox.meter import Usage
from studyapp.sandbox.watchdog import CROWDED_FOR_S, Watchdog

LIMITS = Limits(cpu_s=2.0, memory_bytes=100 * MIB, processes=10)


def using(cpu_s: float = 0.5, memory_bytes: int = 0, tasks: int = 1) -> Usage:
    return Usage(cpu_s, memory_bytes, tasks + OWN_TASKS)


def test_each_limit_has_its_own_reason() -> None:
    assert Watchdog(LIMITS).check(using(cpu_s=2.6), now_s=1) is EndReason.CPU_LIMIT
    assert Watchdog(LIMITS).check(using(memory_bytes=101 * MIB), now_s=1) is EndReason.MEMORY_LIMIT


def test_a_program_may_use_all_its_processes_for_ever() -> None:
    watchdog = Watchdog(LIMITS)

    assert [watchdog.check(using(tasks=10), now_s=now) for now in (0, 1, 2, 9)] == [None] * 4


def test_a_program_that_stays_beyond_its_processes_is_ended() -> None:
    watchdog = Watchdog(LIMITS)

    assert watchdog.check(using(tasks=11), now_s=1) is None
    assert watchdog.check(using(tasks=11), now_s=1 + CROWDED_FOR_S) is EndReason.PROCESS_LIMIT


def test_a_program_that_gave_up_trying_is_not() -> None:
    watchdog = Watchdog(LIMITS)

    assert watchdog.check(using(tasks=11), now_s=1) is None
    assert watchdog.check(using(tasks=3), now_s=2) is None
    assert watchdog.check(using(tasks=11), now_s=3) is None


def test_a_crowd_is_remembered() -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.check(using(tasks=5), now_s=1)
    assert not watchdog.crowded

    watchdog.check(using(tasks=6), now_s=2)
    watchdog.check(using(tasks=1), now_s=3)

    assert watchdog.crowded


def test_memory_that_runs_out_in_a_crowd_is_told_as_too_many_processes() -> None:
    watchdog = Watchdog(LIMITS)

    assert watchdog.check(using(memory_bytes=101 * MIB, tasks=11), now_s=1) is EndReason.PROCESS_LIMIT
    assert watchdog.check(using(memory_bytes=101 * MIB, tasks=10), now_s=2) is EndReason.MEMORY_LIMIT
