"""A runner started as an administrator would, for cases about what it is started with."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.layout import PROJECT
from tests.sandbox.processes import descendants, until_dead


@dataclass(frozen=True)
class Served:
    """A runner that serves; `pid` is of the process that was started, everything of it is below that."""

    pid: int
    client: RunnerClient


@asynccontextmanager
async def served(
    folder: Path,
    *,
    before: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
) -> AsyncIterator[Served]:
    """A runner with two places, started by the command `before` if there is one; gone at the end."""
    path = folder / "socket"
    command = [*before, sys.executable, "-m", "studyapp.sandbox", "serve", "--socket", str(path)]
    process = await asyncio.create_subprocess_exec(
        *(*command, "--runs", "2", "--waiting", "2", "--until-stdin-closes"),
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        pass_fds=descriptors,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"listening on ")
    family = descendants(process.pid)
    yield Served(process.pid, RunnerClient(path))
    process.stdin.close()
    await process.wait()
    await until_dead(family)
