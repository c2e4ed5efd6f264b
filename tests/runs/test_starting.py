"""A run from its start to its end, as the browser that started it is told."""

from typing import Any

import pytest

from studyapp.accounts.models import User
from studyapp.content.lessons.catalogue import get_lesson
from studyapp.runs.buffer import FRAME_EVENTS
from studyapp.runs.models import EventChunk, Run, State
from studyapp.sandbox.interpreters import find_interpreters
from tests.runs.dialogue import WAITING, connect, events_of, numbers_of, output_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]


async def test_a_start_is_accepted_with_the_program_that_runs(owner: User) -> None:
    async with connect(owner) as socket:
        accepted = await socket.start("print(1)", ref="r1")
        await socket.receive_until("end")
    run = await Run.objects.aget()
    assert accepted == {
        "type": "accepted",
        "ref": "r1",
        "run": str(run.pk),
        "lesson": "gil",
        "code": "print(1)",
        "interpreter": find_interpreters()[0].name,
        "wall_s": 15.0,
    }


async def test_chosen_parameters_are_in_the_program_that_runs(owner: User) -> None:
    name = get_lesson("gil").parameters[0].name
    async with connect(owner) as socket:
        accepted = await socket.start(f"{name} = 1\nprint({name})", parameters={name: 2})
        messages = await socket.receive_until("end")
    assert accepted["code"] == f"{name} = 2\nprint({name})"
    assert output_of(messages) == "2\n"


async def test_a_run_is_told_from_started_over_gapless_events_to_the_end(owner: User) -> None:
    async with connect(owner) as socket:
        _, *messages = await socket.run("print('hello')")
    kinds = [message["type"] for message in messages if message["type"] != "queued"]
    assert (kinds[0], kinds[-1]) == ("started", "end")
    assert set(kinds[1:-1]) == {"events"}
    assert numbers_of(messages) == list(range(1, messages[-1]["last"] + 1))
    assert output_of(messages) == "hello\n"


async def test_the_last_event_and_the_end_message_agree(owner: User) -> None:
    async with connect(owner) as socket:
        messages = await socket.run("print(1)")
    end, last_event = messages[-1], events_of(messages)[-1]
    assert (end["reason"], end["exit"], end["error"]) == ("finished", 0, None)
    assert (last_event["ph"], last_event["name"], last_event["q"]) == ("M", "end", end["last"])
    assert (last_event["args"]["reason"], last_event["args"]["exit"]) == ("finished", 0)


async def test_everything_about_a_run_is_stored_by_the_time_its_end_is_told(owner: User) -> None:
    async with connect(owner) as socket:
        messages = await socket.run("print(1)")
        run = await Run.objects.aget()
    assert (run.owner_id, run.lesson, run.code, run.state) == (owner.pk, "gil", "print(1)", State.ENDED)
    assert (run.reason, run.exit, run.event_count) == ("finished", 0, messages[-1]["last"])
    assert run.started_at is not None
    assert run.ended_at is not None
    stored = [line async for line in stored_lines(run)]
    assert len(stored) == run.event_count


async def stored_lines(run: Run) -> Any:
    async for chunk in EventChunk.objects.filter(run=run):
        for line in chunk.lines():
            yield line


async def test_many_events_come_in_frames_of_bounded_size(owner: User) -> None:
    yield_often = f"for _ in range({3 * FRAME_EVENTS}): await asyncio.sleep(0)"
    async with connect(owner) as socket:
        messages = await socket.run(
            f"import asyncio\nasync def main():\n    {yield_often}\nasyncio.run(main())"
        )
    frames = [message["events"] for message in messages if message["type"] == "events"]
    assert max(map(len, frames)) <= FRAME_EVENTS
    assert messages[-1]["last"] > 3 * FRAME_EVENTS
    assert numbers_of(messages) == list(range(1, messages[-1]["last"] + 1))


