"""The template: a Python with its imports done, inside one bubblewrap, of which every jail is a copy.

It takes orders from the runner through one socket, a datagram for each, with descriptors attached: the
streams of the jail to come (standard input, output and error, the event pipe, the control socket) and its
ways into its control group; or those by which the template itself moves to another group. It answers with
the pidfd of each jail's first process, and when that one has ended, with its wait status. No guest's code
runs here.
"""

import gc
import json
import os
import select
import signal
import socket
import sys

from . import namespaces, preload, streams
from .confine import SystemCallFilter
from .first import Design, Wish, keep_places_free, live
from .immortal import make_all_immortal
from .kernel import DEFAULT, SIGCHLD, set_handler
from .practice.server import CONTEXT, wake
from .warm import fill_gaps, warm_up

LONGEST_ORDER = 4096
MOST_DESCRIPTORS = 16
READY = {"ready": True, "imported": len(preload.__all__)}


def main(text: str) -> int:
    """Makes jails until the runner is gone. `text` is JSON: three descriptors and the `Design`."""
    settings = json.loads(text)
    channel_fd = settings.pop("channel_fd")
    with open(settings.pop("filter_fd"), "rb") as file:
        instructions = file.read()
    if os.getpid() != 1:
        sys.stderr.write("the template was not given namespaces of its own\n")
        return 1
    identity_fd = settings.pop("identity_fd")
    CONTEXT.load_cert_chain(f"/proc/self/fd/{identity_fd}")
    os.close(identity_fd)
    keep_places_free()
    wake_reading, wake_writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, wake)
    signal.set_wakeup_fd(wake_writing, warn_on_full_buffer=False)
    os.environ.pop("LD_BIND_NOW", None)  # for this process only: what is looked up here, no jail has to
    streams.open_like_jails()
    warm_up()
    gc.collect()
    make_all_immortal()
    fill_gaps()
    gc.disable()
    gc.freeze()  # what is shared with the jails is not touched any more, so it stays shared
    design = Design(filter=SystemCallFilter.of(instructions), **settings)
    with socket.socket(fileno=channel_fd) as channel:
        channel.send(json.dumps(READY).encode())
        Template(design, channel, wake_reading).serve()
    return 0


class Template:
    """Carries out orders one by one, and reports deaths as they happen."""

    def __init__(self, design: Design, channel: socket.socket, wake_fd: int) -> None:
        self._design = design
        self._channel = channel
        self._wake_fd = wake_fd
        self._numbers: dict[int, int] = {}

    def serve(self) -> None:
        poll = select.poll()
        for descriptor in (self._channel.fileno(), self._wake_fd):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._wake_fd:
                    os.read(self._wake_fd, LONGEST_ORDER)
                    self._reap()
                elif not self._take_order():
                    return

    def _take_order(self) -> bool:
        text, descriptors, _, _ = socket.recv_fds(self._channel, LONGEST_ORDER, MOST_DESCRIPTORS)
        if not text:
            return False
        order = json.loads(text)
        first_way, first_move = order["streams"], order["streams"] + order["ways_in"]
        try:
            if order["streams"]:
                self._make(order, descriptors[:first_way], descriptors[first_way:first_move])
        except OSError as error:
            self._tell({"broken": order["number"], "message": str(error)})
        finally:
            close_all(descriptors[:first_move])
        namespaces.enter_groups(descriptors[first_move:])
        close_all(descriptors[first_move:])
        return True

    def _make(self, order: dict[str, int], streams: list[int], ways_in: list[int]) -> None:
        birthplace = ways_in.pop() if order["born_in_group"] else None
        named_reading, named_writing = os.pipe2(os.O_CLOEXEC)
        disk = namespaces.plan_disk(self._design.places, order["disk_bytes"], order["disk_inodes"])
        wish = Wish(disk, ahead=bool(order["ahead"]))
        try:
            pid = namespaces.fork_into_new(birthplace)
            if pid == 0:
                os.close(named_writing)
                self._become_jail(named_reading, wish, streams, ways_in)
            self._numbers[pid] = order["number"]
            namespaces.name_user(pid, order["outside_id"])
            os.write(named_writing, b"!")
            handle = os.pidfd_open(pid)
            self._tell({"made": order["number"]}, handle)
            os.close(handle)
        finally:
            os.close(named_reading)
            os.close(named_writing)

    def _become_jail(self, named: int, wish: Wish, streams: list[int], ways_in: list[int]) -> None:
        """Never returns."""
        try:
            signal.set_wakeup_fd(-1)
            set_handler(SIGCHLD, DEFAULT)
            namespaces.enter_groups(ways_in)
            live(self._design, wish, streams, named)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self._numbers.pop(pid, None)
            if number is not None:
                self._tell({"ended": number, "status": status, "cpu_s": used.ru_utime + used.ru_stime})

    def _tell(self, words: dict[str, object], *descriptors: int) -> None:
        socket.send_fds(self._channel, [json.dumps(words).encode()], descriptors)


def close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
