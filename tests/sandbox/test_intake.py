import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox.intake import BATCH_EVENTS, FULL_BYTES, MOST_INVALID, Intake
from studyapp.sandbox.jobs import EndReason, Limits, Outcome
from studyapp.sandbox.own_events import dropped_event, end_event, out_event
from studyapp.tracer.events import check_event


def make_intake(**limits: Any) -> Intake:
    return Intake(Limits(**limits), now_us=lambda: 7.0)


def take_all(intake: Intake) -> list[dict[str, Any]]:
    events = []
    while batch := intake.take():
        events += [json.loads(event) for event in batch]
    return events


def printed(intake: Intake, stream: str = "stdout") -> str:
    said = [event["args"] for event in take_all(intake) if event["cat"] == "out"]
    return "".join(args["text"] for args in said if args["stream"] == stream)


def line_of(*events: object) -> bytes:
    return json.dumps(events).encode() + b"\n"


def guest_says(text: str, tid: int = 5, stream: str = "stdout") -> dict[str, Any]:
    return {**out_event(stream, text, 1.0), "pid": 2, "tid": tid}


THREAD = {"ph": "M", "cat": "meta", "name": "thread_name", "pid": 2, "tid": 5, "ts": 1, "args": {"name": "x"}}


def test_events_are_numbered_without_a_gap() -> None:
    intake = make_intake()
    intake.feed_events(line_of(THREAD, THREAD))
    intake.feed_output("stdout", b"hello")
    intake.feed_events(line_of(THREAD))
    intake.add(dropped_event(1, "x", 1.0))

    assert [event["q"] for event in take_all(intake)] == [1, 2, 3, 4, 5]


def test_output_in_its_short_form_is_joined_as_any_other() -> None:
    intake = make_intake()
    intake.feed_events(b'[[2,5,1.0,1,"a"]]\n[[2,5,1.5,1,"b"]]\n[[2,5,1.5,2,"c"]]\n')

    assert [{**event, "q": 0} for event in take_all(intake)] == [
        {**guest_says("ab"), "q": 0},
        {**guest_says("c", stream="stderr"), "ts": 1.5, "q": 0},
    ]


def test_a_guest_cannot_number_its_events() -> None:
    intake = make_intake()
    intake.feed_events(line_of({**THREAD, "q": 99}))
    intake.close()

    assert [event["name"] for event in take_all(intake)] == ["dropped"]


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b'"text"\n',
        b"\xff\n",
        b"[[]]\n",
        b'[[2,5,1.0,3,"neither stdout nor stderr"]]\n',
        b'[[2,5,1.0,[],"neither stdout nor stderr"]]\n',
        b"[[2,5,1.0,1,7]]\n",
        b'[[2,5,1.0,1,"text","more"]]\n',
        b"[" * 50_000 + b"\n",
        b'[{"ph":"M"}]\n',
        b'{"ready":true}\n',
        line_of(end_event(Outcome(EndReason.FINISHED, 0, None, 0.0, 0.0), 1.0)),
        b"x" * 300_000 + b"\n",
    ],
)
def test_what_is_no_event_is_counted_and_told(line: bytes) -> None:
    intake = make_intake()
    intake.feed_events(line)
    intake.feed_events(line_of(THREAD))
    intake.close()

    assert [(event["name"], event["args"]) for event in take_all(intake)] == [
        ("thread_name", {"name": "x"}),
        ("dropped", {"n": 1, "reason": "invalid events"}),
    ]


@given(st.binary())
def test_no_bytes_on_the_event_pipe_do_harm(chunk: bytes) -> None:
    intake = make_intake()
    intake.feed_events(chunk)
    intake.feed_events(b"\n" + line_of(THREAD))
    intake.close()

    assert THREAD["name"] in [event["name"] for event in take_all(intake)]


def test_a_stream_of_nonsense_ends_the_run() -> None:
    intake = make_intake()
    intake.feed_events(b"?\n" * MOST_INVALID)
    assert not intake.reached

    intake.feed_events(b"?\n")

    assert intake.reached is EndReason.EVENT_LIMIT


def test_the_cap_on_events_is_exact_and_said() -> None:
    intake = make_intake(events=3)
    intake.feed_events(line_of(THREAD, THREAD, THREAD))
    assert not intake.reached

    intake.feed_events(line_of(THREAD, THREAD))
    intake.close()

    assert intake.reached is EndReason.EVENT_LIMIT
    events = take_all(intake)
    assert [event["name"] for event in events] == ["thread_name"] * 3 + ["dropped"]
    assert events[-1]["args"] == {"n": 2, "reason": "events"}


def test_the_cap_on_event_bytes_holds_before_a_line_is_read() -> None:
    intake = make_intake(event_bytes=1000)
    intake.feed_events(b"x" * 1001)

    assert intake.reached is EndReason.EVENT_LIMIT


