"""How a run that nobody ended came to its end: from the exit status and what the program said of it."""

import signal
from dataclasses import dataclass

from studyapp.sandbox.pieces import EndReason, ErrorInfo

NO_SPACE = "[Errno 28]"
TRY_AGAIN = "[Errno 11]"
NO_THREAD = "can't start new thread"


@dataclass(frozen=True, slots=True)
class Verdict:
    """End reason, and the error to show if there is one."""

    reason: EndReason
    error: ErrorInfo | None


def judge(exit_code: int, failure: ErrorInfo | None, *, crowded: bool) -> Verdict:
    """The verdict on a program that ended by itself.

    `failure` is its uncaught exception. `crowded` says that it was at its limit of processes, which
    tells an os.fork that failed for that reason from a socket that would block.
    """
    if exit_code == 0:
        return Verdict(EndReason.FINISHED, None)
    if failure is not None:
        return Verdict(_limit_behind(failure, crowded=crowded) or EndReason.FAILED, failure)
    if exit_code == 128 + signal.SIGXCPU:
        return Verdict(EndReason.CPU_LIMIT, None)
    if exit_code == 128 + signal.SIGXFSZ:
        return Verdict(EndReason.DISK_LIMIT, None)
    return Verdict(EndReason.FAILED, _signal_error(exit_code))


def _limit_behind(error: ErrorInfo, *, crowded: bool) -> EndReason | None:
    kind, message = error["type"], error["msg"]
    if kind == "MemoryError":
        return EndReason.MEMORY_LIMIT
    if kind == "OSError" and message.startswith(NO_SPACE):
        return EndReason.DISK_LIMIT
    if kind == "RuntimeError" and message.startswith(NO_THREAD):
        return EndReason.PROCESS_LIMIT
    if kind == "BlockingIOError" and message.startswith(TRY_AGAIN) and crowded:
        return EndReason.PROCESS_LIMIT
    causes = (_limit_behind(member, crowded=crowded) for member in error["sub"])
    return next((cause for cause in causes if cause), None)


def _signal_error(exit_code: int) -> ErrorInfo | None:
    try:
        name = signal.Signals(exit_code - 128).name
    except ValueError:
        return None
    return {"type": "Killed", "msg": f"killed by {name}", "line": None, "sub": []}