async def test_a_syntax_error_ends_a_run_with_pythons_own_message_and_line(owner: User) -> None:
    async with connect(owner) as socket:
        messages = await socket.run("x = 1\nfor x in y\n    pass\n")
    end = messages[-1]
    assert (end["reason"], end["error"]["type"], end["error"]["line"]) == ("failed", "SyntaxError", 2)
    assert "expected ':'" in end["error"]["msg"]
    assert "SyntaxError" in output_of(messages)


async def test_an_exception_ends_a_run_as_failed(owner: User) -> None:
    async with connect(owner) as socket:
        end = (await socket.run("def f():\n    1 / 0\nf()"))[-1]
    assert (end["reason"], end["exit"]) == ("failed", 1)
    assert (end["error"]["type"], end["error"]["line"]) == ("ZeroDivisionError", 2)


async def test_an_exit_code_of_the_programs_choice_is_told(owner: User) -> None:
    async with connect(owner) as socket:
        end = (await socket.run("raise SystemExit(3)"))[-1]
    assert (end["reason"], end["exit"]) == ("failed", 3)


async def test_a_stopped_run_is_sent_int_and_ends_as_stopped(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.start(WAITING))["run"]
        await socket.receive_until_said("ready")
        await socket.send(type="stop", run=run)
        messages = await socket.receive_until("end")
    assert next(message["signal"] for message in messages if message["type"] == "stopping") == "INT"
    assert messages[-1]["reason"] == "stopped"


async def test_stopping_a_run_that_has_ended_does_nothing(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.run("print(1)"))[0]["run"]
        await socket.send(type="stop", run=run)
        watching = await socket.ask(type="watch", run=run, after=0)
    assert watching["type"] == "watching"
    assert (await Run.objects.aget()).reason == "finished"


async def test_a_second_run_of_the_same_person_is_refused_while_the_first_goes_on(owner: User) -> None:
    async with connect(owner) as first, connect(owner) as second:
        run = (await first.start(WAITING))["run"]
        refused = await second.start("print(1)", ref="r2")
        await first.send(type="stop", run=run)
        await first.receive_until("end")
    assert (refused["type"], refused["code"], refused["ref"]) == ("error", "one_run_at_a_time", "r2")
    assert refused["run"] == run
    assert await Run.objects.acount() == 1


async def test_the_next_run_may_start_as_soon_as_the_end_is_told(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.run("print(1)")
        assert output_of(await socket.run("print(2)")) == "2\n"


async def test_two_people_run_at_the_same_time(owner: User, other_learner: User) -> None:
    async with connect(owner) as first, connect(other_learner) as second:
        run = (await first.start(WAITING))["run"]
        assert (await second.run("print(1)"))[-1]["reason"] == "finished"
        await first.send(type="stop", run=run)
        await first.receive_until("end")


@pytest.mark.parametrize(
    ("wishes", "code", "field"),
    [
        ({"lesson": "no-such"}, "unknown_lesson", "lesson"),
        ({"interpreter": "2.7"}, "unknown_interpreter", "interpreter"),
        ({"variant": "no-such"}, "bad_field", "variant"),
        ({"parameters": {"NO_SUCH": 1}}, "bad_parameter", "parameters.NO_SUCH"),
        ({"parameters": {get_lesson("gil").parameters[0].name: 10**9}}, "bad_parameter", None),
    ],
)
async def test_what_cannot_be_run_is_refused_and_leaves_nothing_behind(
    owner: User, wishes: dict[str, Any], code: str, field: str | None
) -> None:
    async with connect(owner) as socket:
        refused = await socket.start(ref="r1", **wishes)
    assert (refused["type"], refused["code"], refused["ref"]) == ("error", code, "r1")
    assert field in (None, refused["field"])
    assert not await Run.objects.aexists()


async def test_every_wrong_parameter_gets_an_error_of_its_own(owner: User) -> None:
    async with connect(owner) as socket:
        first = await socket.start(parameters={"ONE": 1, "TWO": 2})
        second = await socket.receive()
    assert [first["field"], second["field"]] == ["parameters.ONE", "parameters.TWO"]
