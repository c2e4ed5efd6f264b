"""Frames become typed messages or typed errors, and never anything else."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from studyapp.runs.messages import (
    LONGEST_CODE,
    LONGEST_FRAME,
    End,
    Error,
    ErrorCode,
    Events,
    Input,
    InputEnd,
    MessageError,
    Start,
    Stop,
    Watch,
    dump,
    parse,
)

RUN = "0b54bd5c-3c2e-4a39-9f0e-0d6fb6b6a0a1"
START = {"type": "start", "ref": "r1", "lesson": "gil", "parameters": {}}


def refusal(message: object) -> MessageError:
    with pytest.raises(MessageError) as caught:
        parse(message if isinstance(message, str) else json.dumps(message))
    return caught.value


def test_a_start_message_is_read_with_all_its_fields() -> None:
    sent = START | {
        "parameters": {"URLS": 3, "SLOWEST": 0.5, "MODE": "loop"},
        "variant": "calm",
        "code": "1",
        "interpreter": "3.11",
    }
    assert parse(json.dumps(sent)) == Start(
        ref="r1",
        lesson="gil",
        parameters={"URLS": 3, "SLOWEST": 0.5, "MODE": "loop"},
        variant="calm",
        code="1",
        interpreter="3.11",
    )


def test_optional_fields_of_a_start_message_may_be_null_or_absent() -> None:
    bare = {"type": "start", "lesson": "gil", "parameters": {}}
    nulls = {"ref": None, "variant": None, "code": None, "interpreter": None}
    assert parse(json.dumps(bare)) == parse(json.dumps(bare | nulls))


def test_a_stop_message_names_a_run() -> None:
    assert parse(json.dumps({"type": "stop", "run": RUN})) == Stop(run=UUID(RUN))


def test_an_input_message_brings_text_as_it_was_typed() -> None:
    text = "Ada \n\n é \u2028\0"
    assert parse(json.dumps({"type": "input", "run": RUN, "text": text})) == Input(run=UUID(RUN), text=text)


def test_an_input_end_message_names_a_run() -> None:
    assert parse(json.dumps({"type": "input_end", "run": RUN})) == InputEnd(run=UUID(RUN))


@pytest.mark.parametrize("text", [None, 7, ["x"], {"line": "x"}])
def test_input_that_is_no_text_is_refused(text: object) -> None:
    error = refusal({"type": "input", "run": RUN, "text": text})
    assert (error.code, error.field) == (ErrorCode.BAD_FIELD, "text")


def test_input_that_is_no_unicode_is_refused() -> None:
    assert refusal('{"type": "input", "run": "' + RUN + '", "text": "\\ud800"}').code == ErrorCode.BAD_JSON


def test_a_watch_message_names_a_run_and_the_last_event_seen() -> None:
    assert parse(json.dumps({"type": "watch", "run": RUN, "after": 7})) == Watch(run=UUID(RUN), after=7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nonsense",
        '{"type":"stop"',
        "[]",
        "null",
        "7",
        '"start"',
        '{"a": NaN}',
        '"\\ud800"',
        "\ud800",
    ],
)
def test_what_is_no_json_object_is_refused_as_bad_json(text: str) -> None:
    assert refusal(text).code == ErrorCode.BAD_JSON


@pytest.mark.parametrize("opening", ["[", '{"type":', '{"type":"start","parameters":{"a":['])
def test_deep_nesting_is_refused_and_not_followed_to_the_end(opening: str) -> None:
    assert refusal(opening * (100_000 // len(opening))).code == ErrorCode.BAD_JSON


@pytest.mark.parametrize("kind", ["begin", "", "START", None, 5, ["start"], "accepted"])
def test_an_unknown_type_is_refused_with_the_types_there_are(kind: object) -> None:
    error = refusal({"type": kind, "ref": "r1"})
    assert (error.code, error.field, error.ref) == (ErrorCode.UNKNOWN_TYPE, "type", "r1")
    assert "start, stop, input, input_end, watch" in error.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lesson": 5}, "lesson"),
        ({"lesson": ""}, "lesson"),
        ({"lesson": "x" * 81}, "lesson"),
        ({"parameters": None}, "parameters"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {"A": True}}, "parameters"),
        ({"parameters": {"A": None}}, "parameters"),
        ({"parameters": {"A": [1]}}, "parameters"),
        ({"parameters": {"A": "x" * 81}}, "parameters"),
        ({"parameters": {"A" * 81: 1}}, "parameters"),
        ({"parameters": {f"A{n}": n for n in range(33)}}, "parameters"),
        ({"variant": 1}, "variant"),
        ({"code": ["print()"]}, "code"),
        ({"code": "x" * (LONGEST_CODE + 1)}, "code"),
        ({"interpreter": 3.11}, "interpreter"),
        ({"ref": 5}, "ref"),
        ({"ref": "r" * 65}, "ref"),
        ({"owner": 1}, "owner"),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    error = refusal(START | changes)
    assert (error.code, error.field) == (ErrorCode.BAD_FIELD, field)


@pytest.mark.parametrize("after", [-1, 1.5, "7", None, 2**60])
def test_watching_after_what_is_no_event_number_is_refused(after: object) -> None:
    error = refusal({"type": "watch", "run": RUN, "after": after})
    assert (error.code, error.field) == (ErrorCode.BAD_FIELD, "after")


def test_a_field_that_is_missing_is_named() -> None:
    error = refusal({"type": "watch", "run": RUN, "ref": "r1"})
    assert (error.code, error.field, error.ref) == (ErrorCode.BAD_FIELD, "after", "r1")


def test_a_run_that_is_no_uuid_is_refused() -> None:
    assert refusal({"type": "stop", "run": "../../etc"}).field == "run"


def test_a_frame_of_the_largest_size_is_read() -> None:
    frame = json.dumps(START).ljust(LONGEST_FRAME)
    assert isinstance(parse(frame), Start)


def test_a_frame_one_byte_over_the_largest_size_is_refused() -> None:
    assert refusal(json.dumps(START).ljust(LONGEST_FRAME + 1)).code == ErrorCode.TOO_LARGE


def test_the_size_of_a_frame_is_counted_in_bytes_not_in_characters() -> None:
    assert refusal("é" * (LONGEST_FRAME // 2 + 1)).code == ErrorCode.TOO_LARGE


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
near_messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["start", "stop", "input", "input_end", "watch", "x"]) | json_values},
    optional={
        name: json_values | st.just(RUN)
        for name in ("ref", "lesson", "parameters", "variant", "code", "interpreter", "run", "after", "text")
    },
)
any_text = st.text(st.characters(codec=None, exclude_categories=()))


# The first draw of any text builds a table of Unicode, which takes seconds on a busy machine.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_text | near_messages.map(json.dumps))
def test_any_text_is_a_message_or_a_typed_error_that_can_be_sent(text: str) -> None:
    try:
        message = parse(text)
    except MessageError as error:
        dump(Error(code=error.code, message=error.message, field=error.field, ref=error.ref))
    else:
        assert isinstance(message, Start | Stop | Input | InputEnd | Watch)


def test_events_are_sent_as_they_were_written() -> None:
    line = b'{"q":1,"ph":"M"}'
    frame = json.loads(dump(Events(run=UUID(RUN), events=[Raw(line)])))
    assert frame == {"type": "events", "run": RUN, "events": [{"q": 1, "ph": "M"}]}


def test_an_answer_carries_no_ref_when_none_was_sent() -> None:
    assert json.loads(dump(Error(code=ErrorCode.BUSY, message="later"))) == {
        "type": "error",
        "code": "busy",
        "message": "later",
    }


def test_an_end_without_an_error_says_so() -> None:
    end = End(run=UUID(RUN), reason="finished", exit=0, error=None, last=9)
    assert json.loads(dump(end))["error"] is None
