"""The thread that sends what was recorded: awake only while there is something to send."""

import threading

from studyapp.tracer.sender import EVERY_S, Sender

LONG_ENOUGH_S = 10
NOT_TO_COME_S = 5 * EVERY_S


class Calls:
    """Counts what it is asked, and answers that there is more to send so many times."""

    def __init__(self, more: int) -> None:
        self.count = 0
        self._more = more
        self._changed = threading.Condition()

    def send(self) -> bool:
        with self._changed:
            self.count += 1
            self._changed.notify_all()
            return self.count <= self._more

    def reach(self, count: int, within_s: float = LONG_ENOUGH_S) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.count >= count, within_s)


def test_it_sends_at_once_and_again_while_there_is_more() -> None:
    calls = Calls(more=3)
    sender = Sender(calls.send)
    assert sender.start()

    assert calls.reach(4)

    sender.stop()


def test_it_sleeps_while_there_is_nothing_to_send() -> None:
    calls = Calls(more=0)
    sender = Sender(calls.send)
    sender.start()
    assert calls.reach(1)

    assert not calls.reach(2, NOT_TO_COME_S)

    sender.stop()


def test_starting_it_again_wakes_it() -> None:
    calls = Calls(more=0)
    sender = Sender(calls.send)
    sender.start()
    assert calls.reach(1)

    assert sender.start()

    assert calls.reach(2, NOT_TO_COME_S)
    sender.stop()


def test_it_stops_however_often_others_start_it() -> None:
    sender = Sender(lambda: False)
    over = threading.Event()

    def start_again_and_again() -> None:
        while not over.is_set():
            sender.start()

    others = [threading.Thread(target=start_again_and_again) for _ in range(2)]
    for other in others:
        other.start()
    for _ in range(20):
        sender.stop()
    over.set()
    for other in others:
        other.join()
    sender.stop()
