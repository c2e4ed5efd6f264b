"""Asks a program that calls itself Python what it is, in a process that is given little and not for long."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Self, cast

LONGEST_ANSWER = 16_384
LONGEST_QUOTE = 160
NEEDED_MODULES = ("_ctypes", "_socket", "_ssl", "select")

QUESTION = f"""
import json, os, sys
missing = []
for name in {NEEDED_MODULES}:
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
print(json.dumps({{
    "implementation": sys.implementation.name,
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "hexversion": sys.hexversion,
    "version": sys.version.split()[0],
    "abiflags": sys.abiflags,
    "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
    "path": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "prefix": os.path.realpath(sys.base_prefix),
    "missing": " ".join(missing),
}}))
"""


class NoAnswer(Exception):
    """Says in a few words what a program did in place of answering."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a Python says of itself. `missing` are the names of NEEDED_MODULES it was built without."""

    implementation: str
    major: int
    minor: int
    hexversion: int
    version: str
    abiflags: str
    gil: bool
    path: str
    prefix: str
    missing: str

    @classmethod
    def from_wire(cls, text: str) -> Self:
        """The answer from its line of JSON. Raises NoAnswer for anything else."""
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            raise NoAnswer(f"answers {quote(text)!r}") from None
        types = {field.name: field.type for field in fields(cls)}
        if not isinstance(raw, dict) or {name: type(value) for name, value in raw.items()} != types:
            raise NoAnswer(f"answers {quote(text)!r}")
        if not all(raw[name].isprintable() for name in ("version", "abiflags", "path", "prefix", "missing")):
            raise NoAnswer("tells a path that cannot be printed")
        return cls(**raw)


def ask(path: Path, *, until: float) -> Answer:
    """Asks the program at `path`, at most until that time of the monotonic clock. Raises NoAnswer."""
    try:
        process = subprocess.Popen(  # noqa: S603  # a file that the host's owner has among the programs
            [path, "-I", "-S", "-c", QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={},
            start_new_session=True,
        )
    except OSError as error:
        raise NoAnswer(f"does not start ({error.strerror})") from None
    with process:
        try:
            said = _listen(process, until)
            status = process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise NoAnswer("does not answer in time") from None
        finally:
            _end(process)
    last = (said.splitlines() or [""])[-1]
    if status != 0:
        raise NoAnswer(f"fails with {quote(last)!r}" if last else f"fails with exit code {status}")
    return Answer.from_wire(last)


def quote(text: str) -> str:
    """So much of foreign text as fits into a sentence."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text.strip())
    return printable if len(printable) <= LONGEST_QUOTE else f"{printable[:LONGEST_QUOTE]}…"


def _listen(process: subprocess.Popen[bytes], until: float) -> str:
    """All that it says. Raises TimeoutExpired when it goes on too long, NoAnswer when it says too much."""
    said, fd = b"", cast(IO[bytes], process.stdout).fileno()
    while select.select([fd], [], [], max(0.0, until - time.monotonic()))[0]:
        chunk = os.read(fd, LONGEST_ANSWER)
        said += chunk
        if not chunk:
            return said.decode(errors="replace")
        if len(said) > LONGEST_ANSWER:
            raise NoAnswer("says far too much")
    raise subprocess.TimeoutExpired(process.args, 0)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills it with all it started, unless it has ended by itself."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
