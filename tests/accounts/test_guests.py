import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory

from studyapp.accounts import services
from studyapp.accounts.models import User

pytestmark = pytest.mark.django_db


def request_of(visitor: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = visitor
    request.session = SessionStore()
    return request


def test_an_anonymous_visitor_becomes_a_guest() -> None:
    request = request_of(AnonymousUser())
    guest = services.ensure_signed_in(request=request)
    assert guest.is_guest
    assert request.user == guest


def test_the_session_of_a_guest_names_the_guest() -> None:
    request = request_of(AnonymousUser())
    guest = services.ensure_signed_in(request=request)
    assert request.session["_auth_user_id"] == str(guest.pk)


def test_nobody_can_sign_in_to_a_guest_account_with_a_password(client: Client) -> None:
    guest = services.create_guest()
    assert not guest.has_usable_password()
    assert not client.login(username=guest.username, password="")


def test_two_guests_are_two_people() -> None:
    assert services.create_guest() != services.create_guest()


def test_a_learner_who_is_signed_in_stays_who_they_are(owner: User) -> None:
    assert services.ensure_signed_in(request=request_of(owner)) == owner
    assert User.objects.count() == 1


def test_an_account_made_by_sign_up_is_no_guest(owner: User) -> None:
    assert not owner.is_guest
