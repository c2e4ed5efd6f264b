"""A setting that cannot be used stops the start and names its variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STUDYAPP_DEBUG", "maybe"),
        ("STUDYAPP_GUESTS_MAY_RUN", "2"),
        ("STUDYAPP_DATA_DIR", "/dev/null/data"),
        ("STUDYAPP_RUNS_PER_MINUTE", "0"),
        ("STUDYAPP_RUNS_PER_MINUTE", "many"),
        ("STUDYAPP_SOCKETS_PER_VISITOR", "0"),
    ],
)
def test_a_value_that_cannot_be_used_stops_the_start_and_names_the_variable(
    tmp_path: Path, variable: str, value: str
) -> None:
    environment = {"PATH": os.environ["PATH"], "STUDYAPP_DATA_DIR": str(tmp_path), variable: value}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert variable in ended.stderr.splitlines()[-1]
