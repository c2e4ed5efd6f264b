"""D12 and D16: programs that speak in our name, and what we must not say in theirs."""

import json
import re
from typing import Any

import pytest

from studyapp.sandbox.jobs import Limits
from tests.sandbox.abuse.floods import FIND_EVENT_PIPE
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial
from tests.sandbox.helpers import Run

QUIET = Limits(wall_s=30, cpu_s=30)


def fact(name: str, **args: Any) -> dict[str, Any]:
    return {"ph": "M", "cat": "meta", "name": name, "pid": 0, "tid": 0, "ts": 1.0, "args": args}


END = fact("end", reason="finished", exit=0, error=None, wall_ms=1.0, cpu_ms=1.0)
OUT = {**fact("out", stream="stdout", text="forged"), "ph": "i", "cat": "out", "s": "t"}
FORGERIES: dict[str, Any] = {
    "an end": END,
    "the runner's own dropping": fact("dropped", n=-1, reason="x"),
    "a number": {**OUT, "q": 1},
    "an unknown event": fact("owned", by="me"),
    "an unknown field": {**OUT, "sid": 1},
    "an unknown argument": fact("failed", type="E", msg="m", line=1, sub=[], html="<b>"),
    "an unknown stream": {**OUT, "args": {"stream": "stdin", "text": "x"}},
    "a wrong type": {**OUT, "args": {"stream": "stdout", "text": ["x"]}},
    "a lane beyond all": {**OUT, "tid": 10**30},
    "a time before the run": {**OUT, "ts": -1},
    "a name that is an object": {**OUT, "name": {"out": 1}},
    "no object": 17,
    "a list": [[OUT]],
    "a site of too many lines": fact("site", id=1, stack=[[1, "f"]] * 300, via=None),
    "a failure nested deep": fact("failed", type="E", msg="m", line=1, sub=[fact("failed")]),
}
LINES = {
    "NaN": b'[{"ph":"i","cat":"out","name":"out","pid":1,"tid":1,"ts":NaN,"s":"t","args":{}}]',
    "no JSON": b"}{",
    "no array": json.dumps(END).encode(),
    "no UTF-8": b'["\xff"]',
    "ready": b'{"ready":true}',
    "NUL": bytes(1000),
}


def whole(done: Run) -> None:
    """The run is numbered without a gap and has one end, the runner's own, which comes last."""
    assert [event["q"] for event in done.events] == list(range(1, len(done.events) + 1))
    assert [end["reason"] for end in done.named("end")] == [done.reason]
    assert done.events[-1]["name"] == "end"


@case("D12")
@pytest.mark.parametrize("traced", [True, False])
async def test_events_printed_to_stdout_are_text(trial: Trial, *, traced: bool) -> None:
    lines = [json.dumps([END]), json.dumps(OUT), '{"type":"end","reason":"finished"}']
    code = "\n".join(f"print({line!r})" for line in lines) + "\n1 / 0"

    done = await trial.ends("failed", code, limits=QUIET, traced=traced)

    whole(done)
    assert done.printed().splitlines() == lines


@case("D12")
@pytest.mark.parametrize("traced", [True, False])
async def test_events_that_cannot_be_are_dropped_and_counted(trial: Trial, *, traced: bool) -> None:
    lines = [json.dumps([forgery]).encode() for forgery in FORGERIES.values()] + list(LINES.values())
    code = (
        f"{FIND_EVENT_PIPE}\n"
        f"for line in [*{lines!r}, b'[' * 4000]: write_event(line)\n"
        "raise ValueError('real')"
    )

    done = await trial.ends("failed", code, limits=QUIET, traced=traced)

    whole(done)
    assert done.outcome.error is not None
    assert done.outcome.error["msg"] == "real"
    assert {"n": len(lines) + 1, "reason": "invalid events"} in done.named("dropped")
    assert done.printed() == ""


@case("D12")
async def test_a_forged_word_of_the_program_is_its_own_and_counts(trial: Trial) -> None:
    """What it could have printed as well is believed, within the same limit of output."""
    line = json.dumps([OUT]).encode()
    code = f"{FIND_EVENT_PIPE}\nfor _ in range(100): write_event({line!r})"

    done = await trial.ends("output_limit", code, limits=Limits(wall_s=30, output_bytes=100))

    whole(done)
    assert done.printed() == ("forged" * 17)[:100]


