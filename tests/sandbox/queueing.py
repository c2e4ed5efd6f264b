"""A clock that tests turn by hand, and places whose positions are written down with the time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from studyapp.sandbox.slots import SHORT_WALL_S, Slots
from studyapp.sandbox.waiting_line import Burden, Place

LONG_WALL_S = 15.0


class TurnedClock:
    """Time stands still but for `advance`, which calls back on the way what is due."""

    def __init__(self) -> None:
        self._now = 0.0
        self._numbers = count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None], /) -> None:
        heappush(self._due, (self._now + delay, next(self._numbers), callback))

    def advance(self, seconds: float) -> None:
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._now, _, callback = heappop(self._due)
            callback()
        self._now = end


@dataclass(eq=False)
class Taken:
    """A place that was taken, and what its taker was told: (time, position)."""

    owner: str
    is_short: bool
    told: list[tuple[float, int]] = field(default_factory=list)
    is_leaving: bool = False
    _place: Place | None = None

    @property
    def place(self) -> Place:
        assert self._place
        return self._place

    @property
    def is_granted(self) -> bool:
        return self.place.granted.is_set()

    @property
    def burden(self) -> Burden:
        return self.place.burden

    @property
    def positions(self) -> list[int]:
        return [position for _, position in self.told]

    def give_back(self) -> None:
        with self.place:
            pass


class Queue:
    """Slots with a clock that is turned by hand."""

    def __init__(self, running: int, waiting: int) -> None:
        self.clock = TurnedClock()
        self._slots = Slots(running, waiting, self.clock)

    def take(self, owner: str = "", *, short: bool = False) -> Taken:
        taken = Taken(owner, short)
        taken._place = self._slots.take(
            owner,
            SHORT_WALL_S if short else LONG_WALL_S,
            moved=lambda position: taken.told.append((self.clock.time(), position)),
            is_leaving=lambda: taken.is_leaving,
        )
        return taken

    def use(self, owner: str, seconds: float) -> None:
        """Lets the owner run for so long; there must be a free place."""
        taken = self.take(owner)
        assert taken.is_granted
        self.clock.advance(seconds)
        taken.give_back()


def granted(places: Iterable[Taken]) -> list[bool]:
    return [taken.is_granted for taken in places]
