import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.runs.buffer import FRAME_BYTES, FRAME_EVENTS, EventBuffer, cut_frame


def lines(first: int, last: int) -> list[bytes]:
    return [b"%d" % q for q in range(first, last + 1)]


def test_a_new_buffer_holds_nothing() -> None:
    buffer = EventBuffer()
    assert (buffer.first_q, buffer.last_q, buffer.frame_after(0)) == (1, 0, [])


def test_events_after_a_number_are_read_in_order() -> None:
    buffer = EventBuffer()
    buffer.add(lines(1, 5))
    assert buffer.frame_after(2) == [b"3", b"4", b"5"]


def test_nothing_comes_after_the_last_event() -> None:
    buffer = EventBuffer()
    buffer.add(lines(1, 5))
    assert buffer.frame_after(5) == []
    assert buffer.frame_after(99) == []


def test_saved_events_beyond_the_most_are_let_go() -> None:
    buffer = EventBuffer(most=3)
    buffer.add(lines(1, 5))
    buffer.mark_saved(4)
    assert buffer.first_q == 3
    assert buffer.frame_after(1) is None
    assert buffer.frame_after(2) == [b"3", b"4", b"5"]


def test_events_that_are_not_saved_are_never_let_go() -> None:
    buffer = EventBuffer(most=3)
    buffer.add(lines(1, 50))
    assert buffer.frame_after(0) == lines(1, 50)
    assert buffer.unsaved_count == 50


def test_unsaved_events_begin_after_the_last_saved_one() -> None:
    buffer = EventBuffer(most=3)
    buffer.add(lines(1, 10))
    buffer.mark_saved(6)
    assert buffer.unsaved(most=2) == [b"7", b"8"]


@pytest.mark.parametrize("most", [0, 1, 7, 100])
def test_a_frame_has_a_bounded_number_of_events(most: int) -> None:
    buffer = EventBuffer(most=most)
    buffer.add(lines(1, FRAME_EVENTS + 1))
    assert buffer.frame_after(0) == lines(1, FRAME_EVENTS)


def test_a_frame_has_a_bounded_number_of_bytes() -> None:
    half = b"x" * (FRAME_BYTES // 2)
    assert cut_frame([half, half, half]) == [half]


def test_an_event_too_large_for_a_frame_is_sent_alone() -> None:
    whole = b"x" * (2 * FRAME_BYTES)
    assert cut_frame([whole, b"1"]) == [whole]


steps = st.lists(st.tuples(st.integers(1, 20), st.floats(0, 1)), max_size=20)


@given(steps, st.integers(0, 10))
def test_a_reader_that_keeps_up_gets_every_event_once(steps: list[tuple[int, float]], most: int) -> None:
    buffer, seen = EventBuffer(most=most), 0
    for count, saved_share in steps:
        buffer.add(lines(buffer.last_q + 1, buffer.last_q + count))
        frame = buffer.frame_after(seen)
        assert frame == lines(seen + 1, buffer.last_q)
        seen += len(frame)
        buffer.mark_saved(buffer.saved_q + int(buffer.unsaved_count * saved_share))
        assert buffer.unsaved(most=1000) == lines(buffer.saved_q + 1, buffer.last_q)
