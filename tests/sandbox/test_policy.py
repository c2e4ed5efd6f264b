"""What of the host is covered in a jail: tried by bubblewrap, with a folder that an ordinary user made."""

import os
from pathlib import Path

import pytest

from studyapp.sandbox import policy
from studyapp.sandbox.errors import RunnerUnavailable
from tests.as_ordinary_user import run_as_ordinary

LISTED = """
import os, subprocess, sys
from pathlib import Path
from studyapp.sandbox import policy

python = Path.home() / "python"
for name, mode in {"plain": 0o755, "takes-a-user": 0o4755, "takes-a-group": 0o2755}.items():
    program = python / "bin" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("#!/bin/sh")
    program.chmod(mode)
for name, mode in {"closed": 0, "unlisted": 0o311, "unsearchable": 0o644}.items():
    (python / name / "inner").mkdir(parents=True)
    (python / name).chmod(mode)
covered = [*policy.system_mounts(python), *policy.cover_privileged_files(python)]
look = f"cd {python}; wc -c bin/*; ls -A closed unlisted unsearchable"
done = subprocess.run(["bwrap", "--unshare-user", *covered, "--", "/bin/sh", "-c", look], capture_output=True)
print(*done.stdout.decode().split(), done.stderr.decode())
"""


def test_programs_with_more_rights_and_closed_folders_are_empty_in_a_jail(bubblewrap: str) -> None:
    empty = policy.EMPTY.stat().st_size

    done = run_as_ordinary("-c", LISTED)

    assert (done.stdout + done.stderr).split() == [
        *("9", "bin/plain", str(empty), "bin/takes-a-group", str(empty), "bin/takes-a-user"),
        *(str(9 + 2 * empty), "total"),
        *("closed:", "unlisted:", "unsearchable:"),
    ]


def test_of_the_systems_own_python_only_what_is_shown_is_searched() -> None:
    shown = ("/usr/bin/", "/usr/lib", "/usr/share/zoneinfo")

    words = policy.cover_privileged_files(Path("/usr"))

    assert words == policy.cover_privileged_files()
    assert [word for word in words if word.startswith("/usr/") and not word.startswith(shown)] == []


def test_folders_that_other_systems_keep_beside_usr_are_searched_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    privileged = tmp_path / "bin" / os.fsdecode(b"su-\xff")
    privileged.parent.mkdir()
    privileged.touch()
    privileged.chmod(0o4755)
    monkeypatch.setattr(policy, "MERGED", (str(privileged.parent),))

    assert str(privileged.parent) in policy.system_mounts()
    assert str(privileged) in policy.cover_privileged_files()


def test_a_folder_that_cannot_be_searched_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunnerUnavailable, match=f"could not be searched.*{tmp_path}/missing"):
        policy.cover_privileged_files(tmp_path / "missing")
