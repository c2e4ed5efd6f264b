"""What HTTP carries: requests as they are understood, responses as they go out."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

JSON = "application/json; charset=utf-8"
BODILESS = (204, 304)
REASONS = {status.value: status.phrase for status in HTTPStatus}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(slots=True)
class Request:
    """`target` is the path with the query, as sent; of a header that came several times, `headers` has the
    first; `authority` is the host with its port where that is not the usual one."""

    method: str
    target: str
    scheme: str
    authority: str
    host: str
    headers: dict[str, str]
    keep_alive: bool

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def path_segments(self) -> list[str]:
        """What stands between the slashes of the path, decoded."""
        path = self.target.partition("#")[0].partition("?")[0]
        segments = path[1:].split("/")
        return [unquote(each) for each in segments] if "%" in path else segments

    @property
    def query(self) -> dict[str, str]:
        """Decoded; of a name that came several times, the first value."""
        text = self.target.partition("#")[0].partition("?")[2]
        values: dict[str, str] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            values.setdefault(name, value)
        return values


@dataclass(slots=True)
class Stream:
    """A body that is made while it is sent; the pieces are `length` bytes together.

    Between them may be numbers: so many seconds until the next.
    """

    length: int
    pieces: Iterator[bytes | float]


@dataclass(slots=True)
class Response:
    """An empty body has no type."""

    status: int = 200
    content_type: str = "application/octet-stream"
    body: bytes | Stream = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answering = Generator[float, None, Response]
"""Yields how many seconds it wants to wait before it goes on."""


class HTTPError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.response = json_response({"error": message}, status=status, headers=headers)


def json_response(
    content: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(status, JSON, json.dumps(content).encode(), headers or {})


def format_head(response: Response, connection: str, now_s: float) -> bytes:
    """The status line and the headers; `connection` is "close", "keep-alive", or empty for neither."""
    body, status = response.body, response.status
    length = body.length if isinstance(body, Stream) else len(body)
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, '')}"]
    if length:
        lines.append(f"Content-Type: {response.content_type}")
    if status not in BODILESS:
        lines.append(f"Content-Length: {length}")
    lines.append(f"Date: {format_date(now_s)}\r\nServer: practice")
    if connection:
        lines.append(f"Connection: {connection}")
    lines.extend(f"{name}: {value}" for name, value in response.headers.items())
    return "\r\n".join([*lines, "\r\n"]).encode()


def format_date(now_s: float) -> str:
    """As HTTP writes it, for seconds since 1970."""
    now = time.gmtime(now_s)
    day = f"{DAYS[now.tm_wday]}, {now.tm_mday:02} {MONTHS[now.tm_mon - 1]} {now.tm_year}"
    return f"{day} {now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02} GMT"
