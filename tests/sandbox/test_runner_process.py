"""The runner as a process: who may reach it, what it can see, and what its death leaves behind."""

import asyncio
import os
import resource
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.jobs import Job, Queued
from studyapp.sandbox.layout import PROJECT
from studyapp.sandbox.plumbing import ENOUGH_DESCRIPTORS
from tests.sandbox.helpers import follow, run, until_printed
from tests.sandbox.processes import descendants, is_alive, processes_with, until, until_dead, until_gone

ENDLESS = "print('up')\nwhile True: pass"


def runner_pid(socket_path: Path) -> int:
    """The launcher's pid: the process that was started with this socket."""
    (pid,) = processes_with(str(socket_path))
    return pid


def server_pid(socket_path: Path) -> int:
    """The pid of the unprivileged process that serves."""
    return next(
        pid
        for pid in descendants(runner_pid(socket_path))
        if b"studyapp.sandbox.runner" in Path(f"/proc/{pid}/cmdline").read_bytes()
        and b"--die-with-parent" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


def footprint(socket_path: Path, pid: int) -> tuple[list[int], int]:
    """The runner's processes, and how many descriptors the serving one has open."""
    return descendants(runner_pid(socket_path)), len(os.listdir(f"/proc/{pid}/fd"))


def read_status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def read_variables(pid: int) -> set[str]:
    lines = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return {line.partition("=")[0] for line in lines if line}


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    """This process, and what it starts, may hold few descriptors unless it asks for more."""
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(usual, 512), most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))


@pytest.mark.usefixtures("few_descriptors")
async def test_it_asks_for_as_many_descriptors_as_its_runs_may_take(own_runner: EmbeddedRunner) -> None:
    pid = server_pid(await own_runner.ensure())
    allowed, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)

    assert allowed == min(most, ENOUGH_DESCRIPTORS)


async def test_only_the_user_who_started_it_can_connect(own_runner: EmbeddedRunner) -> None:
    path = await own_runner.ensure()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.stat().st_uid == os.geteuid()


async def test_the_runner_is_nobody_and_sees_nothing_of_the_site(own_runner: EmbeddedRunner) -> None:
    pid = server_pid(await own_runner.ensure())
    root = Path(f"/proc/{pid}/root")
    status = read_status(pid)

    assert "0" not in status["Uid"].split()
    assert os.readlink(f"/proc/{pid}/ns/user") != os.readlink("/proc/self/ns/user")
    assert status["NoNewPrivs"] == "1"
    assert sorted(os.listdir(root / "opt" / "interleave" / "studyapp")) == [
        "__init__.py",
        "sandbox",
        "tracer",
    ]
    assert not (root / PROJECT.relative_to("/") / "manage.py").exists()
    assert not (root / "etc" / "passwd").exists()
    assert read_variables(pid) <= {"LANG", "PYTHONPATH", "PWD"}


async def test_asking_again_gives_the_same_runner(own_runner: EmbeddedRunner) -> None:
    assert await own_runner.ensure() == await own_runner.ensure()


async def test_a_killed_runner_is_noticed_and_replaced(own_runner: EmbeddedRunner) -> None:
    path = await own_runner.ensure()
    handle = await RunnerClient(path).start(Job(ENDLESS))
    await until_printed(handle, "up")
    family = descendants(runner_pid(path))

    os.kill(server_pid(path), signal.SIGKILL)
    rest = await follow(handle)

    assert (rest.reason, rest.named("end")[0]["reason"]) == ("runner_lost", "runner_lost")
    assert rest.outcome.error is not None
    await until_dead(family)
    again = await own_runner.ensure()
    assert (await run(RunnerClient(again), "print('again')")).printed() == "again\n"
    assert not path.exists()


async def test_numbers_go_on_to_the_end_event_of_a_lost_run(own_runner: EmbeddedRunner) -> None:
    path = await own_runner.ensure()
    handle = await RunnerClient(path).start(Job(ENDLESS))
    seen = 0
    async for piece in handle:
        for event in getattr(piece, "events", []):
            seen = event["q"]
        if seen >= 2:
            break

    os.kill(server_pid(path), signal.SIGKILL)

    rest = await follow(handle)
    assert [event["q"] for event in rest.events] == list(range(seen + 1, seen + 1 + len(rest.events)))


