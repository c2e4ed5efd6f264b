"""A learner's program runs as a script runs: its exit status, its errors, its threads, its __main__."""

import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from studyapp.sandbox.interpreters import Interpreter
from tests.tracer.guest import FOLDER, Guest

Run = Callable[..., Guest]

CHAINED = """\
def inner():
    raise KeyError("page")

def outer():
    try:
        inner()
    except KeyError as error:
        raise ValueError("no such page") from error

outer()
"""
POOL = """\
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def double(n):
    return n * 2

if __name__ == "__main__":
    context = multiprocessing.get_context("START")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        print(list(pool.map(double, range(3))))
"""


@pytest.fixture(params=[True, False], ids=["traced", "untraced"])
def traced(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def output(guest: Guest) -> str:
    return guest.printed() + guest.stdout


def errors(guest: Guest) -> str:
    return guest.printed("stderr") + guest.stderr


def count_errors(error: dict[str, Any]) -> int:
    return 1 + sum(count_errors(member) for member in error["sub"])


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("pass", 0),
        ("raise SystemExit", 0),
        ("import sys\nsys.exit(3)", 3),
        ("raise SystemExit(-1)", 255),
        ("raise SystemExit(True)", 1),
        ("raise SystemExit('sorry')", 1),
        ("1 / 0", 1),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_the_exit_status_is_pythons(run: Run, source: str, status: int, *, traced: bool) -> None:
    assert run(source, traced=traced).status == status


def test_an_exit_with_a_text_prints_it_and_is_no_error(run: Run, *, traced: bool) -> None:
    guest = run("raise SystemExit('sorry')", traced=traced)
    assert errors(guest) == "sorry\n"
    assert guest.args("M", "failed") == []


def test_a_syntax_error_is_pythons_own_with_its_line(run: Run, *, traced: bool) -> None:
    guest = run("x = 1\nif x = 1:\n    pass\n", traced=traced)
    (failed,) = guest.args("M", "failed")
    assert (failed["type"], failed["line"]) == ("SyntaxError", 2)
    assert failed["msg"].startswith("invalid syntax. Maybe you meant '=='")
    assert errors(guest).startswith('  File "lesson.py", line 2\n    if x = 1:\n')
    assert guest.status == 1


@pytest.mark.parametrize("source", ["x = '\ud800'", "a\0b", "(" * 500 + ")" * 500, "def f():\nreturn"])
def test_no_source_is_too_odd_to_be_refused_properly(run: Run, source: str, *, traced: bool) -> None:
    guest = run(source, traced=traced)
    assert guest.status == 1
    assert len(guest.args("M", "failed")) == 1


def test_an_error_tells_its_innermost_line_in_the_learners_file(run: Run, *, traced: bool) -> None:
    (failed,) = run("import json\n\njson.loads('no json')\n", traced=traced).args("M", "failed")
    assert (failed["type"], failed["line"]) == ("JSONDecodeError", 3)


def test_a_traceback_shows_none_of_our_frames(run: Run, *, traced: bool) -> None:
    said = errors(run(CHAINED, traced=traced))
    assert said.count("Traceback (most recent call last):") == 2
    assert said.count('File "lesson.py"') == said.count("File ") == 4
    assert "    raise ValueError(" in said


def test_an_error_out_of_a_running_loop_shows_none_of_our_frames(run: Run) -> None:
    guest = run("import asyncio\nasync def main():\n    raise KeyboardInterrupt\nasyncio.run(main())\n")
    assert guest.status == 130
    assert "in _run" in errors(guest)
    assert "tracer" not in errors(guest)


def test_the_learners_own_excepthook_is_asked(run: Run, *, traced: bool) -> None:
    source = (
        "import sys\nsys.excepthook = lambda kind, error, tb: print(kind.__name__, tb.tb_lineno)\n1 / 0\n"
    )
    assert output(run(source, traced=traced)) == "ZeroDivisionError 3\n"


def test_an_error_that_cannot_say_what_it_is_still_ends_the_program(run: Run, *, traced: bool) -> None:
    source = "class Odd(Exception):\n    def __str__(self):\n        1 / 0\nraise Odd\n"
    assert run(source, traced=traced).args("M", "failed")[0]["type"] == "Odd"


@pytest.mark.parametrize(("times", "wide"), [(50, 1), (1, 500)])
def test_a_group_of_errors_is_told_up_to_a_bound(run: Run, times: int, wide: int) -> None:
    source = (
        f"e = ValueError()\nfor _ in range({times}):\n    e = ExceptionGroup('g', [e] * {wide})\nraise e\n"
    )
    (failed,) = run(source).args("M", "failed")
    assert failed["sub"]
    assert count_errors(failed) <= 64


def test_threads_are_waited_for_before_the_exit_functions(run: Run, *, traced: bool) -> None:
    source = "import atexit, threading, time\natexit.register(print, 'exit')\n"
    source += "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()\nprint('main')\n"
    assert output(run(source, traced=traced)) == "main\nthread\nexit\n"


def test_a_program_that_failed_still_ends_properly(run: Run, *, traced: bool) -> None:
    guest = run("import atexit\natexit.register(print, 'exit')\n1 / 0\n", traced=traced)
    assert (output(guest), guest.status) == ("exit\n", 1)


def test_the_program_is_main(run: Run, *, traced: bool) -> None:
    source = (
        "import sys\nprint(__name__, __file__, sys.argv, sys.modules['__main__'].__dict__ is globals())\n"
    )
    assert output(run(source, traced=traced)) == "__main__ lesson.py ['lesson.py'] True\n"


def test_the_program_sees_no_name_of_ours(run: Run, *, traced: bool) -> None:
    names = output(run("print(sorted(globals()))", traced=traced))
    assert names == str(sorted(["__builtins__", "__cached__", "__doc__", "__file__", "__loader__", "__name__",
                                "__package__", "__spec__"])) + "\n"  # fmt: skip


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_functions_of_the_program_reach_a_process_pool(run: Run, start: str, *, traced: bool) -> None:
    assert output(run(POOL.replace("START", start), traced=traced)) == "[0, 2, 4]\n"


BEGINS = """
import sys
sys.path.insert(0, sys.argv[1])
from tracer.program import run_program
run_program(
    fd=int(sys.argv[2]),
    filename="lesson.py",
    source="print('program')",
    traced=sys.argv[3] == "True",
    begins=lambda: sys.__stdout__.write("begins\\n"),
)
"""


def test_who_started_it_is_told_when_it_is_about_to_begin(python: Interpreter, *, traced: bool) -> None:
    reading, writing = os.pipe()
    words = [str(FOLDER), str(writing), str(traced)]
    done = subprocess.run(
        [python.path, "-I", "-c", BEGINS, *words],
        pass_fds=[writing],
        capture_output=True,
        text=True,
        check=True,
    )
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        told = pipe.read()
    assert done.stdout == ("begins\n" if traced else "begins\nprogram\n")
    assert ('"program"' in told) == traced


def test_the_first_event_tells_of_the_python_that_runs(run: Run) -> None:
    about = run("import sys\nprint(sys.version.split()[0])").events[0]
    assert about["name"] == "run"
    assert about["args"]["python"] + "\n" == run("import sys\nprint(sys.version.split()[0])").printed()
    assert len(about["args"]["file_sha"]) == 64
