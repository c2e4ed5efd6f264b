"""G: what a runner is started with and on; these start runners of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.layout import PROJECT
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.marks import cannot_test, case
from tests.sandbox.abuse.programs import BRIEF, with_calls
from tests.sandbox.abuse.served import Served, served
from tests.sandbox.abuse.trial import Trial
from tests.sandbox.helpers import run
from tests.sandbox.processes import descendants

SECRET = "a-secret-of-the-service-1234567890"
OWN = "a-secret-of-the-service-7000000000"  # the program's, which shows that it would find others
SECRET_PATTERN = r"a-secret-of-the-service-[0-9]{10}"
NOT_HERE = 4
NAMESPACES = ("user", "pid", "mnt", "net", "ipc", "uts")


@case("G16")
async def test_no_secret_of_the_service_is_in_a_jail(trial: Trial, tmp_path: Path) -> None:
    names = "STUDYAPP_SECRET_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "LD_SECRET"
    code = f"""
        import sys
        told = str(dict(os.environ)) + str(sys.argv) + str(sys.orig_argv)
        for name in filter(str.isdecimal, os.listdir('/proc')):
            for kind in 'environ', 'cmdline':
                try: told += open(f'/proc/{{name}}/{{kind}}').read()
                except OSError: pass
        pattern, own = rb'{SECRET_PATTERN}', 'a-secret-of-the-service-' + str(7 * 10 ** 9)
        print(re.findall(pattern.decode(), told), in_memory(pattern))
        print(sorted(os.environ.keys() & {set(names)}))
    """
    async with trial.attempt(BRIEF), served(tmp_path, environment=dict.fromkeys(names, SECRET)) as here:
        done = await run(here.client, with_calls(code), limits=BRIEF, traced=False)
        keepers = [pid for pid in descendants(here.pid) if SECRET in environment_of(pid)]
    assert (done.reason, done.printed(), done.printed("stderr")) == ("finished", f"[] {{b'{OWN}'}}\n[]\n", "")
    assert all("bwrap" in name_of(pid) or pid == here.pid for pid in keepers), keepers


def environment_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_text(errors="replace")
    except OSError:
        return ""


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return "bwrap, gone"


@case("G17")
async def test_what_the_runner_was_started_with_is_closed_in_a_jail(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    code = """
        told = []
        for number in range(256):
            try: told.append(os.pread(number, 100, 0))
            except OSError: pass
        print(told, len(os.listdir('/proc/self/fd')))
    """
    secret = os.open(tmp_path / "secret", os.O_RDONLY)
    async with trial.attempt(BRIEF), served(tmp_path, descriptors=[secret]) as here:
        done = await run(here.client, with_calls(code), limits=BRIEF)
    os.close(secret)
    assert (done.reason, done.printed()) == ("finished", "[] 5\n")


@case("G24")
async def test_without_bubblewrap_nothing_runs_and_the_reason_is_told(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trial.attempt(BRIEF):
        told = run_alone(tmp_path, {"PATH": str(tmp_path)})
        assert (told.returncode, told.stdout) == (NOT_HERE, "")
        assert "apt install bubblewrap" in told.stderr
        monkeypatch.setenv("PATH", str(tmp_path))
        runner = EmbeddedRunner()
        with pytest.raises(RunnerUnavailable, match="apt install bubblewrap"):
            await runner.ensure()
        monkeypatch.undo()
        runner.close()


@case("G24")
async def test_a_bubblewrap_that_makes_no_jail_is_not_believed(trial: Trial, tmp_path: Path) -> None:
    pretender = tmp_path / "bwrap"
    pretender.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    pretender.chmod(0o755)
    async with trial.attempt(BRIEF):
        told = run_alone(tmp_path, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
        assert (told.returncode, told.stdout) == (NOT_HERE, ""), told.stderr
        assert told.stderr.strip()


@case("G24")
async def test_without_a_kind_of_namespace_nothing_runs_and_the_reason_is_told(
    trial: Trial, tmp_path: Path, bubblewrap: str
) -> None:
    """In a user namespace of its own, as that of a container, where the kernel can be told to refuse more."""
    whole = run_alone(tmp_path, before=in_container(bubblewrap, "true"))
    if whole.returncode:
        cannot_test("G24", f"no jail can be made in a jail on this host: {whole.stderr.strip()[-200:]}")
    assert whole.stdout == "ran\n"
    async with trial.attempt(BRIEF):
        for name in NAMESPACES:
            refuse = f"echo 0 > /proc/sys/user/max_{name}_namespaces"
            told = run_alone(tmp_path, before=in_container(bubblewrap, refuse))
            assert (told.returncode, told.stdout) == (NOT_HERE, ""), (name, told.stderr)
            assert "No jail can be made here" in told.stderr, name


def in_container(bubblewrap: str, first: str) -> list[str]:
    """A command that starts the next one as an ordinary user in a user namespace, after doing something."""
    return [
        *(bubblewrap, "--unshare-user", "--uid", "1000", "--gid", "1000", "--dev-bind", "/", "/"),
        *(
            "--cap-add",
            "ALL",
            "--",
            "sh",
            "-c",
            f'{first} && exec setpriv --inh-caps=-all --ambient-caps=-all "$@"',
        ),
        "-",
    ]


def run_alone(
    folder: Path, environment: dict[str, str] | None = None, before: list[str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """A program run from the command line, with a runner of its own."""
    program = folder / "program.py"
    program.write_text("print('ran')")
    return subprocess.run(
        [*(before or []), sys.executable, "-m", "studyapp.sandbox", "run", str(program)],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


async def limits_hold(here: Served) -> None:
    """A run's limits on memory, processor time and processes, each tried by children of the program."""
    hold_memory = "if os.fork() == 0: kept = b'x' * (24 << 20); time.sleep(60)"
    attempts = {
        "memory_limit": (
            f"import os, time\nfor _ in range(4):\n  {hold_memory}\ntime.sleep(60)",
            Limits(memory_bytes=64 * MIB, wall_s=20),
        ),
        "cpu_limit": (
            "import os\nfor _ in range(3): os.fork()\nwhile True: pass",
            Limits(cpu_s=0.6, wall_s=20),
        ),
        "process_limit": (
            "import os, time\nwhile True:\n  if os.fork() == 0: time.sleep(60)",
            Limits(processes=12, wall_s=20),
        ),
    }
    for reason, (code, limits) in attempts.items():
        done = await run(here.client, code, limits=limits)
        assert done.reason == reason, done.outcome
        assert (await run(here.client, "print('next')")).printed() == "next\n"


