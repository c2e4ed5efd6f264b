"""A bounded number of runs at once, and a bounded line of those that wait for a place.

Three rules keep it fair:

- An owner has one live run. A second is refused, unless the client of the first has gone: then it waits
  until that one is out of its jail.
- The line is ordered by the time of arrival plus the seconds of places that the owner used lately (see
  `Usage`). So who used less goes first, and nobody is overtaken by those who come much later.
- A quarter of the places is kept from the long runs of those who used more than SHORT_WALL_S seconds lately,
  and half of that quarter from all long runs. Long is a run with a wall limit over SHORT_WALL_S. Nobody knows
  of a program without such a limit how long it takes, but it is known what its owner's last ones took.
"""

from collections.abc import Callable, Iterator
from itertools import count

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.usage import Usage
from studyapp.sandbox.waiting_line import Burden, Clock, Place, WaitingLine

SHORT_WALL_S = 3.0
PLACES_PER_KEPT_ONE = 4


def most_places(running: int) -> dict[Burden, int]:
    """How many of so many places runs of this burden and those above it may hold together."""
    kept = running // PLACES_PER_KEPT_ONE
    return {
        Burden.SHORT: running,
        Burden.LONG: running - (kept + 1) // 2,
        Burden.LONG_AGAIN: running - kept,
    }


class Slots:
    """`running` places; at most `waiting` more runs may stand in line. `clock` is the event loop's."""

    def __init__(self, running: int, waiting: int, clock: Clock) -> None:
        self._most_places = most_places(running)
        self._most_waiting = waiting
        self._clock = clock
        self._line = WaitingLine(clock)
        self._running: set[Place] = set()
        self._held = dict.fromkeys(Burden, 0)
        """Places held by runs of this burden and those above it."""
        self._live: dict[str, set[Place]] = {}
        self._usage = Usage()
        self._numbers = count()

    def take(
        self, owner: str, wall_s: float, moved: Callable[[int], None], is_leaving: Callable[[], bool]
    ) -> Place:
        """A place, perhaps in the line, for a run with this owner ("" is nobody) and wall limit.

        `moved` is told each position in the line, 1 being next; `is_leaving` says later whether the run's
        client has gone. Raises Refused, which changes nothing for anybody else.
        """
        self._refuse_second_run(owner)
        now = self._clock.time()
        used_s = self._usage.of(owner, now)
        rank = (now + used_s, next(self._numbers))
        place = Place(owner, _burden(wall_s, used_s), rank, moved, is_leaving, self._give_back)
        if self._may_run(place):
            self._grant(place)
        elif len(self._line) < self._most_waiting:
            self._line.join(place)
        else:
            raise Refused("busy", "Too many programs are waiting to run. Try again in a minute.")
        if owner:
            self._live.setdefault(owner, set()).add(place)
        return place

    def _refuse_second_run(self, owner: str) -> None:
        if not all(place.is_leaving() for place in self._live.get(owner, ())):
            raise Refused(
                "one_run_at_a_time", "Another program of the same owner is still going on.", "owner"
            )

    def _may_run(self, place: Place) -> bool:
        return place.burden <= self._heaviest_with_room() and self._is_alone(place)

    def _heaviest_with_room(self) -> int:
        """There is a place for one more run of this burden or a lower one; -1 if there is none at all."""
        full = (burden for burden in Burden if self._held[burden] >= self._most_places[burden])
        return next(full, len(Burden)) - 1

    def _is_alone(self, place: Place) -> bool:
        return self._running.isdisjoint(self._live.get(place.owner, ()))

    def _grant(self, place: Place) -> None:
        self._running.add(place)
        self._count(place, 1)
        place.granted_at = self._clock.time()
        place.granted.set()

    def _count(self, place: Place, change: int) -> None:
        for burden in _up_to(place.burden):
            self._held[burden] += change

    def _give_back(self, place: Place) -> None:
        """Frees the place, or leaves the line. Each place is given back once."""
        if place.granted.is_set():
            self._running.remove(place)
            self._count(place, -1)
            now = self._clock.time()
            self._usage.add(place.owner, now - place.granted_at, now)
        else:
            self._line.leave(place)
        if place.owner:
            self._forget(place)
        while next_place := self._find_next():
            self._grant(next_place)
            self._line.leave(next_place)

    def _find_next(self) -> Place | None:
        """The first in the line that may run. Most often nobody may, and that is to be found out quickly."""
        heaviest = self._heaviest_with_room()
        light = (place for place in self._line if place.burden <= heaviest)
        return next(filter(self._is_alone, light), None)

    def _forget(self, place: Place) -> None:
        places = self._live[place.owner]
        places.remove(place)
        if not places:
            del self._live[place.owner]


def _burden(wall_s: float, used_s: float) -> Burden:
    if wall_s <= SHORT_WALL_S:
        return Burden.SHORT
    return Burden.LONG if used_s <= SHORT_WALL_S else Burden.LONG_AGAIN


def _up_to(burden: Burden) -> Iterator[Burden]:
    return (each for each in Burden if each <= burden)
