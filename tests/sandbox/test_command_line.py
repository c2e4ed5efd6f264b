"""`python -m studyapp.sandbox`, as typed into a shell."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studyapp.sandbox.layout import PROJECT
from tests.sandbox.processes import descendants, until_dead

# Makes its standard input the terminal of its session, then becomes the command.
TAKE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""

pytestmark = pytest.mark.usefixtures("bubblewrap")


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "studyapp.sandbox", *map(str, words)]


def call(*words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), cwd=PROJECT, capture_output=True, text=True, check=False, input=stdin
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "program.py"


def test_run_prints_what_the_program_prints(program: Path) -> None:
    program.write_text("import sys\nprint('out')\nprint('err', file=sys.stderr)")

    done = call("run", program)

    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")


def test_what_the_terminal_cannot_show_is_replaced(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program.write_text("import sys\nprint('caf\\xe9')\nprint('\\u20ac', file=sys.stderr)")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")

    done = call("run", program)

    assert (done.returncode, done.stdout, done.stderr) == (0, "caf?\n", "?\n")


@pytest.mark.parametrize(
    ("code", "arguments", "status", "complaint"),
    [
        ("1 / 0", [], 1, "ZeroDivisionError"),
        ("if True print(1)", [], 1, "SyntaxError"),
        ("import os; os.abort()", [], 1, "killed by SIGABRT"),
        ("pass", ["--limit", "wall_s=0"], 2, "limits.wall_s: must be a number"),
        ("pass", ["--limit", "wall_s=long"], 2, "limits.wall_s: must be a number, not 'long'"),
        ("pass", ["--limit", "network=1"], 2, "limits.network: unknown"),
        ("pass", ["--python", "2.7"], 2, "no interpreter is called '2.7'"),
        ("while True: pass", ["--limit", "wall_s=0.3"], 3, "wall_limit after"),
        ("bytearray(1 << 40)", [], 3, "MemoryError"),
    ],
)
def test_exit_codes_tell_how_it_went(
    program: Path, code: str, arguments: list[str], status: int, complaint: str
) -> None:
    program.write_text(code)

    done = call("run", program, *arguments)

    assert done.returncode == status
    assert complaint in done.stderr


def test_a_file_that_is_not_there_is_a_bad_argument(tmp_path: Path) -> None:
    done = call("run", tmp_path / "nothing.py")

    assert done.returncode == 2
    assert "nothing.py" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--untraced"]])
def test_jsonl_prints_events_and_nothing_else(program: Path, arguments: list[str]) -> None:
    program.write_text("print('hello')")

    done = call("run", program, "--jsonl", *arguments)
    events = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.stderr == ""
    assert [event["q"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["name"] == "end"
    assert events[-1]["args"]["reason"] == "finished"


def test_a_reader_that_had_enough_ends_it_quietly(program: Path) -> None:
    program.write_text("import time\nfor _ in range(1000): print('x' * 1000); time.sleep(0.001)")
    with subprocess.Popen(
        command("run", program), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()

    assert (process.returncode, complaint) == (1, "")


def test_ctrl_c_stops_the_program_and_says_so(program: Path) -> None:
    """A terminal sends SIGINT to the whole group of processes, not to one."""
    program.write_text("import time\nprint('up')\ntime.sleep(60)")
    with subprocess.Popen(
        command("run", program),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.killpg(process.pid, signal.SIGINT)
        _, complaint = process.communicate()

    assert process.returncode == 1
    assert "stopping with SIGINT" in complaint
    assert "KeyboardInterrupt" in complaint


ECHO = """\
import sys
print("ready")
for line in sys.stdin:
    print("got", line.strip())
