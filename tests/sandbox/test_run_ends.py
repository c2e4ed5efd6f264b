"""How runs end, in real jails."""

import subprocess
from pathlib import Path

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.interpreters import find_interpreters
from studyapp.sandbox.jobs import Limits, Started
from tests.sandbox.helpers import run


async def test_a_program_runs_to_its_end(client: RunnerClient) -> None:
    done = await run(client, "import sys\nprint('out')\nprint('err', file=sys.stderr)")

    assert isinstance(done.pieces[0], Started)
    assert (done.reason, done.outcome.exit, done.outcome.error) == ("finished", 0, None)
    assert (done.printed("stdout"), done.printed("stderr")) == ("out\n", "err\n")


@pytest.mark.parametrize("traced", [True, False])
async def test_the_last_event_is_the_end_and_numbers_have_no_gap(
    client: RunnerClient, *, traced: bool
) -> None:
    done = await run(client, "for i in range(100): print(i)", traced=traced)

    assert [event["q"] for event in done.events] == list(range(1, len(done.events) + 1))
    assert done.events[-1]["name"] == "end"
    assert done.events[-1]["args"] | {"wall_ms": 0, "cpu_ms": 0} == {
        "reason": "finished",
        "exit": 0,
        "wall_ms": 0,
        "cpu_ms": 0,
    }
    assert done.printed() == "".join(f"{i}\n" for i in range(100))


async def test_a_traced_program_tells_its_tasks(client: RunnerClient) -> None:
    code = "import asyncio\nasync def main(): await asyncio.sleep(0.01)\nasyncio.run(main())"

    done = await run(client, code)

    assert [event["ph"] for event in done.events if event["name"] == "main"] == ["B", "E"]


async def test_an_untraced_program_tells_only_output_and_end(client: RunnerClient) -> None:
    code = "import asyncio\nasync def main(): print('hi')\nasyncio.run(main())"

    done = await run(client, code, traced=False)

    assert {event["name"] for event in done.events} == {"out", "end"}
    assert done.printed() == "hi\n"


@pytest.mark.parametrize("traced", [True, False])
async def test_an_exception_fails_the_run_with_its_line(client: RunnerClient, *, traced: bool) -> None:
    code = "def divide(n):\n    return 1 / n\n\ndivide(0)\n"

    done = await run(client, code, traced=traced)

    assert (done.reason, done.outcome.exit) == ("failed", 1)
    assert done.outcome.error == {
        "type": "ZeroDivisionError",
        "msg": "division by zero",
        "line": 2,
        "sub": [],
    }
    assert done.named("end")[0]["error"] == done.outcome.error


FAILING = "def divide(n):\n    return 1 / n\n\ndivide(0)\n"


@pytest.fixture
def told_alone(tmp_path: Path) -> str:
    """What the Python that programs run on prints of it, without any jail."""
    (tmp_path / "lesson.py").write_text(FAILING)
    plain = [str(find_interpreters()[0].path), "-I", "lesson.py"]
    done = subprocess.run(plain, cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.stderr.replace(f"{tmp_path}/", "")


async def test_the_traceback_is_the_one_python_prints_for_the_program_alone(
    client: RunnerClient, told_alone: str
) -> None:
    done = await run(client, FAILING)

    assert done.printed("stderr") == told_alone
    assert 'File "lesson.py", line 2, in divide' in told_alone


async def test_a_syntax_error_fails_with_pythons_message_and_line(client: RunnerClient) -> None:
    done = await run(client, "print('never')\nif True print(1)\n")

    assert done.reason == "failed"
    assert done.outcome.error is not None
    assert (done.outcome.error["type"], done.outcome.error["line"]) == ("SyntaxError", 2)
    assert 'File "lesson.py", line 2' in done.printed("stderr")
    assert done.printed() == ""


@pytest.mark.parametrize(("code", "exit_code"), [("3", 3), ("'gone'", 1), ("True", 1)])
async def test_sys_exit_with_a_status_fails_the_run(client: RunnerClient, code: str, exit_code: int) -> None:
    done = await run(client, f"import sys; sys.exit({code})")

    assert (done.reason, done.outcome.exit, done.outcome.error) == ("failed", exit_code, None)


async def test_sys_exit_without_one_finishes_it(client: RunnerClient) -> None:
    assert (await run(client, "import sys; sys.exit()")).reason == "finished"


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
async def test_a_program_killed_by_a_signal_says_which(client: RunnerClient, name: str) -> None:
    done = await run(client, f"import os, signal; os.kill(os.getpid(), signal.{name})")

    assert done.reason == "failed"
    assert done.outcome.error is not None
    assert done.outcome.error["msg"] == f"killed by {name}"


async def test_leaving_without_a_word_is_an_end_as_well(client: RunnerClient) -> None:
    done = await run(client, "import os\nprint('said')\nos._exit(7)")

    assert (done.reason, done.outcome.exit, done.printed()) == ("failed", 7, "said\n")


async def test_standard_input_is_what_the_job_says_and_then_over(client: RunnerClient) -> None:
    done = await run(client, "print(input()); print(input()); input()", stdin="one\ntwo\n")

    assert done.printed() == "one\ntwo\n"
    assert done.outcome.error is not None
    assert done.outcome.error["type"] == "EOFError"


async def test_a_program_need_not_read_its_input(client: RunnerClient) -> None:
    assert (await run(client, "pass", stdin="x" * 65_536)).reason == "finished"


async def test_output_of_subprocesses_and_raw_writes_arrives(client: RunnerClient) -> None:
    code = (
        "import os, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'print(1)'])\n"
        "os.write(2, b'raw \\xff')\n"
    )

    done = await run(client, code)

    assert (done.printed("stdout"), done.printed("stderr")) == ("1\n", "raw �")


async def test_two_and_a_half_megabytes_arrive_whole(client: RunnerClient) -> None:
    code = (
        "import sys\nfor i in range(25):\n  for s in sys.stdout, sys.stderr: s.write(chr(97 + i) * 100_000)"
    )
    expected = "".join(chr(97 + i) * 100_000 for i in range(25))

    done = await run(client, code, limits=Limits(output_bytes=3_000_000))

    assert done.reason == "finished"
    assert done.printed("stdout") == expected
    assert done.printed("stderr") == expected


async def test_the_program_lies_beside_itself_as_a_file(client: RunnerClient) -> None:
    code = "import os, sys\nprint(sys.argv, __name__, os.getcwd(), open(sys.argv[0]).read() != '')"

    done = await run(client, code, filename="semaphore.py")

    assert done.printed() == "['semaphore.py'] __main__ /home/learner True\n"
