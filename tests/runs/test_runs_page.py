"""The list of a learner's own runs, and the few newest ones on the dashboard."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from studyapp.accounts.models import User
from studyapp.runs.models import State
from studyapp.runs.views import RECENT_RUNS
from tests.runs.rows import NOW, NewRun

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def test_a_learner_sees_their_own_runs_newest_first(
    client_of: ClientOf, owner: User, new_run: NewRun
) -> None:
    older = new_run(state=State.ENDED)
    newer = new_run(state=State.ENDED, created_at=NOW + timedelta(hours=1))
    assert list(client_of(owner).get(reverse("runs")).context["runs"]) == [newer, older]


def test_nobody_sees_the_runs_of_another_learner(
    client_of: ClientOf, other_learner: User, new_run: NewRun
) -> None:
    new_run(state=State.ENDED)
    client = client_of(other_learner)
    assert list(client.get(reverse("runs")).context["runs"]) == []
    assert list(client.get(reverse("recent_runs")).context["runs"]) == []


def test_an_anonymous_visitor_sees_an_empty_list(client: Client, new_run: NewRun) -> None:
    new_run(state=State.ENDED)
    answer = client.get(reverse("runs"))
    assert (answer.status_code, list(answer.context["runs"])) == (200, [])


def test_the_dashboard_of_an_anonymous_visitor_has_no_runs(client: Client, new_run: NewRun) -> None:
    new_run(state=State.ENDED)
    answer = client.get(reverse("recent_runs"))
    assert (answer.status_code, list(answer.context["runs"])) == (200, [])


def test_the_dashboard_shows_only_the_newest_runs(client_of: ClientOf, owner: User, new_run: NewRun) -> None:
    runs = [new_run(state=State.ENDED, created_at=NOW + timedelta(hours=n)) for n in range(RECENT_RUNS + 1)]
    shown = client_of(owner).get(reverse("recent_runs")).context["runs"]
    assert list(shown) == runs[:0:-1]


def test_a_live_run_that_nobody_follows_any_more_is_listed_as_ended(
    client_of: ClientOf, owner: User, new_run: NewRun
) -> None:
    new_run(beat_at=NOW - timedelta(days=1))
    (run,) = client_of(owner).get(reverse("runs")).context["runs"]
    assert run.state == State.ENDED


def test_a_run_is_listed_by_its_lessons_title_or_by_the_slug_of_a_lesson_that_is_gone(
    client_of: ClientOf, owner: User, new_run: NewRun
) -> None:
    new_run(state=State.ENDED, lesson="gil")
    new_run(state=State.ENDED, lesson="long-gone")
    page = client_of(owner).get(reverse("runs")).content.decode()
    assert "Threads take turns, processes do not" in page
    assert "long-gone" in page
