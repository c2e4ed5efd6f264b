"""A bounded number of runs at once, and a bounded line of those that wait for a place.

Three rules keep it fair:

- An owner has one live run. A second is refused, unless the client of the first has gone: then it waits
  until that one is out of its jail.
- The line is ordered by the time of arrival plus the seconds of places that the owner used lately (see
  `Usage`). So who used less goes first, and nobody is overtaken by those who come much later.
- Long runs, whose wall limit is over SHORT_WALL_S, hold all but a quarter of the places at most. A short run
  therefore waits only while every place is taken, at least a quarter of them by runs as short as itself.
"""

from collections.abc import Callable
from itertools import count

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.usage import Usage
from studyapp.sandbox.waiting_line import Clock, Place, WaitingLine

SHORT_WALL_S = 3.0
PLACES_PER_KEPT_ONE = 4


class Slots:
    """`running` places; at most `waiting` more runs may stand in line. `clock` is the event loop's."""

    def __init__(self, running: int, waiting: int, clock: Clock) -> None:
        self._most_running = running
        self._most_long = running - running // PLACES_PER_KEPT_ONE
        self._most_waiting = waiting
        self._clock = clock
        self._line = WaitingLine(clock)
        self._running: set[Place] = set()
        self._long_running = 0
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
        rank = (now + self._usage.of(owner, now), next(self._numbers))
        place = Place(owner, wall_s <= SHORT_WALL_S, rank, moved, is_leaving, self._give_back)
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
        return (
            len(self._running) < self._most_running
            and (place.is_short or self._long_running < self._most_long)
            and self._running.isdisjoint(self._live.get(place.owner, ()))
        )

    def _grant(self, place: Place) -> None:
        self._running.add(place)
        self._long_running += not place.is_short
        place.granted_at = self._clock.time()
        place.granted.set()

    def _give_back(self, place: Place) -> None:
        """Frees the place, or leaves the line. Each place is given back once."""
        if place.granted.is_set():
            self._running.remove(place)
            self._long_running -= not place.is_short
            now = self._clock.time()
            self._usage.add(place.owner, now - place.granted_at, now)
        else:
            self._line.leave(place)
        if place.owner:
            self._forget(place)
        while next_place := next(filter(self._may_run, self._line), None):
            self._grant(next_place)
            self._line.leave(next_place)

    def _forget(self, place: Place) -> None:
        places = self._live[place.owner]
        places.remove(place)
        if not places:
            del self._live[place.owner]