print("end of input")
"""


def test_the_program_reads_what_is_piped_in(program: Path) -> None:
    program.write_text(ECHO)
    assert call("run", program, stdin="é\ntwo").stdout == "ready\ngot é\ngot two\nend of input\n"


def test_the_program_reads_a_file_that_is_standard_input(program: Path, tmp_path: Path) -> None:
    program.write_text(ECHO)
    lines = tmp_path / "lines"
    lines.write_text("one\ntwo\n")
    with lines.open() as stdin:
        output = subprocess.check_output(command("run", program), cwd=PROJECT, stdin=stdin, text=True)
    assert output == "ready\ngot one\ngot two\nend of input\n"


def test_the_program_finds_the_end_of_input_where_there_is_none(program: Path) -> None:
    program.write_text(ECHO)
    words = ["sh", "-c", 'exec "$@" <&-', "sh", *command("run", program)]
    assert subprocess.check_output(words, cwd=PROJECT, text=True) == "ready\nend of input\n"


def test_the_program_answers_before_more_is_piped_in_and_ends_before_the_pipe_does(program: Path) -> None:
    program.write_text("print(input('name? '))\nprint(input())")
    with subprocess.Popen(
        command("run", program), cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("Ada", "Grace"):
            process.stdin.write(f"{name}\n")
            process.stdin.flush()
            assert process.stdout.readline().endswith(f"{name}\n")
        assert process.wait() == 0


def test_lines_typed_at_a_terminal_reach_the_program_one_by_one_and_ctrl_d_ends_them(program: Path) -> None:
    program.write_text(ECHO)
    ours, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *command("run", program)],
        cwd=PROJECT,
        stdin=terminal,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for line in ("one", "two"):
            os.write(ours, f"{line}\n".encode())
            assert process.stdout.readline() == f"got {line}\n"
        os.write(ours, b"\x04")
        assert process.stdout.readline() == "end of input\n"
    os.close(ours)
    assert process.returncode == 0


def test_the_terminal_of_another_session_is_left_alone(program: Path) -> None:
    program.write_text(ECHO)
    ours, terminal = pty.openpty()
    os.write(ours, b"not for this one\n")
    output = subprocess.check_output(
        command("run", program), cwd=PROJECT, stdin=terminal, text=True, start_new_session=True
    )
    os.close(terminal)
    os.close(ours)
    assert output == "ready\nend of input\n"


@pytest.mark.parametrize(
    ("stdin", "complaint"),
    [
        (b"x" * 65_537, "standard input: A program can be given at most 65,536 bytes of input"),
        (b"caf\xe9\n", "standard input: must be UTF-8 text (invalid continuation byte)"),
        (b"caf\xc3", "standard input: must be UTF-8 text (unexpected end of data)"),
    ],
    ids=["too much", "no UTF-8", "cut character"],
)
def test_input_that_no_program_can_be_given_ends_it_with_one_line(
    program: Path, stdin: bytes, complaint: str
) -> None:
    program.write_text("import time\ntime.sleep(60)")
    done = subprocess.run(command("run", program), cwd=PROJECT, input=stdin, capture_output=True, check=False)
    (told,) = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert told.startswith(complaint)


def test_what_was_printed_past_the_limit_is_told_in_bytes(program: Path) -> None:
    program.write_text("import os\nos.write(1, b'x' * 30)\nos.write(2, b'y' * 10)")
    done = call("run", program, "--limit", "output_bytes=10")
    assert done.stdout == "x" * 10
    assert "20 bytes of stdout left out" in done.stderr


def test_check_tells_every_layer() -> None:
    done = call("check", "--json")

    assert done.returncode == 0
    assert all(layer["ok"] for layer in json.loads(done.stdout))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_at_once_on_a_signal_and_takes_its_socket_away(
    tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "runner.sock"
    with subprocess.Popen(
        command("serve", "--socket", path), cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening on {path}\n"
        family = descendants(process.pid)
        process.send_signal(number)

    assert process.returncode == 0
    assert not path.exists()
    asyncio.run(until_dead(family))


def test_a_runner_dies_with_the_process_that_serve_started_as(tmp_path: Path) -> None:
    path = tmp_path / "runner.sock"
    with subprocess.Popen(
        command("serve", "--socket", path), cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        family = descendants(process.pid)
        process.kill()

    assert len(family) > 2
    asyncio.run(until_dead(family))
