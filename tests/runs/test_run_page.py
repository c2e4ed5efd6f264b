"""The page of a stored run and its events as a file."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from studyapp.accounts.models import User
from studyapp.runs.models import EventChunk, Run, State
from studyapp.runs.views import EVENTS_IN_TABLE
from tests.runs.rows import NOW, NewRun, event_lines

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def run(new_run: NewRun) -> Run:
    return new_run(
        state=State.ENDED, code="print('<b>')", reason="finished", exit=0, started_at=NOW, ended_at=NOW
    )


def store_events(run: Run, first: int, last: int) -> None:
    packed = EventChunk.pack(event_lines(first, last))
    EventChunk.objects.create(run=run, first_q=first, last_q=last, packed=packed)
    Run.objects.filter(pk=run.pk).update(event_count=last)


def test_the_owner_sees_a_run_with_its_program_escaped(client_of: ClientOf, owner: User, run: Run) -> None:
    page = client_of(owner).get(reverse("run", args=[run.pk]))
    assert page.context["run"] == run
    assert page.context["lesson"].slug == "gil"
    assert "&lt;b&gt;" in page.content.decode()


def test_the_first_events_are_in_a_table_and_all_are_counted(
    client_of: ClientOf, owner: User, run: Run
) -> None:
    store_events(run, 1, EVENTS_IN_TABLE - 1)
    store_events(run, EVENTS_IN_TABLE, EVENTS_IN_TABLE + 7)
    context = client_of(owner).get(reverse("run", args=[run.pk])).context
    assert [event["q"] for event in context["events"]] == list(range(1, EVENTS_IN_TABLE + 1))
    assert context["event_count"] == EVENTS_IN_TABLE + 7


def test_the_tasks_of_a_run_are_summed_up(client_of: ClientOf, owner: User, run: Run) -> None:
    args = {"task": 1, "parent": None, "site": None, "via": "run"}
    created = {
        "q": 1,
        "ph": "B",
        "cat": "task",
        "name": "main",
        "pid": 1,
        "tid": 1_000_001,
        "ts": 1,
        "args": args,
    }
    packed = EventChunk.pack([msgspec.json.encode(created)])
    EventChunk.objects.create(run=run, first_q=1, last_q=1, packed=packed)
    (task,) = client_of(owner).get(reverse("run", args=[run.pk])).context["tasks"]
    assert (task.name, task.parent, task.outcome) == ("main", None, "")


def test_a_run_of_a_lesson_that_is_no_more_can_still_be_seen(
    client_of: ClientOf, owner: User, new_run: NewRun
) -> None:
    run = new_run(lesson="gone", state=State.ENDED)
    page = client_of(owner).get(reverse("run", args=[run.pk]))
    assert (page.status_code, page.context["lesson"]) == (200, None)


def test_a_run_that_nobody_follows_any_more_is_shown_as_lost(
    client_of: ClientOf, owner: User, new_run: NewRun
) -> None:
    run = new_run(beat_at=NOW - timedelta(days=1))
    assert client_of(owner).get(reverse("run", args=[run.pk])).context["run"].reason == "runner_lost"


def test_the_events_are_handed_out_as_json_lines(client_of: ClientOf, owner: User, run: Run) -> None:
    store_events(run, 1, 2)
    store_events(run, 3, 5)
    answer = client_of(owner).get(reverse("run_events", args=[run.pk]))
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="gil-{run.pk}.jsonl"'
    assert [json.loads(line)["q"] for line in answer.content.splitlines()] == [1, 2, 3, 4, 5]


def test_a_run_without_events_hands_out_an_empty_file(client_of: ClientOf, owner: User, run: Run) -> None:
    assert client_of(owner).get(reverse("run_events", args=[run.pk])).content == b""


@pytest.mark.parametrize("page", ["run", "run_events"])
def test_another_learner_is_told_that_there_is_no_such_run(
    client_of: ClientOf, other_learner: User, run: Run, page: str
) -> None:
    assert client_of(other_learner).get(reverse(page, args=[run.pk])).status_code == 404


@pytest.mark.parametrize("page", ["run", "run_events"])
def test_an_anonymous_visitor_is_asked_to_sign_in(client: Client, run: Run, page: str) -> None:
    address = reverse(page, args=[run.pk])
    assert client.get(address).headers["Location"] == f"{reverse('sign_in')}?next={address}"


@pytest.mark.parametrize("page", ["run", "run_events"])
def test_a_run_that_does_not_exist_is_not_found(client_of: ClientOf, owner: User, page: str) -> None:
    assert client_of(owner).get(reverse(page, args=[uuid4()])).status_code == 404


def test_a_run_cannot_be_posted_to(client_of: ClientOf, owner: User, run: Run) -> None:
    assert client_of(owner).post(reverse("run", args=[run.pk])).status_code == 405
