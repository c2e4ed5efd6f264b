"""How events leave: whole lines only, no more than a run may say, and no faster than they are read."""

import _thread
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pytest

from studyapp.tracer.budget import Budget
from studyapp.tracer.encode import Encoder, Record
from studyapp.tracer.events import TASK_LANE, Event
from studyapp.tracer.pipe import WHOLE_BYTES, EventPipe, make_pieces
from studyapp.tracer.recorder import MOST_WAITING, Recorder
from tests.tracer.guest import Guest, read_event

Run = Callable[..., Guest]

ENCODER = Encoder(0)


def step(number: int = 1) -> Record:
    return (ENCODER.step, number, 1000, 2000, 3500, "timer", "sleep", 7, {"arg": 0.5})


def said(text: str, lane: int = 5) -> Record:
    return (ENCODER.output, 1, None, "out", lane, 1000, text)


def budget(most_events: int = 100_000, most_bytes: int = 10_000_000) -> Budget:
    return Budget(ENCODER, most_events=most_events, most_bytes=most_bytes)


def read(texts: list[str]) -> list[Event]:
    return [read_event(json.loads(text)) for text in texts]


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, EventPipe]]:
    reading, writing = os.pipe()
    with open(reading, "rb") as file:
        yield file, EventPipe(writing).open()


def test_a_step_is_written_as_the_vocabulary_says() -> None:
    (event,) = read(budget().encode([step()]))
    assert (event["ts"], event["dur"], event["tid"]) == (2.0, 1.5, TASK_LANE + 1)
    assert event["args"] == {"ready_us": 1.0, "by": "timer", "on": "sleep", "site": 7, "arg": 0.5}


def test_steps_that_follow_each_other_never_overlap_by_rounding() -> None:
    first, second = read(
        budget().encode([(*step()[:3], 1949, 2951, *step()[5:]), (*step()[:3], 2951, 2999, *step()[5:])])
    )
    assert round(first["ts"] + first["dur"], 1) <= second["ts"]


def test_writes_that_follow_each_other_in_a_lane_count_as_one_event() -> None:
    tight = budget(most_events=10)
    tight.encode([said("a"), said("b"), said("c")])
    tight.encode([said("d"), said("e", lane=6), said("f")])
    assert [event["name"] for event in read(tight.encode([step()] * 4))] == ["step"] * 4
    tight.encode([step()])
    assert [event["name"] for event in read(tight.encode([step()]))] == ["dropped"]


def test_steps_are_the_first_to_be_left_out() -> None:
    tight = budget(most_events=10)
    tight.encode([step()] * 8)
    kept = read(
        tight.encode(
            [step(), said("still here"), (ENCODER.event, "M", "meta", "thread_name", 1, 1, {"name": "n"})]
        )
    )
    assert [event["name"] for event in kept] == ["out", "thread_name", "dropped"]


def test_near_the_end_only_output_and_errors_are_kept() -> None:
    tight = budget(most_bytes=1000)
    tight.encode([said("x" * 1000)])
    name = (ENCODER.event, "M", "meta", "thread_name", 1, 1, {"name": "n"})
    failed: Record = (
        ENCODER.event,
        "M",
        "meta",
        "failed",
        1,
        1,
        {"type": "E", "msg": "", "line": None, "sub": []},
    )
    assert [event["name"] for event in read(tight.encode([name, said("y"), failed]))] == [
        "out",
        "failed",
        "dropped",
    ]


def test_what_was_left_out_is_counted_to_the_end() -> None:
    tight = budget(most_events=1)
    tight.encode([step()])
    tight.encode([step()] * 5)
    (last,) = read(tight.last_words())
    assert last["args"] == {"n": 5, "reason": "a run may hold 1 events and 10000000 bytes"}


def test_a_run_within_its_bounds_has_no_last_words() -> None:
    assert budget().last_words() == []


def test_a_record_that_cannot_be_written_is_counted_and_the_rest_goes_on() -> None:
    odd = (ENCODER.event, "M", "meta", "thread_name", 1, 1, {"name": object()})
    events = read(budget().encode([odd, step()]))
    assert [event["name"] for event in events] == ["step", "dropped"]


def test_lines_are_as_long_as_a_pipe_takes_whole() -> None:
    texts = budget().encode([step(n) for n in range(5000)])
    lines = make_pieces(texts)
    assert max(map(len, lines)) <= WHOLE_BYTES
    assert [event for line in lines for event in json.loads(line)] == [json.loads(text) for text in texts]


def test_an_event_too_long_for_that_is_sent_in_pieces() -> None:
    texts = budget().encode([step(), said("x" * WHOLE_BYTES), step()])
    pieces = make_pieces(texts)
    lines = b"".join(pieces).splitlines()
    assert max(map(len, pieces)) <= WHOLE_BYTES
    assert [event for line in lines for event in json.loads(line)] == [json.loads(text) for text in texts]


