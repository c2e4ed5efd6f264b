"""TLS between the bytes on the wire and those that a connection reads and writes."""

from __future__ import annotations

import contextlib
import ssl

READ_BYTES = 16 * 1024


def make_context() -> ssl.SSLContext:
    """A server's, without its key and certificates yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0  # to resume a session with: nobody here does, and each costs time
    return context


class TLS:
    """Of one connection. What it has to say by itself is to be taken and sent after each call."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._shaken_hands = False

    def decrypt(self, data: bytes) -> bytes | None:
        """What can be read by now; None once the client says that it closes. Raises ssl.SSLError."""
        self._incoming.write(data)
        read = bytearray()
        try:
            if not self._shaken_hands:
                self._tls.do_handshake()
                self._shaken_hands = True
            while piece := self._tls.read(READ_BYTES):
                read += piece
        except ssl.SSLWantReadError:
            return bytes(read)
        return None

    def encrypt(self, data: bytes) -> bytes:
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
        return self.take()

    def close(self) -> bytes:
        with contextlib.suppress(OSError):  # as the client has not said yet that it closes, too
            self._tls.unwrap()
        return self.take()

    def take(self) -> bytes:
        return self._outgoing.read()
