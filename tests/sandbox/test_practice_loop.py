"""The event loop of a jail's first process."""

import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial

import pytest

from studyapp.sandbox.inside.practice.loop import RECEIVABLE, Loop
from studyapp.sandbox.inside.practice.server import Site


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_what_is_due_is_called_in_the_order_of_time(loop: Loop) -> None:
    called: list[str] = []
    for delay_s, name in ((0.02, "late"), (0.0, "early"), (0.01, "between")):
        loop.call_later(delay_s, partial(called.append, name))

    while len(called) < 3:
        loop.turn()

    assert called == ["early", "between", "late"]


def test_of_the_same_time_the_first_asked_is_the_first_called(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)
    called: list[int] = []
    for number in range(5):
        loop.call_later(0.0, partial(called.append, number))

    loop.turn()

    assert called == [0, 1, 2, 3, 4]


def test_nothing_is_called_before_its_time(loop: Loop) -> None:
    called: list[bool] = []
    loop.call_later(3600.0, lambda: called.append(True))

    loop.turn(0)

    assert called == []


def test_what_is_cancelled_is_not_called(loop: Loop) -> None:
    called: list[str] = []
    loop.cancel(loop.call_later(0.0, lambda: called.append("cancelled")))
    loop.call_later(0.0, lambda: called.append("kept"))

    loop.turn()

    assert called == ["kept"]


def test_cancelling_what_was_called_cancels_nothing_else(loop: Loop) -> None:
    called: list[str] = []
    first = loop.call_later(0.0, lambda: called.append("first"))
    loop.turn()
    loop.call_later(0.0, lambda: called.append("second"))

    loop.cancel(first)
    loop.turn()

    assert called == ["first", "second"]


def test_what_a_callback_asks_for_at_once_comes_in_a_turn_of_its_own(loop: Loop) -> None:
    called: list[bool] = []

    def call_again() -> None:
        called.append(True)
        loop.call_later(0.0, call_again)

    loop.call_later(0.0, call_again)
    loop.turn()

    assert len(called) == 1


def test_a_descriptor_that_is_ready_is_called_back(loop: Loop, pipe: tuple[int, int]) -> None:
    events: list[int] = []
    loop.watch(pipe[0], RECEIVABLE, events.append)
    os.write(pipe[1], b"x")

    loop.turn()

    assert events == [RECEIVABLE]


def test_a_descriptor_that_is_forgotten_by_another_is_not_called_back(loop: Loop) -> None:
    called: list[int] = []
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(2)]
        readers = {stack.enter_context(ours).fileno(): stack.enter_context(theirs) for ours, theirs in pairs}

        def forget_others(mine: int, _: int) -> None:
            called.append(mine)
            for each in readers:
                if each != mine:
                    loop.forget(each)

        for descriptor, theirs in readers.items():
            loop.watch(descriptor, RECEIVABLE, partial(forget_others, descriptor))
            theirs.send(b"x")
        loop.turn()

    assert len(called) == 1


def test_who_connects_while_no_descriptor_is_free_is_taken_later(loop: Loop) -> None:
    site = Site(loop)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        site.serve(listening)
        client = stack.enter_context(socket.create_connection(listening.getsockname()))
        with ExitStack() as holding:
            resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, hard))
            holding.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
            with suppress(OSError):
                while True:
                    holding.callback(os.close, os.open(os.devnull, os.O_RDONLY))
            loop.turn()
            assert not site.connections

        while not site.connections:
            loop.turn()
        client.close()
        while site.connections:
            loop.turn()
