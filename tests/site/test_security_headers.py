"""Headers that every page carries, whatever room it comes from."""

import pytest
from django.test import Client

PAGES = [
    "/",
    "/decks/concurrency/",
    "/lessons/fetch-fan-out/",
    "/runs/",
    "/status/",
    "/accounts/sign-in/",
    "/no-such-page/",
]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", PAGES)
def test_a_page_allows_no_inline_script_or_style(client: Client, address: str) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-" not in policy


@pytest.mark.parametrize("address", PAGES)
def test_a_page_loads_nothing_from_another_host(client: Client, address: str) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("address", PAGES)
def test_a_page_cannot_be_framed(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_page_asked_for_under_a_foreign_host_name_is_refused(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.test"}).status_code == 400
