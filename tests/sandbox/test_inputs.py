"""The bound on what a program is given to read, and the buffer in front of its standard input."""

import asyncio

import pytest

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.inputs import InputAllowance, InputBuffer
from studyapp.sandbox.jobs import Job, Limits


def job(*, stdin: str = "", interactive: bool = True) -> Job:
    """A job that may be given ten bytes."""
    return Job("", stdin=stdin, interactive=interactive, limits=Limits(stdin_bytes=10))


def refusal_of(allowance: InputAllowance, text: str) -> str:
    with pytest.raises(Refused) as caught:
        allowance.take(text)
    assert caught.value.field == "input"
    return caught.value.code


def test_input_up_to_the_limit_is_allowed_and_not_a_byte_more() -> None:
    allowance = InputAllowance(job())
    assert allowance.take("é" * 5) == b"\xc3\xa9" * 5
    assert refusal_of(allowance, "x") == "too_large"


def test_input_that_is_refused_uses_nothing_up() -> None:
    allowance = InputAllowance(job())
    assert refusal_of(allowance, "x" * 11) == "too_large"
    assert allowance.take("x" * 10) == b"x" * 10


def test_what_the_job_brings_along_counts() -> None:
    allowance = InputAllowance(job(stdin="x" * 8))
    assert refusal_of(allowance, "abc") == "too_large"
    assert allowance.take("ab") == b"ab"


def test_a_job_that_is_not_interactive_takes_no_input() -> None:
    assert refusal_of(InputAllowance(job(interactive=False)), "x") == "input_ended"


def test_text_that_no_utf_8_can_write_is_refused() -> None:
    assert refusal_of(InputAllowance(job()), "\ud800") == "bad_field"


async def test_everything_that_waits_is_passed_on_in_order() -> None:
    buffer = InputBuffer(job())
    buffer.add("one\n")
    buffer.add("two\n")
    assert await buffer.next() == b"one\ntwo\n"


async def test_who_waits_for_input_gets_it_when_it_comes() -> None:
    buffer = InputBuffer(job())
    waiting = asyncio.create_task(buffer.next())
    await asyncio.sleep(0)
    buffer.add("")
    await asyncio.sleep(0)
    assert not waiting.done()
    buffer.add("x")
    assert await waiting == b"x"


async def test_the_end_comes_after_what_was_added_before_it() -> None:
    buffer = InputBuffer(job())
    buffer.add("last")
    buffer.end()
    assert [await buffer.next(), await buffer.next(), await buffer.next()] == [b"last", None, None]


async def test_the_end_reaches_who_already_waits() -> None:
    buffer = InputBuffer(job())
    waiting = asyncio.create_task(buffer.next())
    await asyncio.sleep(0)
    buffer.end()
    assert await waiting is None


async def test_nothing_can_be_added_after_the_end() -> None:
    buffer = InputBuffer(job())
    buffer.end()
    with pytest.raises(Refused, match="no more input"):
        buffer.add("late")


async def test_a_job_that_is_not_interactive_is_at_its_end_at_once() -> None:
    assert await InputBuffer(job(interactive=False)).next() is None


async def test_no_more_waits_than_the_limit_while_nobody_takes_it() -> None:
    buffer = InputBuffer(job())
    buffer.add("x" * 10)
    with pytest.raises(Refused, match="at most 10 bytes of input; 0 of them are left"):
        buffer.add("x")
    assert await buffer.next() == b"x" * 10


async def test_who_stops_waiting_takes_nothing_along() -> None:
    buffer = InputBuffer(job())
    waiting = asyncio.create_task(buffer.next())
    await asyncio.sleep(0)
    waiting.cancel()
    buffer.add("kept")
    assert await buffer.next() == b"kept"
