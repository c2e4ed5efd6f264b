import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.accounts.services import create_guest
from studyapp.runs.models import Run
from studyapp.runs.permissions import may_send_input, may_start, may_watch
from tests.runs.rows import NewRun


@pytest.fixture
def run(new_run: NewRun) -> Run:
    return new_run()


def test_the_owner_may_watch_a_run(owner: User, run: Run) -> None:
    assert may_watch(owner, run)


def test_another_learner_may_not_watch_a_run(other_learner: User, run: Run) -> None:
    assert not may_watch(other_learner, run)


def test_a_guest_may_not_watch_a_run_of_somebody_else(run: Run) -> None:
    assert not may_watch(create_guest(), run)


def test_an_anonymous_visitor_may_not_watch_a_run(run: Run) -> None:
    assert not may_watch(AnonymousUser(), run)


def test_an_owner_whose_account_was_closed_may_not_watch_a_run(owner: User, run: Run) -> None:
    owner.is_active = False
    assert not may_watch(owner, run)


def test_the_owner_may_send_input_to_a_run(owner: User, run: Run) -> None:
    assert may_send_input(owner, run)


def test_another_learner_may_not_send_input_to_a_run(other_learner: User, run: Run) -> None:
    assert not may_send_input(other_learner, run)


def test_an_anonymous_visitor_may_not_send_input_to_a_run(run: Run) -> None:
    assert not may_send_input(AnonymousUser(), run)


def test_an_owner_whose_account_was_closed_may_not_send_input_to_a_run(owner: User, run: Run) -> None:
    owner.is_active = False
    assert not may_send_input(owner, run)


def test_a_learner_may_start_a_run(owner: User) -> None:
    assert may_start(owner)


def test_an_anonymous_visitor_may_not_start_a_run() -> None:
    assert not may_start(AnonymousUser())


def test_a_learner_whose_account_was_closed_may_not_start_a_run(owner: User) -> None:
    owner.is_active = False
    assert not may_start(owner)


@pytest.mark.django_db
def test_a_guest_may_start_a_run() -> None:
    assert may_start(create_guest())


@pytest.mark.django_db
def test_a_guest_may_not_start_a_run_where_the_setting_forbids_it(settings: Settings) -> None:
    settings.GUESTS_MAY_RUN = False
    assert not may_start(create_guest())


def test_the_setting_for_guests_does_not_touch_learners(settings: Settings, owner: User) -> None:
    settings.GUESTS_MAY_RUN = False
    assert may_start(owner)
