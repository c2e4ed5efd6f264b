"""TLS between a client and a protocol that knows nothing of it.

Python's own layer for this takes 256 KiB of each connection, and pages of memory to get going.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

READ_BYTES = 16 * 1024


def make_context() -> ssl.SSLContext:
    """A server's, without its key and certificates yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0  # to resume a session with: nobody here does, and each costs time
    return context


class TLSConnection(asyncio.Protocol, asyncio.Transport):
    """Protocol of the bytes on the wire, and transport of those that `inner` reads and writes."""

    def __init__(self, context: ssl.SSLContext, inner: asyncio.Protocol) -> None:
        super().__init__()
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._shaken_hands = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        self._transport = transport
        self._inner.connection_made(self)

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        try:
            if not self._shaken_hands:
                self._tls.do_handshake()
                self._shaken_hands = True
            self._read()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._flush()  # says what was wrong
            self._transport.close()
        else:
            self._flush()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._inner.connection_lost(error)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
        self._flush()

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def close(self) -> None:
        with contextlib.suppress(ssl.SSLError):  # as the client has not said yet that it closes, too
            self._tls.unwrap()
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def _read(self) -> None:
        while self._incoming.pending or self._tls.pending():
            data = self._tls.read(READ_BYTES)
            if not data:
                self._transport.close()
                return
            self._inner.data_received(data)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._transport.write(self._outgoing.read())
