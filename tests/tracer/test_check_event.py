"""The check that every event of a guest passes: what it lets through, and what it says of the rest."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.tracer.events import TASK_LANE, EventError, check_event
from studyapp.tracer.fields import DEEPEST_ERROR, LONGEST_OUTPUT, MOST_ERRORS


def step(**changes: Any) -> dict[str, Any]:
    args = {"ready_us": 125.6, "by": 1, "on": "semaphore", "res": 1, "site": 6}
    lane = TASK_LANE + 6
    head = {"ph": "X", "cat": "run", "name": "step", "pid": 11, "tid": lane, "ts": 2053.6, "dur": 2.0}
    return {**head, "args": args, **changes}


def out(text: str) -> dict[str, Any]:
    args = {"stream": "stdout", "text": text}
    return {"ph": "i", "s": "t", "cat": "out", "name": "out", "pid": 1, "tid": 1, "ts": 0, "args": args}


def failed(error: dict[str, Any]) -> dict[str, Any]:
    return {"ph": "M", "cat": "meta", "name": "failed", "pid": 1, "tid": 1, "ts": 0, "args": error}


def nest_errors(depth: int) -> dict[str, Any]:
    sub = [nest_errors(depth - 1)] if depth > 1 else []
    return {"type": "ValueError", "msg": "no", "line": None, "sub": sub}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def test_a_good_event_comes_back_equal() -> None:
    assert check_event(step()) == step()


def test_a_good_event_comes_back_as_a_copy() -> None:
    raw = step()
    check_event(raw)["args"]["on"] = "lock"
    assert raw["args"]["on"] == "semaphore"


@given(json_values)
def test_anything_json_can_say_is_an_event_or_an_event_error(raw: object) -> None:
    with pytest.raises(EventError):
        check_event(raw)


@given(st.sampled_from(sorted(step())), json_values)
def test_a_changed_field_is_refused_or_stays_in_its_bounds(field: str, value: Any) -> None:
    try:
        event = check_event(step(**{field: value}))
    except EventError:
        return
    assert 0 <= event["ts"] <= 1e12
    assert 0 <= event["dur"] <= 1e12
    assert 0 <= event["pid"] <= 2**31


@given(st.sampled_from(["ready_us", "by", "on", "res", "site", "arg", "cancel"]), json_values)
def test_a_changed_argument_is_refused_or_kept(field: str, value: Any) -> None:
    raw = step(args={**step()["args"], field: value})
    try:
        event = check_event(raw)
    except EventError:
        return
    assert event["args"].keys() == raw["args"].keys()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "must be a JSON object"),
        ({}, "ph, cat and name must be text"),
        ({"ph": "X", "cat": "run", "name": "stride"}, "X run/stride: no such event"),
        (step(q=1), "must have exactly the keys"),
        (step(dur=float("nan")), "dur must be a number"),
        (step(ts=float("inf")), "ts must be a number"),
        (step(ts=-1), "ts must be a number"),
        (step(ts=10**400), "ts must be a number"),
        (step(pid=True), "pid must be a whole number"),
        (step(tid=6), "tid must be a whole number from 1000000"),
        (step(args={}), "args must have ready_us, by, on, site"),
        (step(args={**step()["args"], "mood": 1}), "has no field mood"),
        (step(args={**step()["args"], "on": "tea"}), "on must be one of sleep, yield"),
        (step(args={**step()["args"], "by": "nobody"}), "by must be a whole number"),
        (out("a" * (LONGEST_OUTPUT + 1)), "text must be text of at most 16384 characters"),
    ],
)
def test_a_bad_event_is_refused_with_the_field_and_what_fits(raw: object, said: str) -> None:
    with pytest.raises(EventError, match=said):
        check_event(raw)


def test_a_guest_cannot_say_that_the_run_has_ended() -> None:
    args = {"reason": "finished", "exit": 0, "error": None, "wall_ms": 1, "cpu_ms": 1}
    end = {"ph": "M", "cat": "meta", "name": "end", "pid": 1, "tid": 1, "ts": 0, "args": args}
    assert check_event(end, maker="supervisor") == end
    with pytest.raises(EventError, match="is never made by the guest"):
        check_event(end)


def test_the_supervisor_cannot_take_a_step() -> None:
    with pytest.raises(EventError, match="is never made by the supervisor"):
        check_event(step(), maker="supervisor")


def test_errors_may_nest_but_only_so_deep() -> None:
    assert check_event(failed(nest_errors(DEEPEST_ERROR)))["args"] == nest_errors(DEEPEST_ERROR)
    with pytest.raises(EventError, match="sub must nest at most"):
        check_event(failed(nest_errors(DEEPEST_ERROR + 2)))


def test_a_group_of_too_many_errors_is_refused() -> None:
    crowd = {**nest_errors(1), "sub": [nest_errors(1)] * (MOST_ERRORS + 1)}
    with pytest.raises(EventError, match="hold at most 64 errors"):
        check_event(failed(crowd))


@pytest.mark.parametrize("stack", [5, [5], [[1]], [[1, "f", 2]], [["1", "f"]], [[1, "f"]] * 65])
def test_a_site_needs_pairs_of_line_and_function(stack: object) -> None:
    args = {"id": 1, "stack": stack, "via": None}
    with pytest.raises(EventError, match=r"stack must|must be a whole number"):
        check_event({"ph": "M", "cat": "meta", "name": "site", "pid": 1, "tid": 1, "ts": 0, "args": args})


@given(st.text(st.characters(categories=["Cs", "Ll"]), max_size=20))
def test_output_with_lone_surrogates_becomes_text_that_can_be_sent(text: str) -> None:
    clean = check_event(out(text))["args"]["text"]
    assert clean.encode().decode() == clean
    assert len(clean) <= len(text)


def test_numbers_are_kept_to_a_nanosecond() -> None:
    assert check_event(step(ts=1.23456789))["ts"] == 1.235
