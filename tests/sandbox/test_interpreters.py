"""Every CPython that is new enough is found wherever it lies, and what only looks like one hurts nobody."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from studyapp.sandbox.candidates import find_candidates
from studyapp.sandbox.guest_folders import GuestFolders
from studyapp.sandbox.interpreters import (
    Interpreter,
    find_interpreters,
    own_interpreter,
    search_interpreters,
)
from studyapp.sandbox.project import PROJECT

OWN = own_interpreter()
EXAMPLE = Interpreter("3.13t", "3.13.1", Path("/opt/py/bin/python3.13t"), Path("/opt/py"), gil=False)

Machine = Mapping[str, str]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An environment in which a home of its own and one folder on the path are all there is but /usr."""
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}


@pytest.fixture
def put(machine: Machine) -> Callable[..., Path]:
    """Puts a shell script, or one that answers as a Python with the given facts, into a folder."""

    def make(name: str, script: str = "", folder: str = "", **facts: object) -> Path:
        path = Path(folder or machine["PATH"], name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script or answer(path, **facts)}\n")
        path.chmod(0o755)
        return path

    return make


def answer(place: Path, /, **facts: object) -> str:
    """A script that answers as a CPython 3.99 would, with some facts changed."""
    told: dict[str, object] = {
        "implementation": "cpython",
        "major": 3,
        "minor": 99,
        "hexversion": 0x036300F0,
        "version": "3.99.0",
        "abiflags": "",
        "gil": True,
        "path": str(place),
        "prefix": str(place.parent),
        "missing": "",
    }
    return f"echo '{json.dumps(told | facts)}'"


def found(machine: Machine) -> dict[str, Interpreter]:
    return {each.name: each for each in search_interpreters(machine)}


def test_the_one_that_runs_the_site_is_first(machine: Machine) -> None:
    assert search_interpreters(machine)[0] == OWN
    assert OWN.version == sys.version.split()[0]


def test_the_pythons_of_this_machine_are_found_where_only_pyenv_has_them(machine: Machine) -> None:
    real = {each.name: each for each in search_interpreters() if not each.problem}
    for each in real.values():
        folder = Path(machine["HOME"], ".pyenv", "versions", each.version, "bin")
        folder.mkdir(parents=True)
        (folder / f"python{each.name}").symlink_to(each.path)
    offered = found({"HOME": machine["HOME"]})
    assert OWN.name in real
    assert {name: offered[name] for name in real} == real


@pytest.mark.parametrize(
    ("place", "variables"),
    [
        ("{home}/.pyenv/versions/3.99.0/bin", {}),
        ("{home}/.local/share/uv/python/cpython-3.99.0/bin", {}),
        ("{home}/elsewhere/versions/3.99.0/bin", {"PYENV_ROOT": "{home}/elsewhere"}),
        ("{home}/elsewhere/versions/3.99.0/bin", {"PATH": "{home}/elsewhere/shims"}),
        ("{home}/elsewhere/cpython-3.99.0/bin", {"UV_PYTHON_INSTALL_DIR": "{home}/elsewhere"}),
        ("{home}/elsewhere/uv/python/cpython-3.99.0/bin", {"XDG_DATA_HOME": "{home}/elsewhere"}),
        ("{home}/on-the-path", {"PATH": "/no/such/folder:{home}/on-the-path"}),
    ],
    ids=["pyenv", "uv", "pyenv-root", "pyenv-shims", "uv-folder", "data-home", "path"],
)
def test_places_are_looked_at(
    machine: Machine, put: Callable[..., Path], place: str, variables: dict[str, str]
) -> None:
    home = machine["HOME"]
    path = put("python3.99", folder=place.format(home=home))
    changed = {name: value.format(home=home) for name, value in variables.items()}
    assert found({**machine, **changed})["3.99"] == Interpreter("3.99", "3.99.0", path, path.parent, gil=True)


