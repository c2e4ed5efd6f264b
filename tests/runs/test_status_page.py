"""Health for people and for machines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse

from studyapp.runs import health
from studyapp.runs.health import Trial
from studyapp.sandbox.layers.layer import Kind, LayerCheck

pytestmark = pytest.mark.django_db
HOLDS = LayerCheck("no network", True, "loopback only", "", Kind.NETWORK, "connecting")  # noqa: FBT003  # `ok`
WEAK = replace(HOLDS, name="accounting", remedy="divide the group", kind=Kind.LIMITS, weak=True)
MISSING = replace(HOLDS, name="jail", ok=False, remedy="apt install bubblewrap", kind=Kind.JAIL)
TRIED_AT = datetime(2031, 5, 4, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def remember(*layers: LayerCheck) -> Trial:
    trial = Trial(TRIED_AT, list(layers))
    cache.set("sandbox-layers", trial)
    return trial


def test_the_status_page_shows_the_layers_as_tried_on_this_host(client: Client) -> None:
    context = client.get(reverse("status")).context
    assert context["trial"].layers
    assert context["trial"].is_safe is all(layer.ok for layer in context["trial"].layers)


@pytest.mark.usefixtures("runner")
def test_the_status_page_shows_limits_and_interpreters(client: Client) -> None:
    remember(HOLDS)
    context = client.get(reverse("status")).context
    assert context["limits"].wall_s == 15.0
    assert context["runner"].interpreters


@pytest.mark.usefixtures("runner")
def test_the_status_page_shows_how_many_may_run_and_wait(client: Client) -> None:
    remember(HOLDS)
    page = client.get(reverse("status"))
    runner = page.context["runner"]
    assert runner.runs > 0
    assert f'<td class="number">{runner.waiting:,}</td>' in page.content.decode()


def test_the_status_page_says_what_was_tried_and_when(client: Client) -> None:
    remember(HOLDS)
    page = client.get(reverse("status")).content.decode()
    assert f'<time datetime="{TRIED_AT.isoformat()}">' in page
    assert "Tried: connecting." in page


def test_layers_are_grouped_and_a_group_with_a_problem_is_open(client: Client) -> None:
    remember(HOLDS, WEAK)
    page = client.get(reverse("status"))
    assert [len(group.layers) for group in page.context["groups"]] == [1, 1]
    assert page.content.decode().count('<details class="fold layer-group" open>') == 1


def test_a_weak_layer_is_told_and_the_host_is_safe_all_the_same(client: Client) -> None:
    remember(WEAK)
    page = client.get(reverse("status"))
    assert page.context["trial"].is_safe is True
    assert "divide the group" in page.content.decode()


def test_one_missing_layer_makes_a_host_unsafe(client: Client) -> None:
    remember(HOLDS, MISSING)
    page = client.get(reverse("status"))
    assert page.context["trial"].is_safe is False
    assert "apt install bubblewrap" in page.content.decode()


def test_layers_that_were_just_tried_are_not_tried_again() -> None:
    trial = remember(HOLDS)
    assert health.try_layers() == trial


def test_visitors_at_the_same_time_have_layers_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    async def check_layers(client: object) -> list[LayerCheck]:
        tried.append(client)
        return [HOLDS]

    monkeypatch.setattr(health, "check_layers", check_layers)
    with ThreadPoolExecutor(8) as visitors:
        trials = [visitors.submit(health.try_layers) for _ in range(8)]
    assert len({trial.result().at for trial in trials}) == len(tried) == 1


def test_a_host_on_which_nothing_was_tried_is_not_called_safe() -> None:
    assert not Trial(TRIED_AT, []).is_safe


def test_healthz_answers_machines_without_trying_the_sandbox(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "database": True, "sandbox": "untried"}
    assert health.recall_trial() is None


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
