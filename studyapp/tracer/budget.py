"""How much one run may say, and what is left out once that is nearly used up."""

import time
from collections.abc import Iterable, Iterator

from .encode import Encoder, Record
from .fields import LONGEST_OUTPUT

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

    def encode(self, records: Iterable[Record]) -> Iterator[str]:
        for record in _join_output(records):
            if not self._allows(record):
                self._dropped += 1
                if self._dropped == 1:
                    yield self._say_dropped()
                continue
            try:
                text: str = record[0](record)
            except Exception:
                self._dropped += 1
                continue
            self._events += 1
            self._bytes += len(text)
            yield text

    def last_words(self) -> Iterator[str]:
        if self._dropped:
            yield self._say_dropped()

    def _allows(self, record: Record) -> bool:
        used = max(self._events / self._most_events, self._bytes / self._most_bytes)
        if used < 0.8 or record[3] in ALWAYS_KEPT:
            return True
        return used < 0.95 and record[0] != self._encoder.step

    def _say_dropped(self) -> str:
        reason = f"a run may hold {self._most_events} events and {self._most_bytes} bytes"
        args = {"n": self._dropped, "reason": reason}
        return self._encoder.event((None, "M", "meta", "dropped", 0, time.monotonic_ns(), args))


def _join_output(records: Iterable[Record]) -> Iterator[Record]:
    """Writes that follow each other in one lane become one event, cut where it grows too long."""
    held: Record | None = None
    for record in records:
        if held is not None and _continues(held, record):
            held[6]["text"] += record[6]["text"]
            continue
        if held is not None:
            yield from _cut(held)
        held = record if record[3] == "out" else None
        if held is None:
            yield record
    if held is not None:
        yield from _cut(held)


def _continues(held: Record, record: Record) -> bool:
    return record[3:5] == held[3:5] and record[6]["stream"] == held[6]["stream"]


def _cut(record: Record) -> Iterator[Record]:
    *head, args = record
    for start in range(0, len(args["text"]), LONGEST_OUTPUT):
        yield (*head, {**args, "text": args["text"][start : start + LONGEST_OUTPUT]})
