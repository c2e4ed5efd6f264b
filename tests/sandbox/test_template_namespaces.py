"""A host that stops granting a namespace while a runner serves: no isolation, no run."""

import ctypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.enter import CLONE_NEWUSER
from studyapp.sandbox.errors import RunnerUnavailable
from tests.sandbox.family import Family
from tests.sandbox.helpers import run
from tests.sandbox.owners import apart

KINDS = ("user", "pid", "net", "mnt", "ipc", "uts", "cgroup")
UNJAILED = "import os; os.write(1, b'unjailed')"

Allow = Callable[[str, str], None]


@pytest.fixture(scope="module")
def stockless_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=1, waiting=1, stock=0)
    yield runner
    runner.close()


@pytest.fixture
async def family(stockless_runner: EmbeddedRunner) -> Family:
    """A runner that makes each jail when it is asked for."""
    return Family(await stockless_runner.ensure())


@pytest.fixture
def allow(family: Family) -> Iterator[Allow]:
    """Sets how many namespaces of a kind the kernel grants in the runner's own user namespace."""

    def set_limit(kind: str, count: str) -> None:
        changed.add(kind)
        server = family.server
        apart(lambda: write_inside(server, f"/proc/sys/user/max_{kind}_namespaces", count))

    changed: set[str] = set()
    yield set_limit
    for kind in changed:
        set_limit(kind, "1000")


def write_inside(pid: int, path: str, text: str) -> None:
    """Writes as one who has every power in the user namespace of the process, which its maker has."""
    namespace = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
    assert ctypes.CDLL(None).setns(namespace, CLONE_NEWUSER) == 0
    Path(path).write_text(text)


@pytest.mark.parametrize("kind", KINDS)
async def test_without_this_namespace_nothing_runs_and_the_reason_is_told(
    family: Family, allow: Allow, kind: str
) -> None:
    allow(kind, "0")

    with pytest.raises(RunnerUnavailable, match=r"No jail can be made here .*No space left") as caught:
        await run(family.client, UNJAILED)

    assert "sysctl" in caught.value.message or "--security-opt" in caught.value.message


async def test_the_next_run_works_once_it_is_granted_again(family: Family, allow: Allow) -> None:
    client: RunnerClient = family.client
    for kind in KINDS:
        allow(kind, "0")
        with pytest.raises(RunnerUnavailable):
            await run(client, UNJAILED)
        allow(kind, "1000")
        assert (await run(client, "print('jailed')")).printed() == "jailed\n"
