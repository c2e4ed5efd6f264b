"""A program that calls itself Python is asked what it is, and may do anything in place of answering."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from studyapp.sandbox.questioning import LONGEST_QUOTE, Answer, NoAnswer, ask
from tests.sandbox.processes import until_dead

AMPLE_S = 60.0
SOON_S = 0.3

Fake = Callable[[str], Path]


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    def make(script: str) -> Path:
        path = tmp_path / "python3.12"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make


def said_by(path: Path, within_s: float = AMPLE_S) -> str:
    with pytest.raises(NoAnswer) as reason:
        ask(path, until=time.monotonic() + within_s)
    return str(reason.value)


def test_a_python_tells_what_it_is() -> None:
    answer = ask(Path(sys.executable), until=time.monotonic() + AMPLE_S)
    assert (answer.implementation, answer.version) == ("cpython", sys.version.split()[0])
    assert (answer.major, answer.minor, answer.hexversion) == (*sys.version_info[:2], sys.hexversion)
    assert (answer.prefix, answer.missing) == (str(Path(sys.base_prefix).resolve()), "")


def test_the_python_below_a_virtual_environment_answers_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "bin" / "python3"
    path.parent.mkdir()
    path.symlink_to(sys.executable)
    (tmp_path / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    answer = ask(path, until=time.monotonic() + AMPLE_S)
    assert answer.path == str(Path(sys.executable).resolve())


def test_nothing_of_our_environment_reaches_it(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    assert "hunter2" not in said_by(fake('echo "$SECRET"; exit 3'))


def test_a_failing_one_is_quoted(fake: Fake) -> None:
    assert said_by(fake("echo libpython3.12.so: not found >&2; exit 127")) == (
        "fails with 'libpython3.12.so: not found'"
    )


def test_a_silent_failure_is_told_by_its_exit_code(fake: Fake) -> None:
    assert said_by(fake("exit 5")) == "fails with exit code 5"
    assert said_by(fake("kill -SEGV $$")) == "fails with exit code -11"


async def test_a_hanging_one_is_ended_with_all_it_started(fake: Fake, tmp_path: Path) -> None:
    child, within_s = tmp_path / "child", SOON_S
    path = fake(f"sleep 1000 & echo $! > {child}.new; mv {child}.new {child}; wait")
    while not child.exists():  # a busy machine may take longer to come that far
        assert said_by(path, within_s) == "does not answer in time"
        within_s *= 2
    await until_dead([int(child.read_text())])


def test_one_that_answers_and_does_not_end_gave_no_answer(fake: Fake) -> None:
    assert said_by(fake("echo '{}'; exec >&- 2>&-; sleep 1000"), within_s=SOON_S) == "does not answer in time"


def test_a_flood_is_cut_off(fake: Fake) -> None:
    assert said_by(fake("yes")) == "says far too much"


@pytest.mark.parametrize(
    "words",
    ["hello", "{}", "[]", "null", '{"implementation": "cpython"}', "[" * 9000],
    ids=["text", "empty", "list", "null", "fields-missing", "nested"],
)
def test_rubbish_is_no_answer(fake: Fake, words: str) -> None:
    assert said_by(fake(f"echo '{words}'")).startswith("answers ")


def test_rubbish_is_quoted_in_part_and_printable(fake: Fake) -> None:
    said = said_by(fake(r"printf '\033[31m\377%0500d' 7"))
    assert said.isprintable()
    assert len(said) < LONGEST_QUOTE + 20


def test_what_is_no_program_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "python3.12"
    path.write_bytes(b"\x7fELF and no more")
    path.chmod(0o755)
    assert said_by(path).startswith("does not start (")


@pytest.mark.parametrize(
    ("field", "value"),
    [("minor", "11"), ("minor", True), ("gil", 1), ("path", None), ("path", "/a\nb"), ("more", 1)],
)
def test_an_answer_of_another_shape_is_none(field: str, value: object) -> None:
    good = asdict(ask(Path(sys.executable), until=time.monotonic() + AMPLE_S))
    assert Answer.from_wire(json.dumps(good)) == Answer(**good)
    with pytest.raises(NoAnswer):
        Answer.from_wire(json.dumps({**good, field: value}))
