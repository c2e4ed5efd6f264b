"""How much one run may say, and what is left out once that is nearly used up."""

import time
from collections.abc import Iterable, Iterator

from .encode import Encoder, Record

MOST_EVENTS = 100_000
MOST_BYTES = 10_000_000
ALWAYS_KEPT = ("out", "failed")


class Budget:
    """Past four fifths of either bound, steps are left out; past nineteen twentieths, all but output and
    errors. An event `dropped` says so at once, and again with the final number.
    """

    def __init__(self, encoder: Encoder, *, most_events: int, most_bytes: int) -> None:
        self._encoder = encoder
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._events = self._bytes = self._dropped = 0
        self._speaker: int | None = None

    def encode(self, records: Iterable[Record]) -> list[str]:
        """The events of a batch. How much is used up is looked at once per batch."""
        before = self._dropped
        texts: list[str] = []
        for record in self._sift(records):
            try:
                texts.append(record[0](record))
            except RecursionError:
                raise
            except Exception:
                if _can_be_encoded(record):  # a signal handler of the learner's raised this, in our midst
                    raise
                self._dropped += 1
            if record[3] == "out" and record[4] == self._speaker:
                self._events -= 1  # the supervisor joins what follows each other in a lane
            self._speaker = record[4] if record[3] == "out" else None
        self._events += len(texts)
        self._bytes += sum(map(len, texts))
        if self._dropped and not before:
            texts.append(self._say_dropped())
        return texts

    def last_words(self) -> list[str]:
        return [self._say_dropped()] if self._dropped else []

    def _sift(self, records: Iterable[Record]) -> Iterable[Record]:
        used = max(self._events / self._most_events, self._bytes / self._most_bytes)
        return records if used < 0.8 else self._leave_out(records, used)

    def _leave_out(self, records: Iterable[Record], used: float) -> Iterator[Record]:
        for record in records:
            if record[3] in ALWAYS_KEPT or (used < 0.95 and record[0] != self._encoder.step):
                yield record
            else:
                self._dropped += 1

    def _say_dropped(self) -> str:
        reason = f"a run may hold {self._most_events} events and {self._most_bytes} bytes"
        args = {"n": self._dropped, "reason": reason}
        return self._encoder.event((None, "M", "meta", "dropped", 0, time.monotonic_ns(), args))


def _can_be_encoded(record: Record) -> bool:
    try:
        record[0](record)
    except Exception:
        return False
    return True
