"""How much one run may say, and what is left out once that is nearly used up."""

import time
from collections.abc import Iterable, Iterator

from .encode import Encoder, Record
from .fields import LONGEST_OUTPUT

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

    def encode(self, records: Iterable[Record]) -> list[str]:
        """The events of a batch. How much is used up is looked at once per batch."""
        before = self._dropped
        texts: list[str] = []
        for record in self._sift(_join_output(records)):
            try:
                texts.append(record[0](record))
            except Exception:
                self._dropped += 1
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
