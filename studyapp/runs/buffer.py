"""The newest events of a live run, numbered from 1 without gaps."""

from collections.abc import Sequence

MOST_EVENTS = 5_000
FRAME_EVENTS = 500
FRAME_BYTES = 96 * 1024


def cut_frame(lines: Sequence[bytes]) -> list[bytes]:
    """As many of the first lines as one frame takes: at least one, if there is one."""
    size, count = 0, 0
    for line in lines[:FRAME_EVENTS]:
        size += len(line) + 1
        if count and size > FRAME_BYTES:
            break
        count += 1
    return list(lines[:count])


class EventBuffer:
    """Lines of JSON, one event each.

    Holds every event that is not saved yet, and of the saved ones the newest up to `most`. The caller
    keeps the first sort few by not adding while `unsaved_count` is high.
    """

    def __init__(self, *, most: int = MOST_EVENTS) -> None:
        self._most = most
        self._lines: list[bytes] = []
        self.last_q = 0
        self.saved_q = 0

    @property
    def first_q(self) -> int:
        """The number of the oldest event held, one more than `last_q` when none is."""
        return self.last_q - len(self._lines) + 1

    @property
    def unsaved_count(self) -> int:
        return self.last_q - self.saved_q

    def add(self, lines: Sequence[bytes]) -> None:
        self._lines.extend(lines)
        self.last_q += len(lines)
        self._trim()

    def unsaved(self, most: int) -> list[bytes]:
        """The oldest events that are not saved, beginning with number `saved_q + 1`."""
        start = self.saved_q + 1 - self.first_q
        return self._lines[start : start + most]

    def mark_saved(self, last_q: int) -> None:
        self.saved_q = last_q
        self._trim()

    def frame_after(self, q: int) -> list[bytes] | None:
        """The next frame of events after number `q`, empty when there are none, None when no longer held."""
        start = q + 1 - self.first_q
        if start < 0:
            return None
        return cut_frame(self._lines[start : start + FRAME_EVENTS])

    def _trim(self) -> None:
        surplus = min(len(self._lines) - self._most, self.saved_q + 1 - self.first_q)
        if surplus > 0:
            del self._lines[:surplus]
