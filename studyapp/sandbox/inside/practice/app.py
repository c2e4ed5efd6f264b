"""The practice internet: a few pages with httpbin's well-known paths, and latencies that repeat.

Every answer depends on nothing but the request and, for /flaky, how often it was asked before.
"""

import asyncio
import random
import zlib
from collections import Counter

from aiohttp import web

LONGEST_DELAY_S = 10.0
LARGEST_BODY = 1024 * 1024
MOST_DRIPS = 1000
MOST_FLAKY_KEYS = 1000

ASKED = web.AppKey("asked", Counter[str])
PAGE = """<!doctype html>
<html lang="en">
  <head><title>Practice internet</title></head>
  <body>
    <h1>Practice internet</h1>
    <p>You reached {host}. This server lives beside your program and nothing else is reachable from here.</p>
  </body>
</html>
"""
PATHS = ("/", "/get", "/delay/{s}", "/status/{code}", "/bytes/{n}", "/drip", "/flaky/{n}", "/hang")


def make_app() -> web.Application:
    """The server's pages. Parameters out of range answer 400, unknown paths 404, both as JSON."""
    app = web.Application()
    app[ASKED] = Counter()
    app.add_routes(
        [
            web.get("/", show_page),
            web.route("*", "/get", echo),
            web.route("*", "/delay/{seconds}", delay),
            web.route("*", "/status/{code}", status),
            web.get("/bytes/{count}", send_bytes),
            web.get("/drip", drip),
            web.route("*", "/flaky/{failures}", flaky),
            web.route("*", "/hang", hang),
            web.route("*", "/{path:.*}", not_found),
        ]
    )
    return app


def latency_s(path: str) -> float:
    """How long a page takes to answer: 20 to 60 ms, the same for the same address every time."""
    return 0.02 + zlib.crc32(path.encode()) % 41 / 1000


async def show_page(request: web.Request) -> web.Response:
    await asyncio.sleep(latency_s(request.path_qs))
    return web.Response(text=PAGE.format(host=request.url.host), content_type="text/html")


async def echo(request: web.Request) -> web.Response:
    await asyncio.sleep(latency_s(request.path_qs))
    return _describe(request)


async def delay(request: web.Request) -> web.Response:
    seconds = _number(request.match_info["seconds"], "seconds", LONGEST_DELAY_S)
    await asyncio.sleep(seconds)
    return _describe(request, delay=seconds)


async def status(request: web.Request) -> web.Response:
    code = _whole(request.match_info["code"], "code", 599, least=200)
    await asyncio.sleep(latency_s(request.path_qs))
    return web.Response(status=code)


async def send_bytes(request: web.Request) -> web.Response:
    count = _whole(request.match_info["count"], "count", LARGEST_BODY)
    await asyncio.sleep(latency_s(request.path_qs))
    body = random.Random(count).randbytes(count)  # noqa: S311  # meant to repeat
    return web.Response(body=body, content_type="application/octet-stream")


async def drip(request: web.Request) -> web.StreamResponse:
    """`numbytes` bytes spread over `duration` seconds, after `delay` seconds."""
    query = request.query
    duration = _number(query.get("duration", "2"), "duration", LONGEST_DELAY_S)
    count = _whole(query.get("numbytes", "10"), "numbytes", MOST_DRIPS, least=1)
    await asyncio.sleep(_number(query.get("delay", "0"), "delay", LONGEST_DELAY_S))
    response = web.StreamResponse(headers={"Content-Length": str(count)})
    await response.prepare(request)
    for _ in range(count):
        await asyncio.sleep(duration / count)
        await response.write(b"*")
    return response


async def flaky(request: web.Request) -> web.Response:
    """503 the first `failures` times that this very address is asked, then 200."""
    failures = _whole(request.match_info["failures"], "failures", 100)
    asked = request.app[ASKED]
    if len(asked) >= MOST_FLAKY_KEYS and request.path_qs not in asked:
        asked.clear()
    asked[request.path_qs] += 1
    await asyncio.sleep(latency_s(request.path_qs))
    if asked[request.path_qs] <= failures:
        return web.json_response({"error": "not yet", "asked": asked[request.path_qs]}, status=503)
    return _describe(request, asked=asked[request.path_qs])


async def hang(request: web.Request) -> web.Response:
    """Takes the request and never answers it."""
    await asyncio.Event().wait()
    return web.Response()


async def not_found(request: web.Request) -> web.Response:
    return web.json_response({"error": "no such page", "pages": PATHS}, status=404)


def _describe(request: web.Request, **more: object) -> web.Response:
    seen = {"url": str(request.url), "method": request.method, "args": dict(request.query)}
    return web.json_response({**seen, "headers": dict(request.headers), **more})


def _whole(text: str, name: str, most: int, *, least: int = 0) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 9 and least <= int(text) <= most:
        return int(text)
    raise _bad_request(f"{name} must be a whole number from {least} to {most}")


def _number(text: str, name: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if 0 <= value <= most:
        return value
    raise _bad_request(f"{name} must be a number from 0 to {most:g}")


def _bad_request(message: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=f'{{"error": "{message}"}}', content_type="application/json")
