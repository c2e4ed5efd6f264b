"""Runs the tests of the jail again as an ordinary user: `python -m tests.as_ordinary_user [ARGUMENT…]`.

Arguments are for pytest. For root, who becomes somebody else for this, with a home of their own. Nothing is
made on the machine: the user is an id that nobody has, the home is in memory. An ordinary user has nothing to
repeat.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from studyapp.sandbox import policy
from studyapp.sandbox.layout import PROJECT
from studyapp.sandbox.room import keep_powers

FIRST_ID = 64_321
"""Exists in containers with 65,536 ids too, and lies beyond those that the runner gives to jails there."""

TEMPORARY = Path("/tmp")  # noqa: S108  # a new one, in memory
HOME = TEMPORARY / "ordinary-user"
NOTHING_SELECTED = 5


def main(arguments: Sequence[str]) -> int:
    """The exit code of pytest. That nothing was selected is a failure unless arguments asked for less."""
    if os.geteuid() != 0:
        return 0
    sys.stdout.write(f"The tests of the jail once more, as the ordinary user {spare_id()}:\n")
    sys.stdout.flush()
    side_by_side = os.environ.get("SIDE_BY_SIDE", "").split()
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--jails-only", *side_by_side]
    code = subprocess.run(
        [*become_ordinary(), *pytest, *arguments], env=environment(), check=False
    ).returncode
    return 0 if code == NOTHING_SELECTED and arguments else code


def run_as_ordinary(*words: str) -> "subprocess.CompletedProcess[str]":
    """A Python command as an ordinary user, with what `make test` gives one."""
    return subprocess.run(
        [*become_ordinary(), sys.executable, *words],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def become_ordinary() -> list[str]:
    """A command that starts the next one as an ordinary user who can read the project and its Python.

    The folders that lead there may be closed to others. For an ordinary user it is no command at all.
    """
    if os.geteuid() != 0:
        return []
    bubblewrap = shutil.which("bwrap") or "bwrap"
    return [
        *(bubblewrap, "--die-with-parent", "--dev-bind", "/", "/"),
        *("--perms", "1777", "--tmpfs", str(TEMPORARY), "--perms", "0777", "--tmpfs", str(HOME)),
        *opened(PROJECT, Path(sys.base_prefix)),
        *("--chdir", str(PROJECT), *keep_powers(), "--"),
        *("setpriv", f"--reuid={spare_id()}", f"--regid={spare_id()}", "--clear-groups", "--inh-caps=-all"),
    ]


def opened(*paths: Path) -> list[str]:
    """Arguments for bubblewrap that show these paths, read-only, and cover the closed folder each is in."""
    hidden = [(path, top) for path in paths if (top := closed_parent(path)) is not None]
    covers = {top for _, top in hidden} - {TEMPORARY}
    return [
        *(word for top in sorted(covers) for word in ("--perms", "0755", "--tmpfs", str(top))),
        *policy.read_only({path: path for path, _ in hidden}),
    ]


def closed_parent(path: Path) -> Path | None:
    """The outermost folder on the way that is closed to others or replaced; None if there is none."""
    return next((each for each in reversed(path.parents) if each == TEMPORARY or is_closed(each)), None)


def is_closed(folder: Path) -> bool:
    return not folder.stat().st_mode & 0o001


def spare_id() -> int:
    """An id that has no name here."""
    named = {each.pw_uid for each in pwd.getpwall()}
    return next(number for number in range(FIRST_ID, FIRST_ID + 1000) if number not in named)


def environment() -> dict[str, str]:
    """What is root's own gives way: home, data and caches."""
    own = {
        "HOME": HOME,
        "STUDYAPP_DATA_DIR": HOME / "data",
        "HYPOTHESIS_STORAGE_DIRECTORY": HOME / "examples",
    }
    left_out = ("TMPDIR", "XDG_", "PYENV_", "UV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {name: str(path) for name, path in own.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
