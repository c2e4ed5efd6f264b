"""A bounded number of runs at once, and a bounded line of those that wait for a place."""

import asyncio
from collections.abc import Callable

from studyapp.sandbox.errors import Refused


class Slots:
    """`running` places; at most `waiting` more may stand in line, first come, first served."""

    def __init__(self, running: int, waiting: int) -> None:
        self._free = running
        self._waiting = waiting
        self._line: list[Place] = []

    def take(self, moved: Callable[[int], None]) -> "Place":
        """A place, perhaps in the line: `moved` is told each new position in it, 1 being next.

        Raises Refused when the line is full, which changes nothing for anybody else.
        """
        place = Place(self, moved)
        if self._free:
            self._free -= 1
            place.granted.set()
        elif len(self._line) < self._waiting:
            self._line.append(place)
            place.tell(len(self._line))
        else:
            raise Refused("busy", "Too many programs are waiting to run. Try again in a minute.")
        return place

    def give_back(self, place: "Place") -> None:
        """Frees a place, or leaves the line. Safe to call once for each place taken."""
        if not place.granted.is_set():
            self._line.remove(place)
        elif self._line:
            self._line.pop(0).granted.set()
        else:
            self._free += 1
        for position, waiting in enumerate(self._line, start=1):
            waiting.tell(position)


class Place:
    """One run's place: wait for `granted`, give it back at the end."""

    def __init__(self, slots: Slots, moved: Callable[[int], None]) -> None:
        self.granted = asyncio.Event()
        self._slots = slots
        self._moved = moved
        self._position = 0

    def tell(self, position: int) -> None:
        if position != self._position:
            self._position = position
            self._moved(position)

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *exception: object) -> None:
        self._slots.give_back(self)
