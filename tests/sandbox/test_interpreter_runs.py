"""Programs under every interpreter that this machine has, each in a jail made for it."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studyapp.sandbox.candidates import PLACES
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.description import OfferedInterpreter
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.interpreters import find_interpreters, own_interpreter
from studyapp.sandbox.jobs import Job, Limits, Started
from studyapp.sandbox.layout import PROJECT
from tests.sandbox.family import Family
from tests.sandbox.helpers import Run, run

LIMITS = Limits(wall_s=60, cpu_s=60)
VERSION = "import platform; print(platform.python_version())"
FETCH = """
import asyncio, aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get('https://practice.test/get') as response:
            print(response.status, type(await response.json()).__name__)
asyncio.run(main())
"""
CHILDREN = """
import multiprocessing, platform, subprocess, sys
def tell(queue): queue.put(platform.python_version())
if __name__ == '__main__':
    for method in 'fork', 'spawn', 'forkserver':
        context = multiprocessing.get_context(method)
        queue = context.SimpleQueue()
        child = context.Process(target=tell, args=(queue,))
        child.start()
        print(queue.get())
        child.join()
    code = 'import aiohttp, platform; print(platform.python_version())'
    print(subprocess.check_output([sys.executable, '-c', code], text=True), end='')
"""


@dataclass(frozen=True)
class Offer:
    """A runner and the interpreters of its that can be used."""

    client: RunnerClient
    usable: list[OfferedInterpreter]

    async def run_on_each(self, code: str) -> dict[str, Run]:
        """What the program did, by the version that it was promised."""
        runs = (run(self.client, code, limits=LIMITS, interpreter=each.name) for each in self.usable)
        versions = [each.version for each in self.usable]
        return dict(zip(versions, await asyncio.gather(*runs), strict=True))


@pytest.fixture
async def offer(client: RunnerClient) -> Offer:
    described = await client.describe()
    return Offer(client, [each for each in described.interpreters if not each.problem])


def said(done: dict[str, Run]) -> dict[str, tuple[str, str]]:
    return {version: (each.printed(), each.printed("stderr")) for version, each in done.items()}


async def test_each_is_the_version_that_was_promised(offer: Offer) -> None:
    done = await offer.run_on_each(VERSION)

    assert said(done) == {version: (f"{version}\n", "") for version in done}
    firsts = [each.pieces[0] for each in done.values()]
    assert firsts == [Started(each.name) for each in offer.usable]


async def test_the_one_that_runs_the_site_is_among_them(offer: Offer) -> None:
    assert sys.version.split()[0] in [each.version for each in offer.usable]


async def test_each_tells_truly_whether_it_has_the_lock(offer: Offer) -> None:
    code = "import sys, aiohttp\nprint(getattr(sys, '_is_gil_enabled', lambda: True)())"

    done = await offer.run_on_each(code)

    assert said(done) == {each.version: (f"{each.gil}\n", "") for each in offer.usable}


async def test_each_fetches_from_the_practice_internet(offer: Offer) -> None:
    done = await offer.run_on_each(FETCH)

    assert said(done) == dict.fromkeys(done, ("200 dict\n", ""))


async def test_children_are_of_the_same_version(offer: Offer) -> None:
    done = await offer.run_on_each(CHILDREN)

    assert said(done) == {version: (f"{version}\n" * 4, "") for version in done}


async def test_each_traces_tasks(offer: Offer) -> None:
    code = "import asyncio\nasync def main(): await asyncio.sleep(0.01)\nasyncio.run(main())"

    for version, done in (await offer.run_on_each(code)).items():
        spans = [event["ph"] for event in done.events if event["name"] == "main"]
        assert spans == ["B", "E"], version


async def test_each_numbers_the_tasks_of_a_program_from_one(offer: Offer) -> None:
    code = "import asyncio\nasync def main(): print(asyncio.current_task().get_name())\nasyncio.run(main())"

    done = await offer.run_on_each(code)

    assert said(done) == dict.fromkeys(done, ("Task-1\n", ""))


async def test_packages_of_the_host_are_out_of_view(offer: Offer) -> None:
    code = "import os, site\nfound = filter(os.path.exists, site.getsitepackages())\n"
    code += "print(sum(map(os.listdir, found), []))"

    done = await offer.run_on_each(code)

    assert said(done) == dict.fromkeys(done, ("[]\n", ""))


async def test_each_has_a_template_of_its_own(offer: Offer, shared_runner: EmbeddedRunner) -> None:
    await offer.run_on_each("pass")

    assert len(Family(await shared_runner.ensure()).templates()) == len(offer.usable)


async def test_a_lesson_runs_on_each_from_the_command_line(offer: Offer, tmp_path: Path) -> None:
    def run_lesson(name: str) -> tuple[int, str]:
        words = ["manage.py", "run_lesson", "--python", name, "fetch-fan-out"]
        found = {variable: os.environ[variable] for variable in PLACES if variable in os.environ}
        environment = {**found, "STUDYAPP_DATA_DIR": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, *words],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    names = [each.name for each in offer.usable]
    done = await asyncio.gather(*(asyncio.to_thread(run_lesson, name) for name in names))
    assert dict(zip(names, done, strict=True)) == dict.fromkeys(names, (0, ""))


BROKEN = "#!/bin/sh\necho 'cannot open libpython' >&2\nexit 127\n"
ANSWERING = """#!/bin/sh
case "$*" in *hexversion*) echo '{answer}';; *) exit 127;; esac
"""


def answer_as(path: Path, version: str) -> str:
    """A script at `path` that calls itself a CPython of this version, a late build, and starts nothing."""
    answer = {
        "implementation": "cpython",
        "major": int(version.split(".")[0]),
        "minor": int(version.split(".")[1]),
        "hexversion": 0x7F000000,
        "version": version,
        "abiflags": "",
        "gil": True,
        "path": str(path),
        "prefix": str(path.parents[1]),
        "missing": "",
    }
    return ANSWERING.format(answer=json.dumps(answer))


@pytest.fixture
def pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pyenv of one Python that does not start and one whose packages were not installed."""
    folder = tmp_path / "pyenv" / "versions"
    unprepared = folder / "3.99.0" / "bin" / "python3.99"
    put(folder / "3.98.0" / "bin" / "python3.98", BROKEN)
    put(unprepared, answer_as(unprepared, "3.99.0"))
    monkeypatch.setenv("PYENV_ROOT", str(folder.parent))
    return folder


