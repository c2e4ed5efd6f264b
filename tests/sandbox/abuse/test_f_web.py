"""F: requests as a browser sends them, over the real websocket and pages, that must be refused."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.runs.messages import LONGEST_FRAME
from studyapp.runs.models import Run
from tests.runs.conftest import live, runner
from tests.runs.dialogue import WAITING, Socket, connect
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial

__all__ = ["live", "runner"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]
ClientOf = Callable[[User], Client]


@pytest.fixture
async def site(trial: Trial, settings: Settings) -> AsyncIterator[Trial]:
    """The site with the runner of all cases, which must be as it was afterwards."""
    settings.RUNNER_SOCKET = str(trial.socket_path)
    yield trial
    await trial.check_cleared([])
    await trial.check_next_run()


async def still_works(socket: Socket) -> None:
    """The same connection runs the next program."""
    assert (await socket.run("print(1)"))[-1]["reason"] == "finished"


async def refused(owner: User, refusals: list[tuple[dict[str, Any], str, str | None]]) -> None:
    """Each start is answered by one error with this code and field, and leaves no row."""
    async with connect(owner) as socket:
        for fields, code, field in refusals:
            error = await socket.start("print(1)", **fields)
            assert (error["type"], error["code"], error.get("field")) == ("error", code, field), error
        assert not await Run.objects.aexists()
        await still_works(socket)


@case("F3")
@pytest.mark.usefixtures("site")
async def test_zero_bytes_from_a_browser_are_refused(owner: User) -> None:
    async with connect(owner) as socket:
        error = await socket.start("print(1)\0")
        assert (error["code"], error["field"]) == ("bad_field", "code")
        assert not await Run.objects.aexists()
        await still_works(socket)


@case("F5")
@pytest.mark.usefixtures("site")
async def test_frames_that_are_no_message_are_refused(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.send_bytes(b'{"type": "start", "lesson": "gil", "parameters": {}}')
        assert (await socket.receive())["code"] == "bad_json"
        for text in ("", "{", "[]", "null", "1", '{"type": "start"', "NaN", "[" * 10_000):
            await socket.send_text(text)
            assert (await socket.receive())["code"] == "bad_json", text
        for kind in ("exec", "START", "", "run"):
            assert (await socket.ask(type=kind))["code"] == "unknown_type", kind
        fields: dict[str, Any] = {"code": 1, "parameters": [], "variant": 1, "interpreter": [], "ref": 1}
        for field, value in fields.items():
            error = await socket.start(**{"code": "print(1)", field: value})
            assert (error["code"], error["field"]) == ("bad_field", field)
        await still_works(socket)


@case("F5")
@pytest.mark.usefixtures("site")
async def test_pages_of_runs_take_no_other_method(owner: User, client_of: ClientOf) -> None:
    async with connect(owner) as socket:
        run = (await socket.run("print(1)"))[0]["run"]
        client = await sync_to_async(client_of)(owner)
        for page in ("run", "run_events"):
            for method in (client.post, client.put, client.delete, client.patch):
                answer = await sync_to_async(method)(reverse(page, args=[run]))
                assert answer.status_code == 405, (page, method)
        await still_works(socket)


@case("F7")
@pytest.mark.usefixtures("site")
async def test_a_browser_can_choose_an_interpreter_of_the_list_only(owner: User) -> None:
    names = ["/bin/sh", "../../bin/sh", "2.7", "3.11 ", "-c", "*"]
    await refused(owner, [({"interpreter": name}, "unknown_interpreter", "interpreter") for name in names])


@case("F8")
@pytest.mark.usefixtures("site")
async def test_a_frame_or_a_program_that_is_too_large_is_refused(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.send_text("x" * (LONGEST_FRAME + 1))
        assert (await socket.receive())["code"] == "too_large"
        for code in ("#" * (64 * 1024 + 1), "\u20ac" * 22_000):
            start = {"type": "start", "lesson": "gil", "parameters": {}, "code": code}
            await socket.send_text(json.dumps(start, ensure_ascii=False))
            error = await socket.receive()
            assert (error["code"], error["field"]) == ("bad_field", "code")
        assert not await Run.objects.aexists()
        await still_works(socket)


@case("F9")
@pytest.mark.usefixtures("site")
async def test_lessons_variants_and_fields_that_there_are_not_are_refused(owner: User) -> None:
    await refused(
        owner,
        [
            ({"lesson": "no-such-lesson"}, "unknown_lesson", "lesson"),
            ({"lesson": "../gil"}, "unknown_lesson", "lesson"),
            ({"variant": "no-such-variant"}, "bad_field", "variant"),
            ({"parameters": {"NO_SUCH": 1}}, "bad_parameter", "parameters.NO_SUCH"),
            ({"version": 2}, "bad_field", "version"),
            ({"network": True}, "bad_field", "network"),
            ({"limits": {"wall_s": 100}}, "bad_field", "limits"),
            ({"owner": "somebody"}, "bad_field", "owner"),
        ],
    )


@case("F10")
@pytest.mark.usefixtures("site")
async def test_somebody_elses_run_is_as_if_it_were_not(
    owner: User, other_learner: User, client_of: ClientOf
) -> None:
    async with connect(owner) as socket, connect(other_learner) as outsider:
        run = (await socket.start(WAITING))["run"]
        await socket.receive_until_said("ready")
        unknown = [await outsider.ask(**each) for each in requests_about(str(uuid4()))]
        foreign = [await outsider.ask(**each) for each in requests_about(run)]
        assert [without_run(error) for error in foreign] == [without_run(error) for error in unknown]
        assert {error["code"] for error in foreign} == {"not_found"}
        client = await sync_to_async(client_of)(other_learner)
        for page in ("run", "run_events"):
            assert (await sync_to_async(client.get)(reverse(page, args=[run]))).status_code == 404
        assert not (await Run.objects.aget()).stop_asked
        await socket.send(type="stop", run=run)
        assert (await socket.receive_until("end"))[-1]["reason"] == "stopped"
        await still_works(outsider)


def requests_about(run: str) -> list[dict[str, Any]]:
    return [
        {"type": "watch", "run": run, "after": 0},
        {"type": "stop", "run": run},
        {"type": "input", "run": run, "text": "x\n"},
        {"type": "input_end", "run": run},
    ]


def without_run(error: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in error.items() if name != "run"}
