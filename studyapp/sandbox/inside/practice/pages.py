"""The practice internet: a few pages with httpbin's well-known paths, and latencies that repeat.

Every answer depends on nothing but the request and, for /flaky, how often it was asked before.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

from .messages import Answering, HTTPError, Request, Response, Stream, json_response

LONGEST_DELAY_S = 10.0
LARGEST_BODY = 1024 * 1024
PIECE_BYTES = 16 * 1024
MOST_DRIPS = 1000
MOST_FLAKY_KEYS = 1000

Page = Callable[[Request, str], Answering]

HTML = """<!doctype html>
<html lang="en">
  <head><title>Practice internet</title></head>
  <body>
    <h1>Practice internet</h1>
    <p>You reached {host}. This server lives beside your program and nothing else is reachable from here.</p>
  </body>
</html>
"""
PATHS = ("/", "/get", "/delay/{s}", "/status/{code}", "/bytes/{n}", "/drip", "/flaky/{n}", "/hang")
READ_ONLY = ("", "bytes", "drip")


class Pages:
    """The server's pages. Parameters out of range answer 400, unknown paths 404, both as JSON."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._plain: dict[str, Page] = {"": show_page, "get": echo, "drip": drip, "hang": hang}
        self._with_parameter: dict[str, Page] = {
            "delay": delay,
            "status": status,
            "bytes": send_bytes,
            "flaky": self.flaky,
        }

    def answer(self, request: Request) -> Answering:
        """Raises HTTPError where there is nothing to answer, and so may what it returns."""
        name, *parameters = request.path_segments
        page = None
        if not parameters:
            page = self._plain.get(name)
        elif len(parameters) == 1 and parameters[0]:
            page = self._with_parameter.get(name)
        if page is None or request.target == "*":
            return not_found()
        if name in READ_ONLY and request.method not in ("GET", "HEAD"):
            raise HTTPError(405, "this page can only be read", {"Allow": "GET, HEAD"})
        return page(request, *parameters or [""])

    def flaky(self, request: Request, parameter: str) -> Answering:
        """503 the first `parameter` times that this very address is asked, then 200."""
        failures = _whole(parameter, "failures", 100)
        asked = self._asked
        if len(asked) >= MOST_FLAKY_KEYS and request.target not in asked:
            asked.clear()
        asked[request.target] += 1
        yield latency_s(request.target)
        if asked[request.target] <= failures:
            return json_response({"error": "not yet", "asked": asked[request.target]}, status=503)
        return _describe(request, asked=asked[request.target])


def latency_s(target: str) -> float:
    """How long a page takes to answer: 20 to 60 ms, the same for the same address every time."""
    return 0.02 + zlib.crc32(target.encode()) % 41 / 1000


def show_page(request: Request, _: str) -> Answering:
    yield latency_s(request.target)
    html = HTML.format(host=request.host)
    return Response(200, "text/html; charset=utf-8", html.encode())


def echo(request: Request, _: str) -> Answering:
    yield latency_s(request.target)
    return _describe(request)


def delay(request: Request, parameter: str) -> Answering:
    seconds = _number(parameter, "seconds", LONGEST_DELAY_S)
    yield seconds
    return _describe(request, delay=seconds)


def status(request: Request, parameter: str) -> Answering:
    code = _whole(parameter, "code", 599, least=200)
    yield latency_s(request.target)
    return Response(code)


def send_bytes(request: Request, parameter: str) -> Answering:
    count = _whole(parameter, "count", LARGEST_BODY)
    yield latency_s(request.target)
    return Response(body=Stream(count, _random_bytes(count)) if count else b"")


def drip(request: Request, _: str) -> Answering:
    """`numbytes` bytes spread over `duration` seconds, after `delay` seconds."""
    query = request.query
    duration = _number(query.get("duration", "2"), "duration", LONGEST_DELAY_S)
    count = _whole(query.get("numbytes", "10"), "numbytes", MOST_DRIPS, least=1)
    yield _number(query.get("delay", "0"), "delay", LONGEST_DELAY_S)
    return Response(body=Stream(count, _drops(count, duration / count)))


def hang(_: Request, __: str) -> Answering:
    """Takes the request and never answers it."""
    while True:
        yield LONGEST_DELAY_S


def not_found() -> Answering:
    yield from ()  # at once
    return json_response({"error": "no such page", "pages": PATHS}, status=404)


def _random_bytes(count: int) -> Iterator[bytes]:
    """The same for each count, and the same as if they were made all at once."""
    source = random.Random(count)  # noqa: S311  # meant to repeat
    for start in range(0, count, PIECE_BYTES):
        yield source.randbytes(min(PIECE_BYTES, count - start))


def _drops(count: int, pause_s: float) -> Iterator[bytes | float]:
    for _ in range(count):
        yield pause_s
        yield b"*"


def _describe(request: Request, **more: object) -> Response:
    seen = {"url": request.url, "method": request.method, "args": request.query}
    return json_response({**seen, "headers": request.headers, **more})


def _whole(text: str, name: str, most: int, *, least: int = 0) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 9 and least <= int(text) <= most:
        return int(text)
    raise HTTPError(400, f"{name} must be a whole number from {least} to {most}")


def _number(text: str, name: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if 0 <= value <= most:
        return value
    raise HTTPError(400, f"{name} must be a number from 0 to {most:g}")