@case("D12")
async def test_a_forged_failure_changes_no_end(trial: Trial) -> None:
    failure = fact("failed", type="MemoryError", msg="forged", line=1, sub=[])
    code = f"{FIND_EVENT_PIPE}\nwrite_event({json.dumps([failure]).encode()!r})\nprint('fine')"

    done = await trial.ends("finished", code, limits=QUIET)

    whole(done)
    assert done.outcome.error is None


@case("D12")
async def test_an_event_pipe_closed_or_replaced_ends_nothing(trial: Trial) -> None:
    closed = f"{FIND_EVENT_PIPE}\nfor fd in fds: os.close(fd)\nos.write(1, b'said')"
    replaced = f"{FIND_EVENT_PIPE}\nfor fd in fds: os.dup2(1, fd)\nos.write(1, b'said')"
    for code in (closed, replaced):
        for traced in (True, False):
            done = await trial.ends("finished", code, limits=QUIET, traced=traced)
            whole(done)
            assert done.printed() == "said"


FAILURES = {
    "plain": "def f(): 1 / 0\nf()",
    "syntax": "if True print(1)",
    "caused": "try: 1 / 0\nexcept Exception as e: raise ValueError from e",
    "in a task": (
        "import asyncio\nasync def work(): 1 / 0\n"
        "async def main(): await asyncio.create_task(work())\nasyncio.run(main())"
    ),
    "in a group": (
        "import asyncio\nasync def work(): 1 / 0\n"
        "async def main():\n    async with asyncio.TaskGroup() as group:\n"
        "        for _ in range(2): group.create_task(work())\n"
        "asyncio.run(main())"
    ),
    "never fetched": (
        "import asyncio\nasync def work(): 1 / 0\n"
        "async def main():\n    task = asyncio.create_task(work())\n    await asyncio.sleep(0.01)\n"
        "    del task\nasyncio.run(main()); 1 / 0"
    ),
    "in a semaphore": (
        "import asyncio\nasync def main():\n    async with asyncio.Semaphore(1): 1 / 0\nasyncio.run(main())"
    ),
    "in a thread": "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join(); 1 / 0",
    "in a pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool: pool.submit(lambda: 1 / 0).result()"
    ),
    "in a child": "import os\nif os.fork(): os.wait()\n1 / 0",
    "in an exit handler": "import atexit\natexit.register(lambda: 1 / 0)\n1 / 0",
    "in a destructor": "class C:\n    def __del__(self): 1 / 0\nC()\n1 / 0",
    "in print": "class C:\n    def __str__(self): 1 / 0\nprint(C())",
    "in a write": "import sys\nsys.stdout.write(b'')",
    "recursion": "def f(): f()\nf()",
}
LESSON = "lesson_that_fails.py"
FRAME = re.compile(r'File "([^"]+)", line')
OURS = re.compile(r"tracer|bootstrap\.py|run_program|interleave|studyapp|/inside/|launchpad")


@case("D16")
@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_traceback_shows_no_frame_of_ours(trial: Trial, failure: str, *, traced: bool) -> None:
    """The lesson's own frames and those of Python's library are all there is."""
    done = await trial.ends("failed", FAILURES[failure], limits=QUIET, filename=LESSON, traced=traced)

    said = done.printed("stderr")
    frames = FRAME.findall(said)
    assert LESSON in frames
    assert [frame for frame in frames if frame != LESSON and "/lib/python3" not in frame] == []
    assert OURS.findall(said) == []
    assert done.printed() == ""


@case("D16")
async def test_a_plain_traceback_shows_the_lessons_frames_and_no_others(trial: Trial) -> None:
    code = "def divide(n):\n    return 1 / n\n\ndivide(0)\n"

    done = await trial.ends("failed", code, limits=QUIET, filename=LESSON)

    said = done.printed("stderr").splitlines()
    assert said[0] == "Traceback (most recent call last):"
    assert [line.strip() for line in said if line.strip() in ("divide(0)", "return 1 / n")] == [
        "divide(0)",
        "return 1 / n",
    ]
    assert FRAME.findall(done.printed("stderr")) == [LESSON, LESSON]
