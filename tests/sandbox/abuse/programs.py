"""How attacks are put together, and what several of them have in common."""

from pathlib import Path
from textwrap import dedent

from studyapp.sandbox.jobs import Limits

CALLS = Path(__file__).parent / "guest" / "calls.py"
BRIEF = Limits(wall_s=60, cpu_s=30)
"""For attacks that end by themselves, soon, unless something is wrong."""
REFUSED_CALLS = {"EPERM", "ENOSYS"}
"""How the filter answers a call that it refuses; ENOSYS is also a kernel that has no such call."""


def with_calls(code: str) -> str:
    """A program that may use what `guest/calls.py` has."""
    return f"{CALLS.read_text()}\n{dedent(code)}"
