"""Takes what a guest sends, believes none of it, and makes numbered events of it.

Pure: bytes in, encoded events out. The caps on output and events are counted here.
"""

import codecs
from collections import deque
from collections.abc import Callable
from typing import Any

from studyapp.sandbox.event_json import dump_event, parse_line
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.lines import LineSplitter
from studyapp.sandbox.own_events import dropped_event, out_event
from studyapp.sandbox.pieces import EndReason, ErrorInfo
from studyapp.sandbox.wire import WireError
from studyapp.tracer.events import EventError, check_event, expand_output
from studyapp.tracer.fields import LONGEST_OUTPUT

Event = dict[str, Any]

FULL_BYTES = 384 * 1024
BATCH_EVENTS = 500
BATCH_BYTES = 64 * 1024
MOST_INVALID = 1000
STREAMS = ("stdout", "stderr")


class Intake:
    """Everything one run sends. `now_us` tells the microseconds since the run started."""

    def __init__(self, limits: Limits, now_us: Callable[[], float]) -> None:
        self._limits = limits
        self._now_us = now_us
        self._lines = LineSplitter()
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in STREAMS}
        self._output_bytes = dict.fromkeys(STREAMS, 0)
        self._cut = {"events": 0, "invalid events": 0, "bytes of stdout": 0, "bytes of stderr": 0}
        self._last: Event | None = None
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._accepted = 0
        self._last_q = 0
        self._event_bytes = 0
        self.reached: EndReason | None = None
        self.failure: ErrorInfo | None = None
        self.crowded = False

    @property
    def full(self) -> bool:
        """True while so much waits to be taken that nothing more should be read."""
        return self._pending_bytes >= FULL_BYTES

    @property
    def empty(self) -> bool:
        return not self._pending and self._last is None

    def feed_events(self, chunk: bytes) -> None:
        """Bytes from the event pipe: lines of JSON arrays."""
        self._event_bytes += len(chunk)
        if self._event_bytes > self._limits.event_bytes:
            self._reach(EndReason.EVENT_LIMIT)
        for line in self._lines.feed(chunk):
            self._accept_line(line)

    def feed_output(self, stream: str, chunk: bytes, *, final: bool = False) -> None:
        """Bytes from stdout or stderr themselves; invalid ones are replaced, split characters joined."""
        text = self._decoders[stream].decode(chunk, final)
        for start in range(0, len(text), LONGEST_OUTPUT):
            self._accept_output(out_event(stream, text[start : start + LONGEST_OUTPUT], self._now_us()))

    def take(self) -> list[bytes]:
        """The next batch of encoded events, in order; an empty list when there is none."""
        self._flush()
        batch: list[bytes] = []
        size = 0
        while self._pending and len(batch) < BATCH_EVENTS and size < BATCH_BYTES:
            batch.append(self._pending.popleft())
            size += len(batch[-1])
        self._pending_bytes -= size
        return batch

    def close(self) -> None:
        """Nothing more will come: says what was cut."""
        for stream in STREAMS:
            self.feed_output(stream, b"", final=True)
        for what, count in self._cut.items():
            if count:
                self.add(dropped_event(count, what, self._now_us()))

    def add(self, event: Event) -> None:
        """An event of the supervisor's own, past every cap."""
        self._flush()
        self._push(event)

    def _reach(self, reason: EndReason) -> None:
        self.reached = self.reached or reason

    def _accept_line(self, line: bytes | None) -> None:
        try:
            raw = None if line is None else parse_line(line)
        except WireError:
            raw = None
        if not isinstance(raw, list):
            self._count_invalid()
            return
        for index, event in enumerate(raw):
            if self.reached is EndReason.EVENT_LIMIT:
                self._cut["events"] += len(raw) - index
                return
            self._accept_raw(event)

    def _count_invalid(self) -> None:
        self._cut["invalid events"] += 1
        if self._cut["invalid events"] > MOST_INVALID:
            self._reach(EndReason.EVENT_LIMIT)

    def _accept_raw(self, raw: object) -> None:
        try:
            event = check_event(expand_output(raw) if isinstance(raw, list) else raw)
        except EventError:
            self._count_invalid()
            return
        if event["cat"] == "meta" and event["name"] == "failed":
            self._note_failure(**event["args"])
        if event["cat"] == "out":
            self._accept_output(event)
        else:
            self._accept(event)

    def _note_failure(self, *, crowded: bool = False, **error: Any) -> None:
        self.crowded = crowded
        self.failure = ErrorInfo(type=error["type"], msg=error["msg"], line=error["line"], sub=error["sub"])

    def _accept_output(self, event: Event) -> None:
        args = event["args"]
        stream, data = args["stream"], args["text"].encode()
        room = self._limits.output_bytes - self._output_bytes[stream]
        if len(data) > room:
            args["text"] = data[:room].decode(errors="ignore")
            self._cut[f"bytes of {stream}"] += len(data) - room
            self._reach(EndReason.OUTPUT_LIMIT)
        self._output_bytes[stream] += min(len(data), room)
        if args["text"] and not self._merge(event):
            self._accept(event)

    def _merge(self, event: Event) -> bool:
        """Joins output to the event just before it when the same task went on writing to the same stream."""
        last = self._last
        if (
            last is None
            or last["name"] != "out"
            or last["tid"] != event["tid"]
            or last["pid"] != event["pid"]
        ):
            return False
        text, more = last["args"]["text"], event["args"]["text"]
        if last["args"]["stream"] != event["args"]["stream"] or len(text) + len(more) > LONGEST_OUTPUT:
            return False
        last["args"]["text"] = text + more
        return True

    def _accept(self, event: Event) -> None:
        if self._accepted >= self._limits.events or self.reached is EndReason.EVENT_LIMIT:
            self._cut["events"] += 1
            self._reach(EndReason.EVENT_LIMIT)
            return
        self._accepted += 1
        self._flush()
        self._last = event

    def _flush(self) -> None:
        event, self._last = self._last, None
        if event is not None:
            self._push(event)

    def _push(self, event: Event) -> None:
        self._last_q += 1
        encoded = dump_event({"q": self._last_q, **event})
        self._pending.append(encoded)
        self._pending_bytes += len(encoded)