def put(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(script)
    path.chmod(0o755)


@pytest.fixture
def runner_with_broken_ones(pyenv: Path, bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=1, waiting=1, stock=0)
    yield runner
    runner.close()


async def test_broken_ones_are_shown_with_their_reasons_and_hurt_nobody(
    runner_with_broken_ones: EmbeddedRunner,
) -> None:
    client = RunnerClient(await runner_with_broken_ones.ensure())
    offered = {each.name: each for each in (await client.describe()).interpreters}

    assert "python3.98 fails with 'cannot open libpython'" in offered["3.98"].problem
    assert "not installed for Python 3.99.0: run `make install`" in offered["3.99"].problem
    for name in ("3.98", "3.99"):
        with pytest.raises(Refused) as caught:
            await client.start(Job("print('never')", interpreter=name))
        assert (caught.value.code, caught.value.field) == ("unknown_interpreter", "interpreter")
        assert offered[name].problem in caught.value.message
    default = next(each for each in offered.values() if not each.problem)
    assert (await run(client, VERSION)).printed() == f"{default.version}\n"


@pytest.fixture
def runner_with_false_default(monkeypatch: pytest.MonkeyPatch, bubblewrap: str) -> Iterator[EmbeddedRunner]:
    """What is found first calls itself the Python that programs would run on, and starts nothing."""
    real = find_interpreters()[0]
    if real.name == own_interpreter().name:
        pytest.skip("programs run on the very Python that runs the site")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # readable to whom root becomes
        Path(name).chmod(0o755)
        path = Path(name) / "versions" / real.version / "bin" / f"python{real.name}"
        put(path, answer_as(path, real.version))
        monkeypatch.setenv("PYENV_ROOT", name)
        runner = EmbeddedRunner(runs=1, waiting=1, stock=0)
        yield runner
        runner.close()


async def test_a_default_that_makes_no_jail_gives_way_to_the_next(
    runner_with_false_default: EmbeddedRunner,
) -> None:
    client = RunnerClient(await runner_with_false_default.ensure())
    false, *others = (await client.describe()).interpreters
    next_best = next(each for each in others if not each.problem)

    assert false.problem
    assert (await run(client, VERSION)).printed() == f"{next_best.version}\n"


def test_a_lesson_on_a_broken_one_is_refused_on_the_command_line(
    pyenv: Path, bubblewrap: str, tmp_path: Path
) -> None:
    environment = {**os.environ, "STUDYAPP_DATA_DIR": str(tmp_path)}
    words = ["manage.py", "run_lesson", "--python", "3.98", "fetch-fan-out"]

    done = subprocess.run(
        [sys.executable, *words], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "Python 3.98 cannot be used" in done.stderr
    assert "repair or remove it" in done.stderr
