"""Runs a program under the real system call filter, with no jail around it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from studyapp.sandbox.seccomp import system_call_filter

ROOT = Path(__file__).parents[2]
# What a jail does to the guest's process: no new privileges, then the filter, then the program.
APPLY = """
import ctypes, os, sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
libc = ctypes.CDLL(None, use_errno=True)
program = bytes.fromhex(sys.argv[1])

class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_char_p)]

zero = ctypes.c_ulong(0)
one = ctypes.c_ulong(1)
mode = ctypes.c_ulong(SECCOMP_MODE_FILTER)
assert libc.prctl(PR_SET_NO_NEW_PRIVS, one, zero, zero, zero) == 0
assert libc.prctl(PR_SET_SECCOMP, mode, ctypes.byref(Filter(len(program) // 8, program))) == 0
os.execv(sys.argv[2], sys.argv[2:])
"""


def run_filtered(*command: str, within_s: float = 90) -> subprocess.CompletedProcess[str]:
    """The program's path and arguments, run to its end in a session of its own, without standard input."""
    return subprocess.run(
        [sys.executable, "-I", "-c", APPLY, system_call_filter().hex(), *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within_s,
        start_new_session=True,
        cwd=ROOT,
        check=False,
    )


def result_of(*command: str) -> Any:
    """What a filtered program printed, as JSON; AssertionError with its words if it did not end well."""
    done = run_filtered(*command)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
