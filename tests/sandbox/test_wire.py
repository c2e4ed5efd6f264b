import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox import wire
from studyapp.sandbox.description import Description, OfferedInterpreter
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import EndReason, Events, Job, Outcome, Piece, Queued, Started, Stopping

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def parse_or_refuse(line: bytes) -> wire.Request | str:
    """What the line asks for, or the code it is refused with."""
    try:
        return wire.parse_request(line)
    except Refused as refusal:
        return refusal.code


def test_requests_arrive_as_they_were_sent() -> None:
    job = Job("print(1)\n# é \u2028")
    requests: list[wire.Request] = [
        job,
        wire.Stop(),
        wire.Input("a\nb\0 é \u2028"),
        wire.InputEnd(),
        wire.Describe(),
    ]

    for request in requests:
        assert wire.parse_request(wire.dump_request(request)) == request
        assert wire.dump_request(request).count(b"\n") == 1


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
        (b'{"type": "input"}', "bad_field", None),
        (b'{"type": "input", "text": 1}', "bad_field", "text"),
        (b'{"type": "input", "text": "x", "end": true}', "bad_field", None),
        (b'{"type": "input_end", "text": "x"}', "bad_field", None),
        (b'{"type": "describe", "all": true}', "bad_field", None),
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
    assert parse_or_refuse(line) in ("bad_json", "unknown_type", "bad_field")


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


DESCRIPTION = Description(
    [
        OfferedInterpreter("3.11", "3.11.2", gil=True, problem=""),
        OfferedInterpreter("3.13t", "", gil=False, problem="gone"),
    ],
    accounting="cgroups",
    runs=4,
    waiting=512,
)


def test_a_description_arrives_as_it_was_sent() -> None:
    assert wire.parse_description(wire.dump_description(DESCRIPTION)) == DESCRIPTION


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "end"},
        {"interpreters": None},
        {"interpreters": [7]},
        {"interpreters": [{"name": "3.11"}]},
        {"interpreters": [{"name": "3.11", "version": "3.11.2", "gil": 1, "problem": ""}]},
        {"accounting": None},
        {"runs": "4"},
        {"waiting": True},
        {"load": 0.5},
    ],
)
def test_a_description_that_makes_no_sense_is_an_error_of_the_wire(changes: dict[str, Any]) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_description(
            json.dumps({"type": "description", **DESCRIPTION.to_wire(), **changes}).encode()
        )


def test_a_refused_description_is_raised_where_it_arrives() -> None:
    with pytest.raises(Refused, match="no"):
        wire.parse_description(wire.dump_refusal(Refused("busy", "no")))
