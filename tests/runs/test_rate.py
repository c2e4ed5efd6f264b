"""Nobody starts programs without end, or holds sockets without end."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.runs.messages import ErrorCode
from studyapp.runs.models import Run, State
from studyapp.runs.problems import RequestRefused
from studyapp.runs.rate import refuse_too_many_runs
from tests.runs.dialogue import connect
from tests.runs.rows import NOW, NewRun


@pytest.fixture
def three_a_minute(settings: Settings) -> None:
    settings.RUNS_PER_MINUTE = 3


def start(new_run: NewRun, *seconds_ago: float, **fields: object) -> None:
    for seconds in seconds_ago:
        new_run(state=State.ENDED, created_at=NOW - timedelta(seconds=seconds), **fields)


@pytest.mark.usefixtures("three_a_minute")
def test_as_many_runs_as_the_setting_says_may_start_within_a_minute(owner: User, new_run: NewRun) -> None:
    start(new_run, 200, 100, 59, 1)
    refuse_too_many_runs(owner=owner, now=NOW)


@pytest.mark.usefixtures("three_a_minute")
def test_one_more_is_refused_and_told_how_long_to_wait(owner: User, new_run: NewRun) -> None:
    start(new_run, 50, 47.5, 30, 1)
    with pytest.raises(RequestRefused) as caught:
        refuse_too_many_runs(owner=owner, now=NOW)
    (problem,) = caught.value.problems
    assert problem.code == ErrorCode.TOO_MANY
    assert problem.message == "You may start 3 programs a minute; try again in 13 s."
    refuse_too_many_runs(owner=owner, now=NOW + timedelta(seconds=13))


@pytest.mark.usefixtures("three_a_minute")
def test_runs_of_others_do_not_count(owner: User, other_learner: User, new_run: NewRun) -> None:
    start(new_run, 3, 2, 1, owner=other_learner)
    refuse_too_many_runs(owner=owner, now=NOW)


@pytest.mark.usefixtures("live")
@pytest.mark.django_db(transaction=True)
async def test_a_start_too_many_is_refused_over_the_socket_and_leaves_nothing_behind(
    owner: User, settings: Settings
) -> None:
    settings.RUNS_PER_MINUTE = 1
    async with connect(owner) as socket:
        await socket.run("print(1)")
        refused = await socket.start("print(2)", ref="r2")
    assert (refused["code"], refused["ref"]) == ("too_many", "r2")
    assert await Run.objects.acount() == 1
