"""Which Pythons can run learners' programs. So far: the one that runs this very process."""

import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython: `name` as people choose it ("3.11", "3.13t"), `gil` as the interpreter itself says."""

    name: str
    version: str
    path: Path
    gil: bool


def find_interpreters() -> list[Interpreter]:
    """Every usable interpreter, the default one first."""
    return [own_interpreter()]


def own_interpreter() -> Interpreter:
    """The interpreter below any virtual environment that this process runs in."""
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    name = f"{sys.version_info.major}.{sys.version_info.minor}{'t' if free_threaded else ''}"
    version = sys.version.split()[0]
    path = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    gil: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    return Interpreter(name, version, path, gil)
