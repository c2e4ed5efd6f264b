"""Places for runs, and the line of those that wait for one: who stands where, and how often that is told."""

import asyncio
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf
from typing import Protocol

TELL_EVERY_S = 1.0


class Clock(Protocol):
    """What an event loop offers of time, in seconds."""

    def time(self) -> float: ...

    def call_later(self, delay: float, callback: Callable[[], None], /) -> object: ...


class Burden(IntEnum):
    """How much a run may hold up others. Each kind may have fewer of the places than the one before."""

    SHORT = 0
    LONG = 1
    LONG_AGAIN = 2


@dataclass(eq=False, slots=True)
class Place:
    """One run's place: wait for `granted`, then run; it is given back at the end of a `with` block.

    `rank` orders the line. `moved` is told each position in it, 1 being next. `is_leaving` says whether the
    run's client has gone, so that the place is about to be given back.
    """

    owner: str
    burden: Burden
    rank: tuple[float, int]
    moved: Callable[[int], None]
    is_leaving: Callable[[], bool]
    give_back: Callable[["Place"], None]
    granted: asyncio.Event = field(default_factory=asyncio.Event)
    granted_at: float = inf
    _position: int = 0
    _told_at: float = -inf

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *exception: object) -> None:
        self.give_back(self)

    def tell(self, position: int, now: float) -> bool:
        """Tells a new position unless one was told a moment ago. Returns whether this one is known now."""
        if position == self._position:
            return True
        if now < self._told_at + TELL_EVERY_S:
            return False
        self._position, self._told_at = position, now
        self.moved(position)
        return True


class WaitingLine:
    """Places in the order of their ranks.

    However often the line changes, it is looked over at most once in TELL_EVERY_S, which is also the least
    time between two positions told to the same place. Each is told where it came to stand in the end.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: list[Place] = []
        self._looked_at = -inf
        self._will_look = False

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Place]:
        return iter(self._places)

    def join(self, place: Place) -> None:
        """Lets a place stand where its rank belongs, and tells it at once where that is."""
        insort(self._places, place, key=_rank)
        place.tell(self._places.index(place) + 1, self._clock.time())
        self._changed()

    def leave(self, place: Place) -> None:
        self._places.remove(place)
        self._changed()

    def _changed(self) -> None:
        wait_s = self._looked_at + TELL_EVERY_S - self._clock.time()
        if not self._will_look and wait_s <= 0:
            self._look_over()
        elif not self._will_look:
            self._look_in(wait_s)

    def _look_in(self, wait_s: float) -> None:
        self._will_look = True
        self._clock.call_later(wait_s, self._look_over)

    def _look_over(self) -> None:
        self._will_look = False
        self._looked_at = now = self._clock.time()
        known = [place.tell(position, now) for position, place in enumerate(self._places, start=1)]
        if not all(known):
            self._look_in(TELL_EVERY_S)


def _rank(place: Place) -> tuple[float, int]:
    return place.rank