def test_a_reader_that_went_away_is_no_error(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    file.close()
    for _ in range(2):
        events.waiting.append(b"[]\n")
        events.send()
    assert events.is_silent
    events.close()


def test_a_file_that_took_the_pipes_number_is_not_written_to(run: Run) -> None:
    source = "import os, sys\nos.closerange(3, 30)\nfor n in range(10):\n"
    source += "    os.open(f'file{n}', os.O_RDWR | os.O_CREAT)\n"
    guest = run(source + "print('x')\nsys.exit(sum(os.path.getsize(f'file{n}') for n in range(10)))\n")
    assert guest.status == 0


def test_all_that_is_recorded_arrives_in_order(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    recorder = Recorder(events, budget())
    for n in range(100):
        recorder.add(step(n))
    recorder.finish()
    assert [event["tid"] - TASK_LANE for line in file for event in json.loads(line)] == list(range(100))


def test_a_flush_returns_when_everything_is_in_the_pipe(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    recorder = Recorder(events, budget())
    recorder.add(step())
    recorder.flush()
    os.set_blocking(file.fileno(), False)
    assert len(json.loads(file.readline())) == 1
    recorder.finish()


def test_a_slow_reader_slows_the_program(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    recorder = Recorder(events, budget(10**9, 10**12))
    waiting: list[int] = []

    def work() -> None:
        for n in range(MOST_WAITING * 2):
            recorder.add(step(n))
            recorder.slow_down()
            waiting.append(len(recorder._records))
        recorder.finish()

    worker = threading.Thread(target=work)
    worker.start()
    numbers = [event["tid"] - TASK_LANE for line in file for event in json.loads(line)]
    worker.join()
    assert numbers == list(range(MOST_WAITING * 2))
    assert max(waiting) <= MOST_WAITING


def test_large_records_are_sent_before_many_of_them_wait(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    recorder = Recorder(events, budget())
    for _ in range(15):  # more than are sent on the spot
        recorder.add(step())
    recorder.weigh(MOST_WAITING)
    recorder.slow_down()
    os.set_blocking(file.fileno(), False)
    assert sum(len(json.loads(line)) for line in file.read().splitlines()) == 15
    recorder.finish()


def test_a_record_after_a_silence_is_sent_by_itself(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    recorder = Recorder(events, budget())
    for n in range(15):  # more than are sent on the spot
        recorder.add(step(n))
    seen = 0
    while seen < 15:
        seen += len(json.loads(file.readline()))
    while recorder.add == recorder._add_only:  # until the thread has found nothing more to send
        time.sleep(0)

    recorder.add(step(99))

    assert [event["tid"] - TASK_LANE for event in json.loads(file.readline())] == [99]
    recorder.finish()


def test_after_a_pause_the_next_record_starts_the_sending_again(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    recorder = Recorder(events, budget())
    recorder.add(step(1))
    recorder.pause()
    recorder.add(step(2))
    recorder.flush()
    recorder.finish()
    assert [event["tid"] - TASK_LANE for line in file for event in json.loads(line)] == [1, 2]


def test_without_a_thread_to_be_had_everything_is_sent_at_the_end(
    pipe: tuple[BinaryIO, EventPipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    file, events = pipe
    recorder = Recorder(events, budget())
    recorder.add(step(1))
    recorder.flush()
    recorder.finish()
    assert len(json.loads(file.readline())) == 1


def test_after_the_end_nothing_more_is_taken(pipe: tuple[BinaryIO, EventPipe]) -> None:
    file, events = pipe
    recorder = Recorder(events, budget())
    recorder.finish()
    recorder.add(step())
    assert file.read() == b""


INTERRUPTED = """\
import signal, sys

def interrupt(*_):
    global inside
    if inside:
        inside = False
        raise KeyboardInterrupt

inside = False
caught = printed = 0
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
while caught < 20:
    try:
        inside = True
        sys.stdout.write(f"{printed}\\n")
        inside = False
    except KeyboardInterrupt:
        caught += 1
    printed += 1
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_an_interrupt_never_leaves_half_a_line(run: Run) -> None:
    guest = run(INTERRUPTED)
    assert guest.status == 0
    numbers = [int(number) for number in guest.printed().split()]
    assert numbers == sorted(set(numbers))


def test_a_thread_that_only_computes_does_not_hold_back_what_was_printed(run: Run) -> None:
    """The last line was printed while the sending thread had to wait for the GIL."""
    source = "import os, signal\nprint('begins')\nsum(range(3_000_000))\nprint('ends')\n"
    guest = run(source + "os.kill(os.getpid(), signal.SIGKILL)\n")
    assert guest.printed() == "begins\nends\n"


def test_moments_are_counted_from_the_start(run: Run) -> None:
    begun = time.monotonic_ns()
    events = run("print('x')  # counted").events
    assert 0 < events[0]["ts"] < (time.monotonic_ns() - begun) / 1000
