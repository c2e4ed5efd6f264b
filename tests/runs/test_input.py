"""What a learner types for a program that runs, over the socket and into a real jail."""

from uuid import uuid4

import pytest
from channels.db import database_sync_to_async

from studyapp.accounts.models import User
from studyapp.runs.models import State
from tests.runs.dialogue import connect, output_of
from tests.runs.rows import NewRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]

ASKING = """\
name = input("name? ")
print(f"hello {name}")
print(f"bye {input()}")
"""
READING = "import sys\nprint('ready')\nprint(len(sys.stdin.read()))"


async def test_a_program_answers_what_is_typed_before_more_is(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.start(ASKING))["run"]
        await socket.receive_until_said("name? ")
        await socket.send(type="input", run=run, text="Ada\n")
        await socket.receive_until_said("hello Ada")
        await socket.send(type="input", run=run, text="Grace\n")
        rest = await socket.receive_until("end")
    assert "bye Grace" in output_of(rest)
    assert rest[-1]["reason"] == "finished"


async def test_the_end_of_input_reaches_the_program(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.start(READING))["run"]
        await socket.send(type="input", run=run, text="é\n")
        await socket.send(type="input_end", run=run)
        await socket.send(type="input_end", run=run)
        messages = await socket.receive_until("end")
    assert output_of(messages) == "ready\n2\n"


async def test_input_may_come_from_any_socket_of_the_owner(owner: User) -> None:
    async with connect(owner) as socket, connect(owner) as other:
        run = (await socket.start(ASKING))["run"]
        await socket.receive_until_said("name? ")
        await other.send(type="input", run=run, text="Ada\nGrace\n")
        assert "bye Grace" in output_of(await socket.receive_until("end"))


async def test_more_input_than_a_run_takes_is_refused_and_the_run_goes_on(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.start(READING))["run"]
        await socket.receive_until_said("ready")
        await socket.send(type="input", run=run, text="x" * 65_530)
        await socket.send(type="input", run=run, text="x" * 7, ref="i2")
        error = await socket.receive_error()
        assert (error["code"], error["field"], error["ref"], error["run"]) == ("too_large", "text", "i2", run)
        assert "65,536" in error["message"]
        await socket.send(type="input", run=run, text="x" * 6)
        await socket.send(type="input_end", run=run)
        assert output_of(await socket.receive_until("end")).split() == ["65536"]


async def test_input_after_its_end_is_refused(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.start("input()\nimport time\ntime.sleep(60)"))["run"]
        await socket.send(type="input", run=run, text="x\n")
        await socket.send(type="input_end", run=run)
        await socket.send(type="input", run=run, text="more\n", ref="late")
        error = await socket.receive_error()
        assert (error["code"], error["ref"]) == ("input_ended", "late")
        await socket.send(type="stop", run=run)
        await socket.receive_until("end")


async def test_input_for_a_run_that_has_ended_is_refused(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.run("print(1)"))[0]["run"]
        for message in ({"type": "input", "text": "x\n"}, {"type": "input_end"}):
            assert (await socket.ask(run=run, **message))["code"] == "input_ended"


async def test_input_for_a_run_that_nobody_has_is_refused(owner: User) -> None:
    async with connect(owner) as socket:
        for message in ({"type": "input", "text": "x\n"}, {"type": "input_end"}):
            assert (await socket.ask(run=str(uuid4()), **message))["code"] == "not_found"


async def test_input_for_a_run_that_another_process_follows_is_refused_in_words(
    owner: User, new_run: NewRun
) -> None:
    run = await database_sync_to_async(new_run)(state=State.RUNNING)
    async with connect(owner) as socket:
        for message in ({"type": "input", "text": "x\n"}, {"type": "input_end"}):
            error = await socket.ask(run=str(run.pk), **message)
            assert (error["code"], error["run"]) == ("busy", str(run.pk))
            assert "Another process" in error["message"]
