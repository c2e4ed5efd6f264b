"""The room of the runner: a bubblewrap of its own, which hides the rest of the host from it."""

import os
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studyapp.sandbox import policy
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.interpreters import Interpreter, find_interpreters, own_interpreter
from studyapp.sandbox.jail import python_command
from studyapp.sandbox.layout import PROJECT, ROOM, find_packages
from studyapp.sandbox.remedies import BUBBLEWRAP_MISSING, explain
from studyapp.sandbox.spare_ids import IdRange, spare_range

ROOTS_POWERS = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")


@dataclass(frozen=True, slots=True)
class Room:
    """`wrap` starts a command in it, after more arguments for bubblewrap; `enter` comes first of the command.

    `own` is the interpreter that the runner itself runs on; programs may use any of the `interpreters`, and
    get the first that can be used unless they ask. `ids` are those of the host that its jails can have, None
    for an ordinary user, who has one.
    """

    own: Interpreter
    interpreters: Sequence[Interpreter]
    wrap: Sequence[str]
    enter: Sequence[str]
    ids: IdRange | None

    @property
    def python(self) -> list[str]:
        """The command that starts the runner's own interpreter."""
        return python_command(self.own)


def prepare_room() -> Room:
    """The room, tried once. Raises RunnerUnavailable with the remedy."""
    found = shutil.which("bwrap")
    if found is None:
        raise RunnerUnavailable(BUBBLEWRAP_MISSING)
    own = own_interpreter()
    find_packages(own)
    interpreters = [
        each if each.problem or each.name == own.name else _check_other(each) for each in find_interpreters()
    ]
    ids = spare_range() if os.geteuid() == 0 else None
    wrap = [found, "--die-with-parent", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    wrap += ["--unshare-user"] if ids is None else keep_powers()
    wrap += room_mounts(Path(found), [each for each in interpreters if not each.problem])
    enter = [] if ids is None else [*python_command(own), "-m", "studyapp.sandbox.enter", *ids.words]
    room = Room(own, interpreters, wrap, enter, ids)
    tried = subprocess.run(  # noqa: S603  # a list of our own words, no shell
        [*wrap, "--", *enter, "/usr/bin/true"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        raise RunnerUnavailable(explain(tried.stderr.strip().rpartition("\n")[2]))
    return room


def room_mounts(bwrap: Path, interpreters: Sequence[Interpreter]) -> list[str]:
    """What the runner may see: the system's programs, the interpreters, and of ours what it runs itself."""
    import msgspec  # here, since only the start of a runner needs it

    ours = {
        bwrap.resolve(): ROOM / "bwrap",
        **{find_packages(each): ROOM / "packages" / each.name for each in interpreters},
        Path(msgspec.__file__).parent: ROOM / "msgspec",
        **{
            PROJECT / "studyapp" / part: ROOM / "studyapp" / part
            for part in ("__init__.py", "sandbox", "tracer")
        },
    }
    check_readable(*ours)
    return [
        *policy.system_mounts(*(each.prefix for each in interpreters)),
        *policy.cover_privileged_files(*(each.prefix for each in interpreters)),
        *policy.read_only(ours),
        *("--bind", "/proc", "/proc"),
        *policy.device_mounts(),
        *policy.make_folders([Path("/tmp")]),  # noqa: S108  # where bubblewrap builds the roots of templates
        *("--chdir", "/", "--clearenv", "--setenv", "LANG", "C.UTF-8", "--setenv", "PYTHONPATH", str(ROOM)),
    ]


def check_readable(*paths: Path) -> None:
    """Raises RunnerUnavailable if the user that root becomes could not read what it is to run."""
    closed = [path for path in paths if os.geteuid() == 0 and not path.stat().st_mode & stat.S_IROTH]
    if closed:
        raise RunnerUnavailable(
            f"The runner gives root up and could not read {closed[0]} then: run `chmod -R go+rX {PROJECT}`."
        )


def keep_powers() -> list[str]:
    """Of root's power only what it takes to give root up."""
    return ["--cap-drop", "ALL", *(word for name in ROOTS_POWERS for word in ("--cap-add", name))]


def _check_other(interpreter: Interpreter) -> Interpreter:
    """An interpreter that is not the runner's own hurts nobody when it cannot be used."""
    try:
        check_readable(interpreter.path, interpreter.prefix, find_packages(interpreter))
    except (RunnerUnavailable, OSError) as error:
        return replace(interpreter, problem=str(error))
    return interpreter
