"""What a program prints: all of it, in order, in the name of the task or thread that printed it."""

from collections.abc import Callable

from studyapp.tracer.events import TASK_LANE
from studyapp.tracer.fields import LONGEST_OUTPUT
from tests.tracer.guest import Guest

Run = Callable[..., Guest]

WRITERS = """\
import asyncio, sys, threading

def in_a_thread():
    print("thread says hello")

async def says(text):
    print(text)
    await asyncio.sleep(0)
    print(text, "again", file=sys.stderr)

async def main():
    await asyncio.gather(says("one"), says("two"))
    await asyncio.to_thread(in_a_thread)

print("before the loop")
asyncio.run(main())
worker = threading.Thread(target=in_a_thread, name="my worker")
worker.start()
worker.join()
"""


def said_in(guest: Guest) -> dict[str, int]:
    """The lane that each line was written in."""
    return {event["args"]["text"]: event["tid"] for event in guest.all("i", "out")}


def test_a_task_speaks_in_its_own_lane(run: Run) -> None:
    guest = run(WRITERS)
    one, two = (TASK_LANE + task["task"] for task in guest.args("B", "says"))
    said = said_in(guest)
    assert (said["one\n"], said["two\n"]) == (one, two)
    assert (said["one again\n"], said["two again\n"]) == (one, two)


def test_a_thread_speaks_in_its_own_lane_under_its_name(run: Run) -> None:
    names = {event["tid"]: event["args"]["name"] for event in run(WRITERS).all("M", "thread_name")}
    spoken = [event["tid"] for event in run(WRITERS).all("i", "out") if "thread" in event["args"]["text"]]
    assert [names[lane] for lane in spoken] == ["asyncio_0", "my worker"]


def test_outside_of_tasks_the_main_thread_speaks(run: Run) -> None:
    guest = run(WRITERS)
    lane = said_in(guest)["before the loop\n"]
    assert lane == guest.all("M", "run")[0]["tid"]
    assert {"name": "MainThread"} in guest.args("M", "thread_name")


def test_streams_are_told_apart(run: Run) -> None:
    guest = run(WRITERS)
    assert guest.printed("stderr") == "one again\ntwo again\n"
    assert "again" not in guest.printed("stdout")


def test_nothing_traced_reaches_the_real_streams(run: Run) -> None:
    guest = run(WRITERS)
    assert (guest.stdout, guest.stderr) == ("", "")


def test_untraced_output_goes_to_the_real_streams(run: Run) -> None:
    guest = run(WRITERS, traced=False)
    assert guest.stdout == run(WRITERS).printed()
    assert guest.events == []


def test_many_small_writes_become_few_events(run: Run) -> None:
    guest = run("for n in range(5000):\n    print(n % 10, end='')\n")
    assert guest.printed() == "0123456789" * 500
    assert len(guest.all("i", "out")) < 500


def test_a_long_text_is_cut_into_events_and_nothing_is_lost(run: Run) -> None:
    guest = run(f"print('é' * {LONGEST_OUTPUT * 3})")
    assert guest.printed() == "é" * LONGEST_OUTPUT * 3 + "\n"
    assert len(guest.all("i", "out")) == 4


def test_bytes_and_text_keep_their_order(run: Run) -> None:
    source = "import sys\nprint('a', end='')\nsys.stdout.buffer.write('ü'.encode()[:1])\n"
    source += "sys.stdout.buffer.write('ü'.encode()[1:])\nsys.stdout.buffer.write(b'\\xff')\nprint('b')\n"
    assert run(source).printed() == "aü�b\n"


def test_lone_surrogates_fail_on_stdout_and_are_spelled_out_on_stderr_as_in_python(run: Run) -> None:
    source = "import sys\nprint('\\ud800', file=sys.stderr)\nprint('\\ud800')\n"
    assert run(source).printed("stderr").startswith("\\ud800\n")
    assert run(source).args("M", "failed")[0]["type"] == "UnicodeEncodeError"
    assert run(source).status == run(source, traced=False).status == 1


def test_a_stream_behaves_as_the_real_one(run: Run) -> None:
    source = "import sys\nfor s in (sys.stdout, sys.stderr):\n"
    source += (
        "    print(s.fileno(), s.isatty(), s.encoding, s.errors, s.writable(), s.name, s.mode, s.closed)\n"
    )
    source += "try:\n    sys.stdout.write(5)\nexcept TypeError as error:\n    print(error)\n"
    assert run(source).printed() == run(source, traced=False).stdout


def test_writing_to_a_closed_stream_fails_as_in_python(run: Run) -> None:
    source = "import sys\nsys.stdout.close()\nprint('x')\n"
    assert run(source).args("M", "failed")[0]["msg"] == "I/O operation on closed file."
    assert run(source, traced=False).args("M", "failed")[0]["msg"] == "I/O operation on closed file."


def test_what_was_printed_before_a_hard_exit_is_told(run: Run) -> None:
    guest = run("import os\nprint('last words', end='')\nos._exit(7)\n")
    assert (guest.printed(), guest.status) == ("last words", 7)


def test_what_was_printed_before_a_crash_is_told(run: Run) -> None:
    guest = run("import os, signal\nprint('last words')\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert (guest.printed(), guest.status) == ("last words\n", -9)


def test_a_forked_child_speaks_on_the_real_streams_and_says_nothing_on_the_pipe(run: Run) -> None:
    source = "import os, sys\nprint('parent')\npid = os.fork()\nif pid == 0:\n    print('child')\n"
    source += "    import asyncio\n    asyncio.run(asyncio.sleep(0))\n    os._exit(0)\n"
    source += "os.waitpid(pid, 0)\nprint('parent again')\n"
    guest = run(source)
    assert guest.stdout == "child\n"
    assert guest.printed() == "parent\nparent again\n"
    assert guest.all("B") == []


def test_a_childs_child_speaks_as_well(run: Run) -> None:
    source = "import os\nfor who in ('child', 'grandchild'):\n    pid = os.fork()\n    if pid:\n"
    source += "        os.waitpid(pid, 0)\n        break\n    print(who)\n"
    guest = run(source)
    assert (sorted(guest.stdout.split()), guest.stderr) == (["child", "grandchild"], "")


def test_forking_is_as_silent_as_without_the_tracer(run: Run) -> None:
    """Python warns who forks while other threads run; the thread that sends events must not be seen."""
    source = "import os, time\ntime.sleep(0.05)\nfor _ in range(3):\n    print('x')\n    if os.fork() == 0:\n"
    source += "        os._exit(0)\n    os.wait()\n"
    assert run(source).printed("stderr") == ""


def test_the_sending_thread_is_no_thread_that_python_knows(run: Run) -> None:
    source = "import threading\nprint(threading.active_count(), [t.name for t in threading.enumerate()])\n"
    assert run(source).printed() == "1 ['MainThread']\n"


def test_input_asks_with_its_prompt(run: Run) -> None:
    assert run("print(input('name? ') + '!')", stdin="Ada\n").printed() == "name? Ada!\n"


def test_loggers_and_objects_speak_to_the_very_end(run: Run) -> None:
    source = "import logging, atexit\nlogging.basicConfig(level='INFO')\n"
    source += "class Late:\n    def __del__(self):\n        print('late words')\nkept = Late()\n"
    source += "atexit.register(lambda: logging.info('at exit'))\n"
    guest = run(source)
    assert guest.printed("stderr") == "INFO:root:at exit\n"
    assert guest.printed() == "late words\n"
