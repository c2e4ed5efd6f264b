"""Installs the packages that learners' programs may import, for every Python of the machine.

A folder that is whole already is left alone. One that cannot be made keeps its Python from being offered
and the others from nothing.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from studyapp.sandbox.guest_folders import GuestFolders
from studyapp.sandbox.interpreters import Interpreter, search_interpreters
from studyapp.sandbox.questioning import quote

INSTALLED_WITHIN_S = 600.0
TRIED_WITHIN_S = 120.0
MADE_AT_ONCE = 2
UNFINISHED = "unfinished-"

TRY_OUT = """
import compileall, sys
folder = sys.argv[1]
sys.path.insert(0, folder)
compileall.compile_dir(folder, quiet=2)
import aiohttp.web
"""


class InstallFailed(Exception):
    """Says in a sentence without its stop why a folder of packages could not be made."""


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 when at least one Python can run programs, 1 when none can, 2 for bad arguments."""
    parser = argparse.ArgumentParser(prog="python -m studyapp.sandbox.guest_packages", description=__doc__)
    parser.parse_args(arguments)
    os.umask(0o022)  # root's runner reads the folders as another user
    interpreters = search_interpreters()
    try:
        problems = make_folders(interpreters, GuestFolders())
    except OSError as error:
        problems = [f"{error.filename}: {error.strerror}."] * len(interpreters)
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201  # a command line
    if len(problems) < len(interpreters):
        return 0
    print("No Python can run programs.", file=sys.stderr)  # noqa: T201  # a command line
    return 1


def make_folders(interpreters: Sequence[Interpreter], folders: GuestFolders) -> list[str]:
    """Makes what is missing. Returns a sentence for each interpreter that cannot be used."""
    broken = [each.problem for each in interpreters if each.problem]
    missing = [
        each for each in interpreters if not each.problem and not folders.is_whole(each.name, each.version)
    ]
    if not missing:
        return broken
    names = ", ".join(each.name for each in missing)
    print(f"Installing the packages that programs may import, for Python {names}", flush=True)  # noqa: T201
    with _alone(folders.root), ThreadPoolExecutor(MADE_AT_ONCE) as threads:
        tried = list(threads.map(lambda each: _try_to_make(each, folders), missing))
    return [*broken, *(problem for problem in tried if problem)]


def make_folder(interpreter: Interpreter, folders: GuestFolders) -> None:
    """One folder of packages, in its place once it is whole and tried out. Raises InstallFailed."""
    with tempfile.TemporaryDirectory(dir=folders.root, prefix=UNFINISHED) as place:
        made = Path(place, "made")
        _install(interpreter, folders.requirements, made)
        _try_out(interpreter, made)
        folders.stamp_file(made).write_text(folders.stamp(interpreter.version))
        final = folders.find(interpreter.name)
        if final.exists():
            final.rename(Path(place, "old"))
        made.rename(final)


def _try_to_make(interpreter: Interpreter, folders: GuestFolders) -> str:
    failure = folders.failure_file(interpreter.name)
    if folders.is_whole(interpreter.name, interpreter.version):  # made while this one waited for its turn
        return ""
    try:
        make_folder(interpreter, folders)
    except (InstallFailed, OSError) as problem:
        failure.write_text(f"{problem}\n")
        return folders.find_problem(interpreter.name, interpreter.version)
    failure.unlink(missing_ok=True)
    return ""


def _install(interpreter: Interpreter, requirements: Path, place: Path) -> None:
    """pip of this very Python chooses wheels for the other one, which so needs neither pip nor a compiler."""
    minor = ".".join(interpreter.version.split(".")[:2])
    command = [
        *(sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"),
        *("--no-deps", "--no-compile", "--only-binary", ":all:", "--implementation", "cp"),
        *("--python-version", minor, "--abi", f"cp{interpreter.name.replace('.', '')}"),
        *("--target", str(place), "--requirement", str(requirements)),
    ]
    _run(command, dict(os.environ), INSTALLED_WITHIN_S, interpreter)


def _try_out(interpreter: Interpreter, place: Path) -> None:
    _run([str(interpreter.path), "-I", "-S", "-c", TRY_OUT, str(place)], {}, TRIED_WITHIN_S, interpreter)


def _run(command: list[str], environment: dict[str, str], within_s: float, interpreter: Interpreter) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # our own words and an interpreter that has been asked
            command, env=environment, capture_output=True, text=True, check=False, timeout=within_s
        )
    except subprocess.TimeoutExpired:
        raise InstallFailed(_word(interpreter, f"nothing came of it within {within_s:g} s")) from None
    except OSError as error:
        raise InstallFailed(_word(interpreter, f"{command[0]}: {error.strerror}")) from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise InstallFailed(_word(interpreter, quote(last)))


def _word(interpreter: Interpreter, reason: str) -> str:
    what = f"The packages that programs may import cannot be installed for Python {interpreter.version}"
    return f"{what} ({reason})"


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Waits until no other process installs here, and clears what one left behind that was killed."""
    root.mkdir(exist_ok=True)
    with open(root / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for unfinished in root.glob(f"{UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
