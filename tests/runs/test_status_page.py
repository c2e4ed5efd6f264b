"""Health for people and for machines."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse

from studyapp.runs import health
from studyapp.sandbox.checks import LayerCheck

pytestmark = pytest.mark.django_db
HOLDS = LayerCheck("network", ok=True, detail="loopback only", remedy="")
MISSING = LayerCheck("jail", ok=False, detail="no bubblewrap", remedy="apt install bubblewrap")


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def remember(*layers: LayerCheck) -> None:
    cache.set("sandbox-layers", list(layers))


def test_the_status_page_shows_the_layers_as_tried_on_this_host(client: Client) -> None:
    context = client.get(reverse("status")).context
    assert context["layers"]
    assert context["safe"] is all(layer.ok for layer in context["layers"])


@pytest.mark.usefixtures("runner")
def test_the_status_page_shows_limits_and_interpreters(client: Client) -> None:
    remember(HOLDS)
    context = client.get(reverse("status")).context
    assert context["limits"].wall_s == 15.0
    assert context["interpreters"]


def test_one_missing_layer_makes_a_host_unsafe(client: Client) -> None:
    remember(HOLDS, MISSING)
    page = client.get(reverse("status"))
    assert page.context["safe"] is False
    assert "apt install bubblewrap" in page.content.decode()


def test_layers_that_were_just_tried_are_not_tried_again() -> None:
    remember(HOLDS)
    assert health.try_layers() == [HOLDS]


def test_a_host_on_which_nothing_was_tried_is_not_called_safe() -> None:
    assert not health.is_safe([])


def test_healthz_answers_machines_without_trying_the_sandbox(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "database": True, "sandbox": "untried"}
    assert health.recall_layers() is None


@pytest.mark.parametrize(("layer", "word"), [(HOLDS, "safe"), (MISSING, "unsafe")])
def test_healthz_tells_how_the_sandbox_was_last_found(client: Client, layer: LayerCheck, word: str) -> None:
    remember(layer)
    assert client.get("/healthz").json()["sandbox"] == word


def test_healthz_is_not_kept_by_any_cache(client: Client) -> None:
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]


def test_healthz_says_503_when_the_database_does_not_answer(client: Client) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError

    with connection.execute_wrapper(fail):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
