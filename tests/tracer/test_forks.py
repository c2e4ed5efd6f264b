"""A refused fork and a socket that would block raise the same exception; the tracer tells them apart."""

import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from studyapp.tracer.fields import MOST_ERRORS
from studyapp.tracer.forks import is_refused_fork

Refuse = Callable[[], object]


@pytest.fixture
def would_block() -> Iterator[Refuse]:
    """Raises BlockingIOError, [Errno 11], as the kernel makes it."""
    reading, writing = os.pipe2(os.O_NONBLOCK)
    yield partial(os.read, reading, 1)
    os.close(reading)
    os.close(writing)


def error_of(work: Callable[[], object]) -> Exception:
    with pytest.raises(BlockingIOError) as caught:
        work()
    return caught.value


@pytest.fixture
def refused(would_block: Refuse) -> Exception:
    fork = would_block
    return error_of(lambda: fork())


def test_an_error_raised_where_a_program_forks_is_a_refused_fork(refused: Exception) -> None:
    assert is_refused_fork(refused)


def test_an_error_raised_where_a_program_reads_is_none(would_block: Refuse) -> None:
    assert not is_refused_fork(error_of(would_block))


def test_a_word_or_a_name_with_fork_in_it_is_no_call_of_it(would_block: Refuse) -> None:
    forks = would_block

    error = error_of(lambda: (forks, would_block()))  # what a fork() would say

    assert not is_refused_fork(error)


def test_programs_are_started_by_other_calls_too(would_block: Refuse) -> None:
    _fork_exec = posix_spawn = would_block

    assert is_refused_fork(error_of(lambda: _fork_exec()))
    assert is_refused_fork(error_of(lambda: posix_spawn()))


def test_the_first_of_very_many_members_is_seen(refused: Exception) -> None:
    assert is_refused_fork(ExceptionGroup("many", [refused, *[ValueError()] * MOST_ERRORS]))


def test_only_the_innermost_line_counts(would_block: Refuse) -> None:
    def fork() -> None:
        would_block()

    assert not is_refused_fork(error_of(lambda: fork()))


def test_a_group_with_a_refused_fork_among_its_members_holds_one(refused: Exception) -> None:
    inner = ExceptionGroup("inner", [ValueError(), refused])

    assert is_refused_fork(ExceptionGroup("outer", [OSError(), inner]))
    assert not is_refused_fork(ExceptionGroup("outer", [OSError()]))


def test_an_error_that_was_never_raised_is_none() -> None:
    assert not is_refused_fork(BlockingIOError(11, "Resource temporarily unavailable"))


def test_groups_of_any_depth_are_looked_through_only_so_far(refused: Exception) -> None:
    deep = refused
    for _ in range(10 * MOST_ERRORS):
        deep = ExceptionGroup("deep", [deep])

    assert not is_refused_fork(deep)
