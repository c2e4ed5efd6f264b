"""Takes requests out of the bytes that a client sends, however those are cut. Bodies are thrown away."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from .messages import HTTPError, Request

LONGEST_LINE = 8190
LARGEST_FIELDS = 32 * 1024
MOST_FIELDS = 100
LARGEST_BODY = 64 * 1024 * 1024
LONGEST_END = len(b"\r\n\r\n")
ADDRESS = "127.0.0.1"

TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105  # HTTP's word for it
FIRST_BYTES = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
REQUEST_LINE = re.compile(rf"({TOKEN}) ([!-~]+) HTTP/([0-9])\.([0-9])")
ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE)
FIELD = re.compile(rf"({TOKEN}):[ \t]*+([^\0-\x08\n-\x1f\x7f]*)")
HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
WHOLE = re.compile(r"[0-9]{1,18}")
CHUNK_SIZE = re.compile(r"([0-9A-Fa-f]{1,15})[ \t]*(;.*)?")
END_OF_LINE = re.compile(rb"\r?\n")
END_OF_FIELDS = re.compile(rb"(?:\A|\n)\r?\n")
USUAL_PORTS = {"http": ":80", "https": ":443"}


class RequestReader:
    """Feed it what comes, ask it for the next request. After an HTTPError it must not be asked again."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self._unread = bytearray()
        self._requests = self._read_requests()
        self.continue_awaited = False
        """The client sends its body only when it is told to. Whoever tells it sets this back."""

    def feed(self, data: bytes) -> None:
        self._unread += data

    def unread_bytes(self) -> int:
        return len(self._unread)

    def next_request(self) -> Request | None:
        """None as long as more bytes are needed. Raises HTTPError for what is no request, or too large."""
        return next(self._requests)

    def _read_requests(self) -> Iterator[Request | None]:
        while True:
            yield from self._skip_blank_lines()
            line = yield from self._take_until(END_OF_LINE, LONGEST_LINE, HTTPError(414, "line too long"))
            method, target, is_old = _parse_request_line(line)
            text = yield from self._take_until(END_OF_FIELDS, LARGEST_FIELDS, _too_large())
            headers, combined = _parse_fields(text)
            request = self._understand(method, target, headers, combined, is_old=is_old)
            yield from self._skip_body(combined, is_old=is_old)
            yield request

    def _understand(
        self, method: str, target: str, headers: dict[str, str], combined: dict[str, str], *, is_old: bool
    ) -> Request:
        authority = combined.get("host")
        if authority is None:
            if not is_old:
                raise HTTPError(400, "the Host header is missing")
            authority = ADDRESS
        if not target.startswith("/") and (absolute := ABSOLUTE.fullmatch(target)):
            authority, target = absolute[1], absolute[2]
            target = target if target.startswith("/") else f"/{target}"
        host = HOST.fullmatch(authority)
        if not host:
            raise HTTPError(400, "the host is no name and no address")
        if not target.startswith("/") and (method, target) != ("OPTIONS", "*"):
            raise HTTPError(400, "the target of a request begins with a slash")
        options = combined.get("connection", "").lower()
        keep_alive = "keep-alive" in options if is_old else "close" not in options
        authority = authority.removesuffix(USUAL_PORTS[self._scheme])
        return Request(method, target, self._scheme, authority, host[1].lower(), headers, keep_alive)

    def _skip_blank_lines(self) -> Generator[None]:
        while True:
            if self._unread.startswith((b"\r", b"\n")):
                self._unread = self._unread.lstrip(b"\r\n")
            if self._unread:
                break
            yield
        if self._unread[0] not in FIRST_BYTES:
            raise HTTPError(400, "this is no HTTP")

    def _take_until(self, end: re.Pattern[bytes], most: int, error: HTTPError) -> Generator[None, None, str]:
        """What comes before the end; raises the error if that is more than `most` bytes."""
        while not (found := end.search(self._unread)):
            if len(self._unread) > most + LONGEST_END:
                raise error
            yield
        if found.start() > most:
            raise error
        text = self._unread[: found.start()].decode("utf-8", "surrogateescape")
        del self._unread[: found.end()]
        return text

    def _skip_body(self, combined: dict[str, str], *, is_old: bool) -> Generator[None]:
        length = _body_length(combined, is_old=is_old)
        if length == 0:
            return
        self.continue_awaited = not (
            self._unread or is_old or combined.get("expect", "").lower() != "100-continue"
        )
        yield from self._skip_chunks() if length is None else self._skip(length)

    def _skip(self, count: int) -> Generator[None]:
        while count > len(self._unread):
            count -= len(self._unread)
            self._unread.clear()
            yield
        del self._unread[:count]

    def _skip_chunks(self) -> Generator[None]:
        broken = HTTPError(400, "the chunks of the body are broken")
        total = 0
        while True:
            line = yield from self._take_until(END_OF_LINE, LONGEST_LINE, broken)
            size = CHUNK_SIZE.fullmatch(line)
            if not size:
                raise broken
            count = int(size[1], 16)
            total += count
            if total > LARGEST_BODY:
                raise HTTPError(413, "the body is too large")
            if count == 0:
                break
            yield from self._skip(count)
            yield from self._take_until(END_OF_LINE, 0, broken)
        yield from self._take_until(END_OF_FIELDS, LARGEST_FIELDS, _too_large())


def _parse_request_line(line: str) -> tuple[str, str, bool]:
    """Method, target, and whether it is HTTP/1.0."""
    found = REQUEST_LINE.fullmatch(line)
    if not found:
        raise HTTPError(400, "a request begins with a line like: GET /path HTTP/1.1")
    method, target, major, minor = found.groups()
    if major != "1":
        raise HTTPError(505, "only HTTP/1 is spoken here")
    return method, target, minor == "0"


def _parse_fields(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The first value of each name as written, and all values of each name in lower case."""
    headers: dict[str, str] = {}
    combined: dict[str, str] = {}
    lines = text.split("\n") if text else []
    if len(lines) > MOST_FIELDS:
        raise _too_large()
    for line in lines:
        field = FIELD.fullmatch(line.removesuffix("\r"))
        if not field:
            raise HTTPError(400, "a header is a line like: Name: value")
        name, value = field[1], field[2].rstrip(" \t")
        lower = name.lower()
        if lower in combined:
            combined[lower] += f", {value}"
        else:
            combined[lower] = headers[name] = value
    return headers, combined


def _body_length(combined: dict[str, str], *, is_old: bool) -> int | None:
    """In bytes; None for a body in chunks."""
    length, coding = combined.get("content-length"), combined.get("transfer-encoding")
    if coding is not None:
        if length is not None or is_old or coding.lower().rpartition(",")[2].strip() != "chunked":
            raise HTTPError(400, "nobody can tell where the body ends")
        if coding.lower() != "chunked":
            raise HTTPError(501, "of the transfer codings only chunked is known here")
        return None
    if length is None:
        return 0
    lengths = {each.strip() for each in length.split(",")}
    if len(lengths) > 1 or not WHOLE.fullmatch(length := lengths.pop()):
        raise HTTPError(400, "nobody can tell where the body ends")
    if int(length) > LARGEST_BODY:
        raise HTTPError(413, "the body is too large")
    return int(length)


def _too_large() -> HTTPError:
    return HTTPError(431, "the headers are too large")
