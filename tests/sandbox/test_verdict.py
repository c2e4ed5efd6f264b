import signal

import pytest

from studyapp.sandbox.jobs import EndReason, ErrorInfo
from studyapp.sandbox.verdict import judge


def error(kind: str, message: str = "", *members: ErrorInfo) -> ErrorInfo:
    return {"type": kind, "msg": message, "line": 1, "sub": list(members)}


def test_exit_0_is_finished_whatever_the_guest_says() -> None:
    verdict = judge(0, error("MemoryError"), crowded=True)

    assert (verdict.reason, verdict.error) == ("finished", None)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (error("ValueError", "no"), "failed"),
        (error("MemoryError"), "memory_limit"),
        (error("OSError", "[Errno 28] No space left on device"), "disk_limit"),
        (error("OSError", "[Errno 2] No such file"), "failed"),
        (error("RuntimeError", "can't start new thread"), "process_limit"),
        (error("ExceptionGroup", "two", error("ValueError"), error("MemoryError")), "memory_limit"),
    ],
)
def test_an_uncaught_exception_names_the_limit_behind_it(failure: ErrorInfo, reason: str) -> None:
    verdict = judge(1, failure, crowded=False)

    assert (verdict.reason, verdict.error) == (reason, failure)


def test_a_fork_that_failed_is_told_from_a_socket_that_would_block() -> None:
    failure = error("BlockingIOError", "[Errno 11] Resource temporarily unavailable")

    assert judge(1, failure, crowded=True).reason == "process_limit"
    assert judge(1, failure, crowded=False).reason == "failed"


def test_an_exit_code_alone_is_a_failure_without_an_error() -> None:
    verdict = judge(3, None, crowded=False)

    assert (verdict.reason, verdict.error) == ("failed", None)


def test_a_signal_is_named() -> None:
    verdict = judge(139, None, crowded=False)

    assert verdict.reason == "failed"
    assert verdict.error == {"type": "Killed", "msg": "killed by SIGSEGV", "line": None, "sub": []}


def test_the_kernels_own_limit_on_processor_time_is_the_same_limit() -> None:
    assert judge(152, None, crowded=False).reason == "cpu_limit"


def test_a_disk_that_was_full_for_mapped_memory_is_the_disk_limit() -> None:
    assert judge(128 + signal.SIGXFSZ, None, crowded=False).reason is EndReason.DISK_LIMIT
