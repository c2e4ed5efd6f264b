"""The yardstick of most rows: how long this machine takes to start a bare Python, right now.

Bare is meant: packages that somebody installed beside an interpreter may slow each start of it (their .pth
files run), which would flatter whatever is measured against it. So it is started in an empty environment.
"""

import asyncio
import os
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from studyapp.sandbox.choosing import choose
from studyapp.sandbox.interpreters import Interpreter, find_interpreters

BARE_START = "python -I -c pass"

_folder = tempfile.TemporaryDirectory(prefix="bench-")


async def time_bare_start() -> float:
    """Milliseconds until a Python that does nothing has started and ended."""
    return await time_process(_bare_python(), "-I", "-c", "pass")


async def time_process(*command: str) -> float:
    return await asyncio.to_thread(_time_process, command)


@cache
def default_interpreter() -> Interpreter:
    """The one that programs run on unless they ask for another."""
    return choose("", find_interpreters())


@cache
def _bare_python() -> str:
    """That interpreter, in an environment without a package."""
    make = [str(default_interpreter().path), "-I", "-m", "venv", "--without-pip", "--symlinks", _folder.name]
    subprocess.run(make, check=True)  # noqa: S603  # words of our own, no shell
    return str(Path(_folder.name, "bin", "python"))


def _time_process(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, env={"PATH": os.defpath})  # noqa: S603  # words of our own, no shell
    return (time.perf_counter() - began) * 1e3
