from typing import Any

import pytest

from studyapp.sandbox.jobs import EndReason, Job, JobError, Limits
from studyapp.tracer.events import END_REASONS


def test_a_job_survives_the_wire() -> None:
    job = Job(
        "print('é')",
        "a-1.py",
        "3.11",
        traced=False,
        stdin="x\n",
        owner="7",
        interactive=True,
        limits=Limits(wall_s=1.5),
    )

    assert Job.from_wire(job.to_wire()) == job


def test_only_the_code_is_needed() -> None:
    assert Job.from_wire({"code": "pass"}) == Job("pass")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], "job"),
        ({}, "code"),
        ({"code": 5}, "code"),
        ({"code": "", "traced": 1}, "traced"),
        ({"code": "", "stdin": None}, "stdin"),
        ({"code": "", "interactive": "yes"}, "interactive"),
        ({"code": "", "owner": 7}, "owner"),
        ({"code": "", "owner": "x" * 65}, "owner"),
        ({"code": "", "network": True}, "network"),
        ({"code": "", "limits": []}, "limits"),
        ({"code": "", "limits": {"wall_s": "long"}}, "limits.wall_s"),
        ({"code": "a\0b"}, "code"),
        ({"code": "\ud800"}, "code"),
        ({"code": "é" * 40_000}, "code"),
        ({"code": "", "stdin": "x" * 65_537}, "stdin"),
        ({"code": "123456", "limits": {"code_bytes": 5}}, "code"),
    ],
)
def test_a_wrong_job_is_refused_by_field(raw: Any, field: str) -> None:
    with pytest.raises(JobError) as caught:
        Job.from_wire(raw)

    assert caught.value.field == field


@pytest.mark.parametrize(
    "filename",
    ["", ".py", "../a.py", "/a.py", "a b.py", "-c.py", "a.txt", "a.py\n", "a\0.py", "a" * 60 + ".py.py"],
)
def test_a_file_name_cannot_leave_its_folder_or_be_an_option(filename: str) -> None:
    with pytest.raises(JobError, match="filename: must be a plain file name"):
        Job("", filename)


@pytest.mark.parametrize("filename", ["lesson.py", "fetch-fan-out.py", "_a.b.py", "7.py"])
def test_ordinary_file_names_pass(filename: str) -> None:
    assert Job("", filename).filename == filename


def test_end_reasons_are_those_of_the_events() -> None:
    assert tuple(reason.value for reason in EndReason) == END_REASONS
