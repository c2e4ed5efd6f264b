"""H: the service as a browser meets it, over the real websocket: input, how many runs, coming back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.runs.models import Run
from tests.runs.conftest import live, runner
from tests.runs.dialogue import WAITING, connect, events_of, numbers_of, output_of
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial

__all__ = ["live", "runner"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]

TALKING = """\
import asyncio

async def main():
    for number in range(40):
        print("line", number)
        await asyncio.sleep(0.02)
    print("ready")
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
async def site(trial: Trial, settings: Settings) -> AsyncIterator[Trial]:
    """The site with the runner of all cases, which must be as it was afterwards."""
    settings.RUNNER_SOCKET = str(trial.socket_path)
    yield trial
    await trial.check_cleared([])
    await trial.check_next_run()


@case("H10")
async def test_input_typed_in_the_page_reaches_the_program(owner: User) -> None:
    code = "print('hello', input('name? '))\nimport sys\nprint(len(sys.stdin.read()))"
    async with connect(owner) as socket:
        run = (await socket.start(code))["run"]
        await socket.receive_until_said("name? ")
        await socket.send(type="input", run=run, text="Ada 🙂\n")
        await socket.receive_until_said("hello Ada 🙂")
        await socket.send(type="input", run=run, text="x" * 60_000)
        await socket.send(type="input_end", run=run)
        messages = await socket.receive_until("end")
    assert (output_of(messages).strip(), messages[-1]["reason"]) == ("60000", "finished")


@case("H11")
async def test_one_person_has_one_run_however_many_tabs_start_one(owner: User) -> None:
    async with connect(owner) as first, connect(owner) as second, connect(owner) as third:
        tabs = first, second, third
        answers = await asyncio.gather(*(tab.start(WAITING) for tab in tabs))
        accepted = [answer for answer in answers if answer["type"] == "accepted"]
        others = [answer for answer in answers if answer["type"] != "accepted"]
        assert (len(accepted), {answer["code"] for answer in others}) == (1, {"one_run_at_a_time"})
        assert {answer["run"] for answer in others} == {accepted[0]["run"]}
        assert await Run.objects.acount() == 1
        tab = tabs[answers.index(accepted[0])]
        await tab.send(type="stop", run=accepted[0]["run"])
        await tab.receive_until("end")
        assert (await tab.run("print(1)"))[-1]["reason"] == "finished"


@case("H11")
async def test_one_person_starts_so_many_runs_a_minute(
    owner: User, other_learner: User, settings: Settings
) -> None:
    settings.RUNS_PER_MINUTE = 2
    async with connect(owner) as socket, connect(other_learner) as other:
        for _ in range(2):
            assert (await socket.run("print(1)"))[-1]["reason"] == "finished"
        for _ in range(3):
            assert (await socket.start("print(1)"))["code"] == "too_many"
        assert (await other.run("print(1)"))[-1]["reason"] == "finished"
    assert await Run.objects.filter(owner=owner).acount() == 2


@case("H12")
async def test_a_browser_that_comes_back_goes_on_after_the_last_event_it_saw(owner: User) -> None:
    told = []
    async with connect(owner) as socket:
        run = (await socket.start(TALKING))["run"]
        told += await socket.receive_until_said("line 3")
    for text in ("line 12", "line 25", "ready"):
        async with connect(owner) as socket:
            await socket.ask(type="watch", run=run, after=numbers_of(told)[-1])
            told += await socket.receive_until_said(text)
    async with connect(owner) as socket:
        await socket.ask(type="watch", run=run, after=numbers_of(told)[-1])
        await socket.send(type="stop", run=run)
        told += await socket.receive_until("end")
    assert numbers_of(told) == list(range(1, told[-1]["last"] + 1))
    lines = [line for line in output_of(told).splitlines() if line.startswith("line ")]
    assert lines == [f"line {number}" for number in range(40)]
    assert [event["name"] for event in events_of(told)].count("end") == 1
