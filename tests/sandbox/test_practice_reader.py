"""Bytes in, requests out."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studyapp.sandbox.inside.practice import reader
from studyapp.sandbox.inside.practice.messages import HTTPError, Request
from studyapp.sandbox.inside.practice.reader import RequestReader

from .practice import request

CHUNKED = b"5;name=value\r\nhello\r\n3\r\n\r\n\r\r\n0\r\nTrailer: 1\r\n\r\n"
STREAM = b"".join(
    [
        b"\r\n",
        request("GET /get?a=1", "X-One: 1", "x-one: 2", "X-Two:   3  "),
        request("POST /get", "Content-Length: 12", body=b"GET / HTTP/1"),
        request("PUT /get", "Transfer-Encoding: chunked", body=CHUNKED),
        b"GET /old HTTP/1.0\n\n",
        request("HEAD http://other.test:81/get?b", "Connection: close"),
    ]
)
"""Five requests."""


def read(*pieces: bytes) -> list[Request | int]:
    """The requests, and at last the status of the error if there is one."""
    requests = RequestReader("http")
    found: list[Request | int] = []
    for piece in pieces:
        requests.feed(piece)
        try:
            while (next_one := requests.next_request()) is not None:
                found.append(next_one)
        except HTTPError as error:
            return [*found, error.response.status]
    return found


def read_one(data: bytes) -> Request:
    (found,) = read(data)
    assert isinstance(found, Request)
    return found


def cut(data: bytes, places: list[int]) -> list[bytes]:
    return [data[start:end] for start, end in pairwise(sorted({0, len(data), *places}))]


def test_a_request_tells_where_it_goes() -> None:
    found = read_one(request("GET /get?a=1"))

    assert (found.method, found.url, found.host) == ("GET", "http://practice.test/get?a=1", "practice.test")


def test_the_host_of_an_absolute_target_counts() -> None:
    found = read_one(request("GET http://Other.test:81/get"))

    assert (found.url, found.host) == ("http://Other.test:81/get", "other.test")


def test_an_absolute_target_without_a_path_is_the_front_page() -> None:
    assert read_one(request("GET http://other.test")).target == "/"


def test_the_usual_port_is_left_out_of_the_url() -> None:
    assert read_one(b"GET / HTTP/1.1\r\nHost: a:80\r\n\r\n").url == "http://a/"


def test_an_address_of_version_6_is_a_host() -> None:
    assert read_one(b"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n").host == "[::1]"


def test_http_1_0_needs_no_host() -> None:
    assert read_one(b"GET /get HTTP/1.0\r\n\r\n").url == "http://127.0.0.1/get"


def test_paths_and_queries_are_decoded() -> None:
    found = read_one(request("GET /a%2Fb/%C3%BC?q=x+y%20z&%71=2&empty"))

    assert found.path_segments == ["a/b", "ü"]
    assert found.query == {"q": "x y z", "empty": ""}


def test_a_fragment_belongs_to_neither_path_nor_query() -> None:
    found = read_one(request("GET /get?a=1#b"))

    assert (found.path_segments, found.query) == (["get"], {"a": "1"})


def test_of_headers_that_repeat_the_first_is_told() -> None:
    assert read_one(request("GET /", "X-A: 1", "X-A: 2")).headers["X-A"] == "1"


def test_bytes_that_are_no_text_do_not_break_headers() -> None:
    assert read_one(b"GET / HTTP/1.0\r\nX-A: \xff\r\n\r\n").headers["X-A"].encode(errors="surrogateescape")


@pytest.mark.parametrize(
    ("version", "connection", "keep_alive"),
    [
        ("1.1", "", True),
        ("1.1", "close", False),
        ("1.1", "TE, Close", False),
        ("1.0", "", False),
        ("1.0", "Keep-Alive", True),
    ],
)
def test_the_version_and_the_client_say_whether_to_keep_alive(
    version: str, connection: str, *, keep_alive: bool
) -> None:
    fields = [f"Connection: {connection}"] if connection else []

    assert read_one(request("GET /", *fields, version=version)).keep_alive is keep_alive


@pytest.mark.parametrize(
    "fields",
    [["Content-Length: 5"], ["Content-Length: 5, 5"], ["Content-Length: 5", "Content-Length: 5"]],
)
def test_a_body_of_a_known_length_is_thrown_away(fields: list[str]) -> None:
    assert len(read(request("POST /", *fields, body=b"hello") + request())) == 2


def test_a_body_in_chunks_is_thrown_away() -> None:
    assert len(read(request("POST /", "Transfer-Encoding: chunked", body=CHUNKED) + request())) == 2


def test_a_request_is_complete_with_its_body_only() -> None:
    assert read(request("POST /", "Content-Length: 5", body=b"hell")) == []


def test_a_client_may_wait_to_be_told_to_send_its_body() -> None:
    requests = RequestReader("http")
    requests.feed(request("POST /", "Expect: 100-continue", "Content-Length: 5"))
    requests.next_request()

    assert requests.continue_awaited


def test_who_sends_the_body_at_once_waits_for_nothing() -> None:
    requests = RequestReader("http")
    requests.feed(request("POST /", "Expect: 100-continue", "Content-Length: 5", body=b"he"))
    requests.next_request()

    assert not requests.continue_awaited


LONG = "a" * 9000
BAD = {
    "no request": (b"hello there\r\n", 400),
    "TLS": (b"\x16\x03\x01", 400),
    "no target": (b"GET HTTP/1.1\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\n", 400),
    "a target of other bytes": (b"GET /\xc3\xbc HTTP/1.1\r\n", 400),
    "no path": (request("GET get"), 400),
    "a tunnel": (request("CONNECT practice.test:443"), 400),
    "another version": (b"PRI * HTTP/2.0\r\n", 505),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (request("GET /", "Host: other.test"), 400),
    "a host that is markup": (b"GET / HTTP/1.1\r\nHost: <b>\r\n\r\n", 400),
    "a header without a colon": (request("GET /", "X-A"), 400),
    "a space before the colon": (request("GET /", "X-A : 1"), 400),
    "a folded header": (request("GET /", "X-A: 1", " 2"), 400),
    "a bare carriage return": (request("GET /", "X-A: 1\rX-B: 2"), 400),
    "a zero byte": (request("GET /", "X-A: \0"), 400),
    "length and chunks": (request("POST /", "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    "two lengths": (request("POST /", "Content-Length: 5", "Content-Length: 6"), 400),
    "a negative length": (request("POST /", "Content-Length: -5"), 400),
    "a length in words": (request("POST /", "Content-Length: five"), 400),
    "chunks not last": (request("POST /", "Transfer-Encoding: chunked, gzip"), 400),
    "chunks in HTTP/1.0": (request("POST /", "Transfer-Encoding: chunked", version="1.0"), 400),
    "another coding": (request("POST /", "Transfer-Encoding: gzip, chunked"), 501),
    "a broken chunk size": (request("POST /", "Transfer-Encoding: chunked", body=b"x\r\n"), 400),
    "a chunk without an end": (request("POST /", "Transfer-Encoding: chunked", body=b"1\r\nabc\r\n"), 400),
    "too long a line": (f"GET /{LONG}".encode(), 414),
    "too large a header": (request("GET /", *[f"X-{n}: {LONG}" for n in range(4)]), 431),
    "headers without end": (b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 5000, 431),
    "too many headers": (request("GET /", *["X-A: 1"] * 101), 431),
    "too large a body": (request("POST /", f"Content-Length: {reader.LARGEST_BODY + 1}"), 413),
    "too large a chunk": (request("POST /", "Transfer-Encoding: chunked", body=b"fffffffff\r\n"), 413),
}


@pytest.mark.parametrize(("data", "status"), BAD.values(), ids=BAD)
def test_what_is_no_request_is_an_error(data: bytes, status: int) -> None:
    assert read(data) == [status]


@given(st.lists(st.integers(0, len(STREAM))))
@example(list(range(len(STREAM))))
def test_it_does_not_matter_where_requests_are_cut(places: list[int]) -> None:
    assert read(*cut(STREAM, places)) == read(STREAM)
    assert len(read(STREAM)) == 5


@given(st.sampled_from(list(BAD.values())), st.data())
def test_it_does_not_matter_where_errors_are_cut(bad: tuple[bytes, int], drawn: st.DataObject) -> None:
    data, status = bad
    places = drawn.draw(st.lists(st.integers(0, len(data)), max_size=20))

    assert read(*cut(data, places)) == [status]


LIKELY = st.sampled_from(
    [b"GET / HTTP/1.1\r\n", b"Host: a\r\n", b"\r\n", b"5\r\n", b"0\r\n", b"hello", b"\n"]
)
LENGTHS = st.sampled_from([b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"])


@given(st.lists(LIKELY | LENGTHS | st.binary(max_size=20)))
def test_garbage_is_requests_or_an_error_however_cut(pieces: list[bytes]) -> None:
    found = read(*pieces)

    assert read(b"".join(pieces)) == found
    assert all(isinstance(each, Request) for each in found[:-1])


@given(st.binary(min_size=1, max_size=4000), st.integers(1, 60))
def test_no_more_is_kept_than_a_head_may_be_large(piece: bytes, times: int) -> None:
    requests = RequestReader("http")
    requests.feed(request("POST /", "Transfer-Encoding: chunked"))
    for _ in range(times):
        try:
            while requests.next_request():
                pass
        except HTTPError:
            break
        assert requests.unread_bytes() <= reader.LARGEST_FIELDS + reader.LONGEST_END
        requests.feed(piece)


def test_a_header_of_almost_nothing_but_blanks_is_refused_as_soon_as_any() -> None:
    assert read(request("GET /", f"X: {' ' * 30_000}\x01")) == [400]
