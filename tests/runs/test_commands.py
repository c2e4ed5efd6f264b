"""`run_lesson` and `sandbox_check` as somebody at a shell meets them: exit codes, streams, lines."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from studyapp.content.lessons.catalogue import all_lessons, get_lesson
from studyapp.sandbox.interpreters import find_interpreters
from studyapp.sandbox.layers.layer import TITLES, LayerCheck

WITHIN_S = 60
pytestmark = pytest.mark.usefixtures("runner")


@pytest.fixture
def shell(tmp_path: Path) -> "Shell":
    return Shell(tmp_path)


class Shell:
    """A shell in the project, with a data folder that holds no database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        places = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = places | {"STUDYAPP_DATA_DIR": str(folder)}

    def open(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        with self.open(*words) as process:
            stdout, stderr = process.communicate(timeout=WITHIN_S)
            return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def run_program(self, code: str, *options: str) -> "subprocess.CompletedProcess[str]":
        program = self.folder / "program.py"
        program.write_text(code)
        return self.run("run_lesson", "gil", "--code", str(program), *options)


def test_the_output_of_a_lesson_goes_to_standard_output(shell: Shell) -> None:
    ran = shell.run_program("import sys\nprint('to out')\nprint('to err', file=sys.stderr)")
    assert (ran.returncode, ran.stdout) == (0, "to out\n")
    assert "to err\n" in ran.stderr


def test_a_lesson_runs_with_the_values_that_were_set(shell: Shell) -> None:
    name = get_lesson("gil").parameters[0].name
    ran = shell.run_program(f"{name} = 1\nprint({name})", "--set", f"{name}=2")
    assert (ran.returncode, ran.stdout) == (0, "2\n")


def test_with_jsonl_there_is_an_event_a_line_and_the_last_one_is_the_end(shell: Shell) -> None:
    ran = shell.run_program("print(1)", "--jsonl")
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [event["q"] for event in events] == list(range(1, len(events) + 1))
    assert (events[-1]["ph"], events[-1]["name"]) == ("M", "end")
    assert (events[-1]["args"]["reason"], events[-1]["args"]["exit"]) == ("finished", 0)
    assert ran.returncode == 0


def test_an_untraced_run_tells_output_and_end_only(shell: Shell) -> None:
    ran = shell.run_program(
        "import asyncio\nasyncio.run(asyncio.sleep(0))\nprint(1)", "--jsonl", "--untraced"
    )
    assert {json.loads(line)["name"] for line in ran.stdout.splitlines()} == {"out", "end"}


def test_a_program_that_fails_ends_with_1_and_its_own_traceback(shell: Shell) -> None:
    ran = shell.run_program("1 / 0")
    assert ran.returncode == 1
    assert "ZeroDivisionError: division by zero" in ran.stderr


def test_a_syntax_error_ends_with_1_and_pythons_own_message(shell: Shell) -> None:
    ran = shell.run_program("x = 1\nfor x in y\n")
    assert ran.returncode == 1
    assert "line 2" in ran.stderr
    assert "SyntaxError: expected ':'" in ran.stderr


def test_a_limit_ends_with_3_and_its_name(shell: Shell) -> None:
    ran = shell.run_program("while True: print('x' * 1000)")
    assert ran.returncode == 3
    assert "output_limit" in ran.stderr


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (["no-such-lesson"], [lesson.slug for lesson in all_lessons()]),
        (["gil", "--set", "NO_SUCH=1"], [parameter.name for parameter in get_lesson("gil").parameters]),
        (["gil", "--python", "2.7"], [each.name for each in find_interpreters() if not each.problem]),
        (["gil", "--variant", "no-such"], [variant.name for variant in get_lesson("gil").variants]),
        (["gil", "--set", "NO_VALUE"], ["NAME=VALUE"]),
        (["gil", "--code", "no/such/file.py"], ["no/such/file.py"]),
    ],
    ids=["lesson", "parameter", "interpreter", "variant", "setting", "file"],
)
def test_bad_arguments_end_with_2_and_one_line_that_names_the_choices(
    shell: Shell, words: list[str], choices: list[str]
) -> None:
    ran = shell.run("run_lesson", *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert len(ran.stderr.splitlines()) == 1
    assert all(choice in ran.stderr for choice in choices)


def test_a_value_out_of_range_ends_with_2_and_names_the_range(shell: Shell) -> None:
    parameter = get_lesson("gil").parameters[0]
    ran = shell.run("run_lesson", "gil", "--set", f"{parameter.name}=1000000000")
    assert ran.returncode == 2
    assert f"{parameter.minimum} to {parameter.maximum}" in ran.stderr


def test_without_bubblewrap_nothing_is_run_and_the_exit_code_is_4(shell: Shell) -> None:
    shell.environment["PATH"] = str(shell.folder)
    ran = shell.run_program("print('never')")
    assert (ran.returncode, ran.stdout) == (4, "")
    (told,) = ran.stderr.splitlines()
    assert "apt install bubblewrap" in told


def test_ctrl_c_stops_the_program_and_ends_with_1(shell: Shell) -> None:
    program = shell.folder / "program.py"
    program.write_text("import time\nprint('ready', flush=True)\nwhile True: time.sleep(1)")
    with shell.open("run_lesson", "gil", "--code", str(program)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 1
    assert "stopped" in stderr
    assert "manage.py" not in stderr


def test_a_reader_that_goes_away_is_no_fault(shell: Shell) -> None:
    program = shell.folder / "program.py"
    program.write_text("while True: print('x' * 100)")
    with shell.open("run_lesson", "gil", "--code", str(program)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode in (1, 3)
    assert "Traceback" not in stderr
    assert "BrokenPipe" not in stderr


def test_sandbox_check_tells_layers_limits_and_interpreters(shell: Shell) -> None:
    ran = shell.run("sandbox_check")
    assert ran.returncode == 0
    assert "wall_s: 15.0" in ran.stdout
    assert f"python {find_interpreters()[0].name}" in ran.stdout
    assert "FAIL" not in ran.stdout
    assert [line for line in ran.stdout.splitlines() if line in TITLES.values()] == list(TITLES.values())[1:]


def test_sandbox_check_tells_machines_the_same_as_json(shell: Shell) -> None:
    ran = shell.run("sandbox_check", "--json")
    facts = json.loads(ran.stdout)
    assert facts["safe"] is True
    assert all(LayerCheck(**layer).ok for layer in facts["layers"])
    assert facts["limits"]["processes"] == 128


def test_sandbox_check_ends_with_1_and_the_remedy_where_a_layer_is_missing(shell: Shell) -> None:
    shell.environment["PATH"] = str(shell.folder)
    ran = shell.run("sandbox_check")
    assert ran.returncode == 1
    assert "apt install bubblewrap" in ran.stdout
