"""Calls back what waits for a descriptor or for a time, in one thread.

A jail's first process is a fork whose memory is copied as it is written to. An event loop as small as this
writes to less than half of what asyncio's would.
"""

from __future__ import annotations

import select
import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from itertools import count
from math import inf

RECEIVABLE, SENDABLE = select.EPOLLIN, select.EPOLLOUT

WhenReady = Callable[[int], object]
"""Gets epoll's events. Those of a hang-up and of an error come unasked."""

Timer = tuple[float, int]
"""When, by the monotonic clock, and a number of its own."""


class Loop:
    """Whoever closes a descriptor has it forgotten first."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, WhenReady] = {}
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()

    def watch(self, descriptor: int, events: int, when_ready: WhenReady) -> None:
        self._epoll.register(descriptor, events)
        self._watched[descriptor] = when_ready

    def change(self, descriptor: int, events: int) -> None:
        self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        self._epoll.unregister(descriptor)
        del self._watched[descriptor]

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Timer:
        timer = (time.monotonic() + delay_s, next(self._numbers))
        insort(self._timers, (*timer, callback))
        return timer

    def cancel(self, timer: Timer) -> None:
        """Does nothing if its time has come."""
        place = bisect_left(self._timers, timer)  # it sorts right before its entry
        if place < len(self._timers) and self._timers[place][:2] == timer:
            del self._timers[place]

    def turn(self, longest_s: float | None = None) -> None:
        """Waits until something is ready, at most so long, and calls back all that is."""
        if self._timers:
            pause_s = max(0.0, self._timers[0][0] - time.monotonic())
            longest_s = pause_s if longest_s is None else min(pause_s, longest_s)
        for descriptor, events in self._epoll.poll(longest_s):
            when_ready = self._watched.get(descriptor)
            if when_ready:  # not forgotten in this very turn
                when_ready(events)
        due = bisect_right(self._timers, (time.monotonic(), inf))
        called, self._timers[:due] = self._timers[:due], []
        for _, _, callback in called:
            callback()

    def close(self) -> None:
        self._epoll.close()
