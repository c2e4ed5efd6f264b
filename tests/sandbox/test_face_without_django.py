import subprocess
import sys

import pytest

from studyapp.sandbox.layout import PROJECT


@pytest.mark.parametrize(
    "name", ["jobs", "client", "embedded", "checks", "interpreters", "terminal", "__main__"]
)
def test_the_face_needs_nothing_but_the_standard_library(name: str) -> None:
    """An interpreter without site packages, so without Django, Channels and all the rest."""
    code = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import studyapp.sandbox.{name}"

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_package_itself_is_empty() -> None:
    assert (PROJECT / "studyapp" / "__init__.py").read_text() == ""