@case("G25")
async def test_the_limits_hold_with_the_control_groups_of_this_host(trial: Trial, tmp_path: Path) -> None:
    async with trial.attempt(BRIEF), served(tmp_path) as here:
        assert (await here.client.describe()).accounting
        await limits_hold(here)


@case("G25")
async def test_the_limits_hold_without_control_groups(trial: Trial, tmp_path: Path, bubblewrap: str) -> None:
    there = ["/sys/fs/cgroup"] if os.path.isdir("/sys/fs/cgroup") else []  # noqa: ASYNC240  # never waits
    hidden = [
        bubblewrap,
        "--dev-bind",
        "/",
        "/",
        *(word for path in there for word in ("--tmpfs", path)),
        "--",
    ]
    async with trial.attempt(BRIEF), served(tmp_path, before=hidden) as here:
        without = (await here.client.describe()).accounting
        await limits_hold(here)
    if (await trial.client.describe()).accounting == without:
        cannot_test("G25", f"the runner gets no control groups on this host: {without}")


@case("G25")
async def test_the_limits_hold_with_a_delegated_group_of_version_2(trial: Trial, tmp_path: Path) -> None:
    if not os.path.exists("/sys/fs/cgroup/cgroup.controllers"):  # noqa: ASYNC240  # never waits
        cannot_test("G25", "this host has no control groups of version 2 with controllers")
    if shutil.which("systemd-run") is None:
        cannot_test("G25", "there is no systemd here to delegate a group")
    delegated = ["systemd-run", "--scope", "--quiet", "-p", "Delegate=yes", "--"]
    async with trial.attempt(BRIEF), served(tmp_path, before=delegated) as here:
        await limits_hold(here)