def test_the_cap_on_output_is_exact_and_says_what_was_cut() -> None:
    intake = make_intake(output_bytes=10)
    intake.feed_output("stdout", b"12345678")
    intake.feed_output("stderr", b"other")
    assert not intake.reached

    intake.feed_output("stdout", b"90abc")
    intake.close()

    assert intake.reached is EndReason.OUTPUT_LIMIT
    events = take_all(intake)
    assert "".join(e["args"]["text"] for e in events if e["args"].get("stream") == "stdout") == "1234567890"
    assert events[-1]["args"] == {"n": 3, "reason": "bytes of stdout"}


def test_the_cap_on_output_counts_both_ways_to_a_stream() -> None:
    intake = make_intake(output_bytes=10)
    intake.feed_events(line_of(guest_says("123456")))
    intake.feed_output("stdout", b"7890ab")

    assert intake.reached is EndReason.OUTPUT_LIMIT
    assert printed(intake) == "1234567890"


def test_a_character_is_never_cut_in_half_by_the_cap() -> None:
    intake = make_intake(output_bytes=4)
    intake.feed_output("stdout", "ééé".encode())

    assert printed(intake) == "éé"


@given(st.text(), st.integers(1, 5))
def test_a_character_split_by_a_chunk_arrives_whole(text: str, size: int) -> None:
    data = text.encode("utf-8", "replace")
    intake = make_intake()
    for start in range(0, len(data), size):
        intake.feed_output("stdout", data[start : start + size])
    intake.close()

    assert printed(intake) == data.decode()


def test_a_line_is_not_looked_through_once_the_limit_is_reached() -> None:
    intake = make_intake()
    intake.feed_events(line_of(*[0] * (MOST_INVALID + 500)))
    intake.close()

    dropped = {event["args"]["reason"]: event["args"]["n"] for event in take_all(intake)}
    assert intake.reached is EndReason.EVENT_LIMIT
    assert dropped == {"invalid events": MOST_INVALID + 1, "events": 499}


def test_invalid_bytes_are_replaced() -> None:
    intake = make_intake()
    intake.feed_output("stderr", b"a\xffb\xe2\x82")
    intake.close()

    assert printed(intake, "stderr") == "a�b�"


def test_long_output_is_told_in_several_events() -> None:
    intake = make_intake()
    intake.feed_output("stdout", b"x" * 50_000)
    events = take_all(intake)

    assert [len(event["args"]["text"]) for event in events] == [16_384, 16_384, 16_384, 848]
    assert all(check_event({k: v for k, v in event.items() if k != "q"}) for event in events)


def test_small_writes_of_one_writer_become_one_event() -> None:
    intake = make_intake()
    intake.feed_events(line_of(*(guest_says("ab") for _ in range(100))))
    events = take_all(intake)

    assert [event["args"]["text"] for event in events] == ["ab" * 100]


def test_writes_of_different_writers_or_streams_are_kept_apart() -> None:
    intake = make_intake()
    intake.feed_events(line_of(guest_says("a"), guest_says("b", tid=6), guest_says("c", 6, "stderr"), THREAD))
    intake.feed_events(line_of(guest_says("d", 6, "stderr")))

    assert [e["args"].get("text") for e in take_all(intake)] == ["a", "b", "c", None, "d"]


def test_a_task_may_be_called_like_an_event() -> None:
    intake = make_intake()
    args = {"task": 1, "parent": None, "site": None, "via": None}
    begun = {"ph": "B", "cat": "task", "name": "out", "pid": 2, "tid": 1_000_001, "ts": 1, "args": args}
    intake.feed_events(line_of(begun, begun))

    assert len(take_all(intake)) == 2


def test_the_uncaught_exception_is_remembered() -> None:
    intake = make_intake()
    error = {"type": "ValueError", "msg": "no", "line": 3, "sub": []}
    intake.feed_events(line_of({**THREAD, "name": "failed", "args": error}))

    assert intake.failure == error


def test_a_full_intake_says_so_until_it_is_emptied() -> None:
    intake = make_intake(output_bytes=4 * FULL_BYTES)
    intake.feed_output("stdout", b"x" * (FULL_BYTES + 50_000))
    assert intake.full

    take_all(intake)

    assert not intake.full


def test_a_batch_is_bounded() -> None:
    intake = make_intake()
    intake.feed_events(line_of(*[THREAD] * (BATCH_EVENTS + 1)))

    assert [len(intake.take()), len(intake.take()), len(intake.take())] == [BATCH_EVENTS, 1, 0]


@pytest.mark.parametrize(
    "event",
    [
        out_event("stdout", "x", 1.23456),
        dropped_event(3, "events", 1.0),
        end_event(Outcome(EndReason.WALL_LIMIT, None, None, 1.0, 0.5), 2.0),
        end_event(
            Outcome(EndReason.FAILED, 1, {"type": "E", "msg": "", "line": None, "sub": []}, 1.0, 0.5), 2.0
        ),
    ],
)
def test_own_events_are_of_the_vocabulary(event: dict[str, Any]) -> None:
    assert check_event(event, maker="supervisor") == event
