import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox import wire
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import EndReason, Events, Job, Outcome, Piece, Queued, Started, Stopping

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def parse_or_refuse(line: bytes) -> Job | wire.Stop | str:
    """What the line asks for, or the code it is refused with."""
    try:
        return wire.parse_request(line)
    except Refused as refusal:
        return refusal.code


def test_requests_arrive_as_they_were_sent() -> None:
    job = Job("print(1)\n# é \u2028")

    assert wire.parse_request(wire.dump_request(job)) == job
    assert wire.parse_request(wire.dump_request(wire.Stop())) == wire.Stop()
    assert wire.dump_request(job).count(b"\n") == 1


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (b"", "bad_json", None),
        (b"\xff\xfe", "bad_json", None),
        (b"{", "bad_json", None),
        (b'{"type": NaN}', "bad_json", None),
        (b"[" * 100_000, "bad_json", None),
        (b"[]", "unknown_type", "type"),
        (b'{"type": "shell"}', "unknown_type", "type"),
        (b'{"type": {}}', "unknown_type", "type"),
        (b'{"type": "stop", "run": 1}', "bad_field", None),
        (b'{"type": "run"}', "bad_field", None),
        (b'{"type": "run", "job": {"code": ""}, "root": true}', "bad_field", None),
        (b'{"type": "run", "job": {"code": "", "limits": {"wall_s": 1e999}}}', "bad_field", "limits.wall_s"),
        (b'{"type": "run", "job": {"code": 1}}', "bad_field", "code"),
    ],
)
def test_what_is_no_request_is_refused_with_a_code(line: bytes, code: str, field: str | None) -> None:
    with pytest.raises(Refused) as caught:
        wire.parse_request(line)

    assert (caught.value.code, caught.value.field) == (code, field)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_line_does_more_than_be_refused(line: bytes) -> None:
    assert parse_or_refuse(line) in ("bad_json", "unknown_type", "bad_field", wire.Stop())


@given(json_values, json_values)
def test_no_job_does_more_than_be_refused(code: Any, limits: Any) -> None:
    line = json.dumps({"type": "run", "job": {"code": code, "limits": limits}}).encode()
    parsed = parse_or_refuse(line)

    assert parsed in ("bad_field", "bad_json") or isinstance(parsed, Job)


@pytest.mark.parametrize(
    "piece",
    [
        Queued(3),
        Started("3.11"),
        Stopping("INT"),
        Outcome(EndReason.FAILED, 1, {"type": "E", "msg": "m", "line": 3, "sub": []}, 0.5, 0.25),
    ],
)
def test_pieces_arrive_as_they_were_sent(piece: Queued | Started | Stopping | Outcome) -> None:
    parsed: Piece = wire.parse_answer(wire.dump_piece(piece))

    assert parsed == piece


def test_events_arrive_as_they_were_sent() -> None:
    assert wire.parse_answer(wire.dump_events([b'{"q":1}', b'{"q":2}'])) == Events([{"q": 1}, {"q": 2}])


def test_a_refusal_is_raised_where_it_arrives() -> None:
    with pytest.raises(Refused, match="no") as caught:
        wire.parse_answer(wire.dump_refusal(Refused("busy", "no", "field")))

    assert (caught.value.code, caught.value.field) == ("busy", "field")


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"{}", b'{"type": "end"}', b'{"type": "queued", "at": 1}', b"{"]
)
def test_an_answer_that_makes_no_sense_is_an_error_of_the_wire(line: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_answer(line)
