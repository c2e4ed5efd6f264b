"""The yardstick of most rows: how long this machine takes to start a bare Python, right now.

Bare is meant: packages that somebody installed beside an interpreter may slow each start of it (their .pth
files run), which would flatter whatever is measured against it. So it is started in an empty environment.
"""

import asyncio
import os
import subprocess
import tempfile
import time
import venv
from functools import cache
from pathlib import Path

BARE_START = "python -I -c pass"

_folder = tempfile.TemporaryDirectory(prefix="bench-")


async def time_bare_start() -> float:
    """Milliseconds until a Python that does nothing has started and ended."""
    return await time_process(_bare_python(), "-I", "-c", "pass")


async def time_process(*command: str) -> float:
    return await asyncio.to_thread(_time_process, command)


@cache
def _bare_python() -> str:
    """This very interpreter, in an environment without a package."""
    venv.create(_folder.name, symlinks=True)
    return str(Path(_folder.name, "bin", "python"))


def _time_process(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, env={"PATH": os.defpath})  # noqa: S603  # words of our own, no shell
    return (time.perf_counter() - began) * 1e3
