"""The runner's fast reading of events: no other than the wire's own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox import wire
from studyapp.sandbox.event_json import dump_event, parse_line

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=[]))
json_values = st.recursive(
    scalars | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8
)


def read_with(parse: object, line: bytes) -> str:
    """What a reader makes of the line, told so that 1 is not 1.0 and 0.0 not -0.0."""
    assert callable(parse)
    try:
        return repr(parse(line))
    except wire.WireError:
        return "refused"


@given(st.binary())
def test_any_bytes_are_read_as_the_wire_reads_them(line: bytes) -> None:
    assert read_with(parse_line, line) == read_with(wire.parse_json, line)


@given(json_values, st.booleans())
def test_any_json_is_read_as_the_wire_reads_it(value: object, spelled_out: bool) -> None:  # noqa: FBT001
    line = json.dumps(value, ensure_ascii=spelled_out).encode("utf-8", "surrogatepass")

    assert read_with(parse_line, line) == read_with(wire.parse_json, line)


@pytest.mark.parametrize(
    "line",
    [
        b"NaN",
        b"[-Infinity]",
        b"1e999",
        b"9" * 5000,
        b"123456789012345678901234567890",
        b"-0",
        b'"\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"\xed\xa0\x80"',
        b'"\x00"',
        b"\xef\xbb\xbf1",
        b'{"a": 1, "a": 2}',
        b"1 2",
        b"[" * 100_000,
    ],
)
def test_what_readers_of_json_disagree_about_is_read_as_the_wire_reads_it(line: bytes) -> None:
    assert read_with(parse_line, line) == read_with(wire.parse_json, line)


def test_an_event_is_one_line_that_says_the_same() -> None:
    event = {"q": 1, "ts": 0.5, "big": 1e16, "name": "é\u2028\n", "args": {"line": None, "sub": []}}

    assert json.loads(dump_event(event)) == event
    assert b"\n" not in dump_event(event)
