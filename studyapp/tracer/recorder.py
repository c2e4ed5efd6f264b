"""Holds what the hooks recorded until it is sent: by a thread of our own now and then, or on the spot.

What must not be lost if the program dies the next moment is sent by the thread that records it.
"""

import _thread
from collections import deque
from collections.abc import Callable
from itertools import islice, repeat

from .budget import Budget
from .encode import Record
from .pipe import EventPipe, make_pieces
from .sender import Sender

MOST_WAITING = 20_000
BATCH = 1000
FIRST = 10


class Recorder:
    """Takes records from any thread: through `add` those that may wait a while."""

    def __init__(self, pipe: EventPipe, budget: Budget) -> None:
        self._pipe = pipe
        self._budget = budget
        self._records: deque[Record] = deque()
        self._extra_weight = 0
        self._turn = _thread.RLock()
        self._tickets = deque([object()])
        self._sender = Sender(self._send_if_free)
        self._left_of_first = FIRST
        self._add_only = self._records.append
        self.add: Callable[[Record], object] = self._add_first

    def weigh(self, weight: int) -> None:
        """The next record is as large as so many of the others."""
        self._extra_weight += weight

    def say(self, record: Record) -> bool:
        """Returns when the record is in the pipe, after all those before it; False if that is closed."""
        taken = False
        try:
            with self._turn:
                self._take(record)
                taken = True
                self._send()
        except RecursionError:  # the sender has a stack of its own
            if not taken:
                self._records.append(record)
            self._sender.start()
        return not self._pipe.is_silent

    def flush(self) -> None:
        """Returns when everything recorded so far is in the pipe."""
        with self._turn:
            self._send()

    def slow_down(self) -> None:
        """Bounds what waits: the program goes on once it is sent."""
        if len(self._records) + self._extra_weight > MOST_WAITING:
            self.flush()

    def pause(self) -> None:
        """Sends everything and ends the thread; the next record starts another."""
        self._sender.stop()
        self.add = self._add_and_start
        self.flush()

    def finish(self) -> None:
        """Sends everything and takes nothing more."""
        self._sender.let_go()
        with self._turn:
            self.flush()
            self.add = _ignore
            self._pipe.waiting.extend(make_pieces(self._budget.last_words()))
            self._pipe.send()
            self._pipe.close()

    def abandon(self) -> None:
        """For the child of a fork: what waits here is the parent's, and so is the pipe."""
        self.add = _ignore
        self._turn = _thread.RLock()
        self._records.clear()
        self._pipe.close()

    def _add_first(self, record: Record) -> None:
        """Many a program has no more to tell than it costs to start a thread."""
        self.say(record)
        self._left_of_first -= 1
        if self._left_of_first <= 0:
            self.add = self._add_and_start

    def _add_and_start(self, record: Record) -> None:
        self._records.append(record)
        if self._sender.start():
            self.add = self._add_only

    def _send_if_free(self) -> bool:
        """Whether to look again soon. Who has the turn sends everything, and may need this thread to end."""
        if not self._turn.acquire(blocking=False):
            return True
        try:
            if self._records or self._pipe.waiting:
                self.flush()
                return True
            if self.add == self._add_only:
                self.add = self._add_and_start
            return False
        finally:
            self._turn.release()

    def _take(self, record: Record) -> None:
        if self._records:
            self._records.append(record)
        else:
            self._pipe.waiting.extend(make_pieces(self._budget.encode([record])))

    def _send(self) -> None:
        self._pipe.send()
        while self._records:
            self._encode()
            self._pipe.send()

    def _encode(self) -> None:
        """Moves the first records, encoded, to what waits at the pipe.

        A signal handler or a finalizer that prints may come in between and do this work. So all is changed at
        the very end and in one go, and that fails if the ticket has been used.
        """
        self._extra_weight = 0
        try:
            ticket = self._tickets[0]
            batch = [self._records[n] for n in range(min(len(self._records), BATCH))]
            pieces = make_pieces(self._budget.encode(batch))
            change = zip(
                map(self._tickets.remove, [ticket]),
                map(self._tickets.append, [object()]),
                map(self._pipe.waiting.extend, [pieces]),
                map(_forget, [islice(map(deque.popleft, repeat(self._records)), len(batch))]),
                strict=True,
            )
            next(change)
        except (IndexError, ValueError):
            return


_forget = deque[Record](maxlen=0).extend


def _ignore(record: Record) -> None:
    """Takes the place of `add` when nothing may be recorded."""