def test_the_projects_own_folder_is_looked_at(
    machine: Machine, put: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "project" / ".interpreters" / "free-threaded" / "bin"
    python = put("python3.13t", folder=str(folder))
    assert find_candidates(machine, tmp_path / "project")[python] == "python3.13t"


@pytest.mark.parametrize(
    "name", ["python3.99-config", "python3.99-gdb.py", "python2.7", "pythonw3.99", "pypy3"]
)
def test_other_programs_are_not_asked(machine: Machine, put: Callable[..., Path], name: str) -> None:
    path = put(name)
    assert path not in find_candidates(machine, PROJECT)


def test_links_that_lead_nowhere_are_passed_over(machine: Machine) -> None:
    folder = Path(machine["PATH"])
    (folder / "python3.98").symlink_to(folder / "python3.98")
    (folder / "python3.99").symlink_to("/no/such/file")
    (folder / "python3").mkdir()
    assert {"3.98", "3.99", "python3"}.isdisjoint(found(machine))


def test_stand_ins_of_version_managers_are_not_asked(
    machine: Machine, put: Callable[..., Path], tmp_path: Path
) -> None:
    path = put("python3.99", folder=str(tmp_path / "shims"))
    assert path not in find_candidates({**machine, "PATH": str(path.parent)}, PROJECT)


def test_one_program_under_many_names_is_asked_once(machine: Machine, put: Callable[..., Path]) -> None:
    path = put("python3.99")
    (path.parent / "python3").symlink_to(path)
    candidates = find_candidates(machine, PROJECT)
    assert candidates[path] == "python3.99"
    assert path.parent / "python3" not in candidates


def test_its_own_word_counts_and_not_the_name_of_its_file(machine: Machine, put: Callable[..., Path]) -> None:
    path = put("python3.12", minor=99, version="3.99.1", abiflags="t", gil=False)
    assert found(machine)["3.99t"] == Interpreter("3.99t", "3.99.1", path, path.parent, gil=False)
    assert found(machine).get("3.12") is None or found(machine)["3.12"].path != path


@pytest.mark.parametrize(
    "facts", [{"implementation": "pypy"}, {"minor": 10}, {"major": 2}], ids=["pypy", "older", "two"]
)
def test_what_is_no_cpython_or_too_old_is_not_offered(
    machine: Machine, put: Callable[..., Path], facts: dict[str, Any]
) -> None:
    path = put("python3.99", **facts)
    assert path not in [each.path for each in found(machine).values()]


def test_a_broken_one_is_told_with_the_reason_and_hurts_nobody(
    machine: Machine, put: Callable[..., Path]
) -> None:
    crashing, whole = put("python3.98", "echo no library; exit 127"), put("python3.99")
    offered = found(machine)
    assert offered["3.98"].problem == f"{crashing} fails with 'no library': repair or remove it."
    assert (offered["3.99"].path, offered["3.99"].problem) == (whole, "")


def test_a_broken_one_of_an_old_version_is_not_worth_telling(
    machine: Machine, put: Callable[..., Path]
) -> None:
    put("python3.9", "exit 1")
    assert "3.9" not in found(machine)


def test_a_broken_one_does_not_stand_before_one_that_works(
    machine: Machine, put: Callable[..., Path]
) -> None:
    put("python3.99", "exit 1")
    working = put("python3.99", folder=f"{machine['HOME']}/.pyenv/versions/3.99.0/bin")
    assert (found(machine)["3.99"].path, found(machine)["3.99"].problem) == (working, "")


def test_a_broken_one_does_not_hide_the_one_that_runs_the_site(
    machine: Machine, put: Callable[..., Path]
) -> None:
    put(f"python{OWN.name}", "exit 1")
    assert found(machine)[OWN.name] == OWN


def test_of_one_name_the_highest_version_is_offered(machine: Machine, put: Callable[..., Path]) -> None:
    put("python3.99", version="3.99.9", hexversion=0x036309F0)
    highest = put("python3", version="3.99.10", hexversion=0x03630AF0)
    assert found(machine)["3.99"].path == highest


def test_the_order_is_by_the_numbers_of_the_names(machine: Machine, put: Callable[..., Path]) -> None:
    put("python3.100", "exit 1")
    put("python3.99t", abiflags="t")
    put("python3.99")
    put("python3.98", "exit 1")
    put("python3", "exit 1")
    names = [each.name for each in search_interpreters(machine)]
    assert names[0] == OWN.name
    assert names[-5:] == ["3.98", "3.99", "3.99t", "3.100", "python3"]


def test_one_without_a_module_that_is_needed_is_told_so(machine: Machine, put: Callable[..., Path]) -> None:
    path = put("python3.99", missing="_ctypes _ssl")
    assert found(machine)["3.99"].problem == (
        f"{path} was built without _ctypes _ssl: install a whole Python 3.99.0."
    )


def test_a_prefix_that_holds_the_home_would_show_it_to_programs(
    machine: Machine, put: Callable[..., Path]
) -> None:
    put("python3.99", folder=f"{machine['HOME']}/bin", prefix=machine["HOME"])
    problem = found({**machine, "PATH": f"{machine['HOME']}/bin"})["3.99"].problem
    assert problem.startswith(f"Programs could read {machine['HOME']},")


def test_a_prefix_that_holds_the_project_would_show_it_to_programs(
    machine: Machine, put: Callable[..., Path]
) -> None:
    put("python3.99", prefix="/")
    assert f"Programs could read {machine['HOME']}" in found(machine)["3.99"].problem
    put("python3.99", prefix=str(PROJECT), path=str(PROJECT / "python3.99"))
    assert f"Programs could read {PROJECT}," in found(machine)["3.99"].problem


def test_one_that_lies_outside_of_its_prefix_cannot_be_used(
    machine: Machine, put: Callable[..., Path]
) -> None:
    put("python3.99", prefix="/opt/other")
    assert "lies outside of /opt/other" in found(machine)["3.99"].problem


def test_without_its_packages_one_cannot_be_used_yet(machine: Machine, tmp_path: Path) -> None:
    (own, *_) = find_interpreters(machine, GuestFolders(root=tmp_path / "guest"))
    assert (own.name, "run `make install`" in own.problem) == (OWN.name, True)


def test_every_python_of_this_machine_is_what_it_is_offered_as() -> None:
    for each in search_interpreters():
        if not each.problem:
            said = subprocess.check_output(
                [each.path, "-I", "-c", "import sys; print(sys.version)"], text=True
            )
            assert said.split()[0] == each.version


def test_an_interpreter_travels_as_json() -> None:
    for each in (EXAMPLE, OWN):
        assert Interpreter.from_wire(each.to_wire()) == each


@pytest.mark.parametrize(
    "change", [{"gil": 1}, {"name": None}, {"path": 3}, {"more": ""}], ids=lambda change: next(iter(change))
)
def test_what_is_no_interpreter_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an interpreter must be"):
        Interpreter.from_wire(EXAMPLE.to_wire() | change)


@pytest.mark.parametrize("raw", [None, [], {}, "3.11"])
def test_what_is_no_object_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="an interpreter must be"):
        Interpreter.from_wire(raw)


def test_what_is_no_folder_is_passed_over(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert search_interpreters({**machine, "PATH": f"{tmp_path}/file"})[0] == OWN
