"""Where a machine may keep Pythons: files that look like one, none of which is trusted to be one."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PLACES = ("PATH", "HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME")
"""The variables of the environment that say where to look."""

MOST = 64
_CALLED = re.compile(r"python3(\.\d+t?)?")


def find_candidates(environment: Mapping[str, str], project: Path) -> dict[Path, str]:
    """Executable files by their real paths, each with the name it was found under; best place first."""
    found: dict[Path, str] = {}
    for folder in _find_folders(environment, project):
        for name in reversed(_list(folder)):  # python3.13 before python3, which says less
            path = os.path.realpath(folder / name)  # pathlib's own raises for loops and closed folders
            if _CALLED.fullmatch(name) and os.path.isfile(path) and os.access(path, os.X_OK):
                found.setdefault(Path(path), name)
    return dict(list(found.items())[:MOST])


def find_home(environment: Mapping[str, str]) -> Path:
    """The home of whoever the environment belongs to."""
    return Path(environment.get("HOME") or os.path.expanduser("~"))


def _find_folders(environment: Mapping[str, str], project: Path) -> Iterator[Path]:
    on_path = [Path(word) for word in environment.get("PATH", "").split(":") if word.startswith("/")]
    home = find_home(environment)
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    yield from (folder for folder in on_path if folder.name != "shims")
    pyenvs = [Path(environment.get("PYENV_ROOT") or home / ".pyenv")]
    pyenvs += [folder.parent for folder in on_path if folder.name == "shims"]
    for pyenv in pyenvs:
        yield from _find_bins(pyenv / "versions")
    yield from _find_bins(Path(environment.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python"))
    yield from (Path("/usr/local/bin"), Path("/usr/bin"))
    yield from _find_bins(project / ".interpreters")


def _find_bins(folder: Path) -> Iterator[Path]:
    for name in _list(folder):
        yield folder / name / "bin"


def _list(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):  # not there, or closed to us
        return sorted(os.listdir(folder))
    return []
