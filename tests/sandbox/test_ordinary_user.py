"""The sandbox as an ordinary user starts it. Run by root, the suite becomes one for this."""

import json
import os
from pathlib import Path

import pytest

from tests.as_ordinary_user import HOME, opened, run_as_ordinary, spare_id

by_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
ENOUGH = 300


def test_every_layer_holds_for_an_ordinary_user(bubblewrap: str) -> None:
    done = run_as_ordinary("-m", "studyapp.sandbox", "check", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    layers = {layer["name"]: layer for layer in json.loads(done.stdout)}
    assert [layer for layer in layers.values() if not layer["ok"]] == []
    if os.geteuid() == 0:
        assert f"user {spare_id()}, since" in layers["not root outside"]["detail"]


@by_root
def test_root_becomes_somebody_without_power_in_a_home_of_their_own(bubblewrap: str) -> None:
    code = (
        "import json, os, pathlib\n"
        "pathlib.Path.home().joinpath('mine').write_text('x')\n"
        "status = open('/proc/self/status').read().splitlines()\n"
        "powers = {line.split()[1] for line in status if line.startswith(('CapPrm', 'CapEff', 'CapInh'))}\n"
        "ids = os.getresuid(), os.getresgid(), os.getgroups()\n"
        "print(json.dumps([*ids, *powers, str(pathlib.Path.home())]))"
    )

    done = run_as_ordinary("-c", code)

    mine = spare_id()
    assert json.loads(done.stdout) == [[mine] * 3, [mine] * 3, [], "0" * 16, str(HOME)]
    assert not (HOME / "mine").exists()


@by_root
def test_most_tests_of_the_jail_depend_on_the_user_and_are_selected(bubblewrap: str) -> None:
    """In all three folders of a suite that a mistake in the selection would leave out."""
    done = run_as_ordinary("-m", "pytest", "-p", "no:cacheprovider", "--jails-only", "--collect-only", "-q")

    selected = [line for line in done.stdout.splitlines() if line.startswith("tests/")]
    assert len(selected) > ENOUGH
    assert {line.rpartition("/")[0].partition("::")[0] for line in selected} >= {
        "tests/sandbox",
        "tests/sandbox/abuse",
    }


def test_a_closed_folder_on_the_way_is_covered_and_the_rest_left_alone(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    wanted = closed / "python" / "3.11"
    wanted.mkdir(parents=True)
    closed.chmod(0o700)

    words = opened(wanted, Path("/usr"))

    assert words[-3:] == ["--ro-bind", str(wanted), str(wanted)]
    assert "/usr" not in words
