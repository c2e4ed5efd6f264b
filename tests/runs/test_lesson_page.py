"""The page on which a lesson is read, changed and run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.content.lessons.catalogue import all_lessons, get_lesson
from studyapp.runs.registry import embedded_runner

pytestmark = pytest.mark.django_db
ADDRESS = "/lessons/semaphore/"


@pytest.mark.parametrize("slug", [lesson.slug for lesson in all_lessons()])
def test_every_lesson_has_a_page(client: Client, slug: str) -> None:
    page = client.get(reverse("lesson", args=[slug]))
    assert page.status_code == 200
    assert page.context["program"] == get_lesson(slug).source


def test_an_unknown_lesson_is_not_found(client: Client) -> None:
    assert client.get("/lessons/no-such/").status_code == 404


def test_every_parameter_has_a_field(client: Client) -> None:
    lesson = get_lesson("semaphore")
    assert tuple(client.get(ADDRESS).context["fields"]) == lesson.parameters


def test_an_anonymous_visitor_is_made_a_guest_and_may_run(client: Client) -> None:
    page = client.get(ADDRESS)
    assert page.context["may_run"] is True
    assert User.objects.get(pk=client.session["_auth_user_id"]).is_guest


def test_a_second_visit_makes_no_second_guest(client: Client) -> None:
    client.get(ADDRESS)
    client.get(ADDRESS)
    assert User.objects.count() == 1


def test_a_learner_stays_who_they_are(client_of: Callable[[User], Client], owner: User) -> None:
    assert client_of(owner).get(ADDRESS).context["may_run"] is True
    assert list(User.objects.all()) == [owner]


def test_where_guests_may_not_run_an_anonymous_visitor_reads_only(client: Client, settings: Settings) -> None:
    settings.GUESTS_MAY_RUN = False
    page = client.get(ADDRESS)
    assert page.context["may_run"] is False
    assert not User.objects.exists()


def test_where_guests_may_not_run_a_learner_still_may(
    client_of: Callable[[User], Client], owner: User, settings: Settings
) -> None:
    settings.GUESTS_MAY_RUN = False
    assert client_of(owner).get(ADDRESS).context["may_run"] is True


@pytest.fixture
def no_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    embedded_runner.close()
    monkeypatch.setenv("PATH", str(tmp_path))
    yield
    embedded_runner.close()


@pytest.mark.usefixtures("no_bubblewrap")
def test_a_host_that_cannot_isolate_programs_says_so_and_what_to_do(client: Client) -> None:
    assert "apt install bubblewrap" in client.get(ADDRESS).context["sandbox_problem"]


@pytest.mark.usefixtures("runner")
def test_a_host_that_can_isolate_programs_has_no_problem(client: Client) -> None:
    assert client.get(ADDRESS).context["sandbox_problem"] == ""
