from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from studyapp.accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "right horse, right staple"


@pytest.fixture
def learner(db: None) -> User:
    return User.objects.create_user("learner", password=PASSWORD)


def sign_in(client: Client, username: str, password: str, next_page: str = "") -> int:
    form = {"username": username, "password": password, "next": next_page}
    return client.post(reverse("sign_in"), form).status_code


def test_an_anonymous_visitor_gets_the_form(client: Client) -> None:
    answer = client.get(reverse("sign_in"))
    assert answer.status_code == 200
    assert "form" in answer.context


def test_the_right_password_signs_in(client: Client, learner: User) -> None:
    assert sign_in(client, "learner", PASSWORD) == 302
    assert client.session["_auth_user_id"] == str(learner.pk)


def test_a_wrong_password_says_so_beside_the_form(client: Client, learner: User) -> None:
    answer = client.post(reverse("sign_in"), {"username": "learner", "password": "wrong"})
    assert answer.context["form"].non_field_errors()
    assert "_auth_user_id" not in client.session


def test_sign_in_leads_back_to_the_page_that_asked_for_it(client: Client, learner: User) -> None:
    form = {"username": "learner", "password": PASSWORD, "next": "/runs/"}
    assert client.post(reverse("sign_in"), form).headers["Location"] == "/runs/"


def test_sign_in_does_not_lead_to_a_foreign_site(client: Client, learner: User) -> None:
    form = {"username": "learner", "password": PASSWORD, "next": "https://evil.test/"}
    assert client.post(reverse("sign_in"), form).headers["Location"] == reverse("dashboard")


def test_sign_out_by_post_ends_the_session(client_of: Callable[[User], Client], learner: User) -> None:
    client = client_of(learner)
    assert client.post(reverse("sign_out")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_link_cannot_sign_anybody_out(client_of: Callable[[User], Client], learner: User) -> None:
    client = client_of(learner)
    assert client.get(reverse("sign_out")).status_code == 405
    assert client.session["_auth_user_id"] == str(learner.pk)


def test_a_guest_can_sign_in_to_an_account(client_of: Callable[[User], Client], learner: User) -> None:
    guest = User.objects.create_user("guest-1", is_guest=True)
    client = client_of(guest)
    assert sign_in(client, "learner", PASSWORD) == 302
    assert client.session["_auth_user_id"] == str(learner.pk)
