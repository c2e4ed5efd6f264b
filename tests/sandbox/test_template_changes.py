"""What a template was made from can change under a runner that serves: the next run gets the new code."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.layout import PROJECT
from tests.sandbox.family import Family, jail_of
from tests.sandbox.helpers import follow, run, until_printed
from tests.sandbox.processes import children, is_alive, until

OURS = ("sandbox/inside", "tracer")
WAITING = "print('up', flush=True)\ninput()"


@pytest.fixture
def copy(bubblewrap: str, tmp_path: Path) -> Path:
    """A clone of the project in a folder that is closed to other users."""
    folder = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__", "content", "runs", "accounts")
    shutil.copytree(PROJECT / "studyapp", folder / "studyapp", ignore=ignored)
    (folder / ".guest").symlink_to((PROJECT / ".guest").resolve())
    tmp_path.chmod(0o700)
    return folder


@pytest.fixture
async def family(copy: Path) -> AsyncIterator[Family]:
    """A runner of the copy, with one jail made ahead."""
    socket_path = copy.parent / "socket"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "studyapp.sandbox", "serve", "--socket", str(socket_path)),
        *("--runs", "4", "--stock", "1", "--until-stdin-closes"),
        cwd=copy,
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin
    assert process.stdout
    assert b"listening" in await process.stdout.readline()
    yield Family(socket_path)
    process.stdin.close()
    await process.wait()


def touch(path: Path) -> None:
    """As an editor that writes the same again."""
    changed = path.stat().st_mtime_ns + 1
    os.utime(path, ns=(changed, changed))


async def until_made_again(family: Family, template: int) -> None:
    """Runs programs until one is in a jail of another template; the runner looks once in a while."""
    while template in family.templates() or not family.templates():
        assert (await run(family.client, "print('mine')")).printed() == "mine\n"


async def run_for_ever(family: Family) -> None:
    while True:
        await run(family.client, "print('mine')")


@pytest.mark.parametrize("folder", OURS)
async def test_a_changed_file_makes_a_new_template(copy: Path, family: Family, folder: str) -> None:
    (template,) = family.templates()
    old = await family.until_jails(1)

    touch(next((copy / "studyapp" / folder).glob("*.py")))
    await until_made_again(family, template)

    assert old.isdisjoint(await family.until_jails(1))


async def test_the_new_code_is_what_runs(copy: Path, family: Family) -> None:
    code = "import os; print(os.environ.get('MADE'))"
    assert (await run(family.client, code)).printed() == "None\n"

    with (copy / "studyapp" / "sandbox" / "inside" / "preload.py").open("a") as file:
        file.write("\nimport os\nos.environ['MADE'] = 'again'\n")

    while (await run(family.client, code)).printed() == "None\n":
        pass
    assert (await run(family.client, code)).printed() == "again\n"


async def test_a_run_of_the_old_template_goes_on_to_its_end(copy: Path, family: Family) -> None:
    (old,) = family.templates()
    handle = await family.client.start(Job(WAITING, "mine.py", interactive=True))
    await until_printed(handle, "up")
    touch(copy / "studyapp" / "tracer" / "program.py")
    await until(lambda: len(family.jails()) == 2)

    while len(family.templates()) == 1:
        await run(family.client, "print('mine')")

    assert jail_of("mine.py") in children(old)
    await handle.send_input("\n")
    assert (await follow(handle)).reason == "finished"


async def test_an_old_template_is_gone_when_its_last_run_has_ended(copy: Path, family: Family) -> None:
    (old,) = family.templates()
    handle = await family.client.start(Job(WAITING, "mine.py", interactive=True))
    await until_printed(handle, "up")
    touch(copy / "studyapp" / "tracer" / "program.py")
    while len(family.templates()) == 1:
        await run(family.client, "print('mine')")

    await handle.end_input()
    await follow(handle)

    await until(lambda: not is_alive(old))


async def test_code_that_makes_no_template_refuses_runs_until_it_is_mended(
    copy: Path, family: Family
) -> None:
    module = copy / "studyapp" / "sandbox" / "inside" / "preload.py"
    whole = module.read_text()
    module.write_text("import no_such_module\n")

    with pytest.raises(RunnerUnavailable, match="no_such_module"):
        await run_for_ever(family)

    module.write_text(whole)
    assert (await run(family.client, "print('mended')")).printed() == "mended\n"
