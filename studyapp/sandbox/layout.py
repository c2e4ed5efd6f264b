"""Where things lie: what a runner needs on its side, and where a jail finds it on the inside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.guest_folders import GuestFolders
from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.project import PROJECT as PROJECT

ROOM = Path("/opt/interleave")
"""The one folder in which a wrapped runner finds everything of ours."""

HOME = Path("/home/learner")
GUEST = Path("/opt/guest")
AUTHORITY = Path("/etc/practice-ca.pem")


@dataclass(frozen=True, slots=True)
class Layout:
    """What the jails of all interpreters are made of, as paths on the runner's side.

    `source` holds `sandbox/` and `tracer/`; `packages` a folder for each interpreter with what its guests may
    import; `authority` the certificate that guests trust; `identity` the practice internet's certificate
    and key; `groups` a folder for each hierarchy of control groups.
    """

    bwrap: Path
    source: Path
    packages: Path
    authority: Path
    identity: Path
    groups: Path

    @classmethod
    def in_room(cls) -> Self:
        """The layout inside a wrapped runner."""
        return cls(
            bwrap=ROOM / "bwrap",
            source=ROOM / "studyapp",
            packages=ROOM / "packages",
            authority=ROOM / "authority.pem",
            identity=ROOM / "identity.pem",
            groups=ROOM / "cgroup",
        )


def find_packages(interpreter: Interpreter, folders: GuestFolders | None = None) -> Path:
    """The folder of guests' packages for this interpreter. Raises RunnerUnavailable if it is not filled."""
    folders = folders or GuestFolders()
    problem = folders.find_problem(interpreter.name, interpreter.version)
    if problem:
        raise RunnerUnavailable(problem)
    return folders.find(interpreter.name)