async def test_runs_in_line_are_lost_with_the_runner(own_runner: EmbeddedRunner) -> None:
    path = await own_runner.ensure()
    client = RunnerClient(path)
    running = await client.start(Job(ENDLESS))
    waiting = await client.start(Job("pass"))
    assert await anext(waiting) == Queued(1)

    os.kill(server_pid(path), signal.SIGKILL)

    assert (await follow(waiting)).reason == "runner_lost"
    assert (await follow(running)).reason == "runner_lost"


async def test_closing_the_runner_ends_its_jails_and_takes_the_socket_away(
    own_runner: EmbeddedRunner,
) -> None:
    path = await own_runner.ensure()
    handle = await RunnerClient(path).start(Job(ENDLESS))
    await until_printed(handle, "up")
    family = descendants(runner_pid(path))

    own_runner.close()

    assert [pid for pid in family if is_alive(pid)] == []
    assert not path.exists()
    assert (await follow(handle)).reason == "runner_lost"


async def test_the_runner_ends_with_its_parent_even_when_that_is_killed(bubblewrap: str) -> None:
    """A web process killed by force takes the runner and its jails along, because a pipe closes."""
    marker = "orphan-marker"
    code = (
        "import asyncio\n"
        "from studyapp.sandbox.client import RunnerClient\n"
        "from studyapp.sandbox.embedded import EmbeddedRunner\n"
        "from studyapp.sandbox.jobs import Job\n"
        "async def main():\n"
        "  path = await EmbeddedRunner().ensure()\n"
        '  program = \'import subprocess, sys; subprocess.run([sys.executable, "-c", '
        f'"import time; time.sleep(60)", "{marker}"])\'\n'
        "  handle = await RunnerClient(path).start(Job(program))\n"
        "  print(path, flush=True)\n"
        "  async for piece in handle: pass\n"
        "asyncio.run(main())"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=PROJECT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    path = Path((await parent.stdout.readline()).decode().strip())
    family = descendants(runner_pid(path))
    await until(lambda: bool(processes_with(marker)))

    parent.kill()
    await parent.wait()

    await until_dead(family)
    await until_gone(marker)
    await until(lambda: not path.exists())


async def test_nothing_is_left_of_a_run_that_hid_its_processes(client: RunnerClient) -> None:
    marker = "hidden-marker"
    code = (
        "import os, sys\n"
        "if os.fork() == 0:\n"
        "  os.setsid()\n"
        "  if os.fork() == 0:\n"
        f"    os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)', '{marker}'])\n"
        "  os._exit(0)\n"
        "os.wait()\nprint('done')"
    )

    done = await run(client, code)

    assert (done.reason, done.printed()) == ("finished", "done\n")
    await until_gone(marker)


@pytest.fixture
def runner_without_stock(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=1, waiting=1, stock=0)
    yield runner
    runner.close()


async def test_many_runs_leave_no_process_and_no_descriptor(runner_without_stock: EmbeddedRunner) -> None:
    path = await runner_without_stock.ensure()
    client = RunnerClient(path)
    pid = server_pid(path)
    before = footprint(path, pid)

    for code in ("pass", "1 / 0", "import os; os.abort()", "while True: print('x' * 9999)"):
        await run(client, code)
    abandoned = await client.start(Job(ENDLESS))
    await abandoned.aclose()
    await run(client, "pass")

    await until(lambda: footprint(path, pid) == before)


async def test_a_second_runner_does_not_take_a_living_ones_socket(own_runner: EmbeddedRunner) -> None:
    path = await own_runner.ensure()
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "studyapp.sandbox", "serve", "--socket", str(path)),
        cwd=PROJECT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await second.communicate()

    assert second.returncode == 4
    assert f"Cannot listen on {path}".encode() in complaint
    assert (await run(RunnerClient(path), "print(1)")).printed() == "1\n"


async def test_a_client_without_a_runner_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunnerUnavailable, match=r"does not answer on .*/nobody\.sock"):
        await RunnerClient(tmp_path / "nobody.sock").start(Job(""))
