"""Which interpreters learners are offered is what the runner says, the unusable ones with their reason."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.runs.messages import ErrorCode
from studyapp.runs.models import Run
from studyapp.runs.problems import Problem, RequestRefused
from studyapp.runs.services import start_run
from studyapp.sandbox import wire
from studyapp.sandbox.description import Description, OfferedInterpreter

PLAIN = OfferedInterpreter("3.11", "3.11.7", gil=True, problem="")
FREE = OfferedInterpreter("3.13t", "3.13.1", gil=False, problem="")
BROKEN = OfferedInterpreter("3.14", "3.14.0", gil=True, problem="it was built without _ssl.")
LESSON = "/lessons/gil/"

pytestmark = pytest.mark.django_db


class DescribingRunner(socketserver.ThreadingUnixStreamServer):
    """Answers every connection with `offered`, and counts them."""

    daemon_threads = True
    request_queue_size = 128  # the layers are tried all at once

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Describing)
        self.offered = [PLAIN, FREE, BROKEN]
        self.asked = 0


class _Describing(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert wire.parse_request(self.rfile.readline()) == wire.Describe()
        server = cast(DescribingRunner, self.server)
        server.asked += 1
        self.wfile.write(wire.dump_description(Description(server.offered, "none", 1, 1)))


@pytest.fixture
def describing(tmp_path: Path, settings: Settings) -> Iterator[DescribingRunner]:
    settings.RUNNER_SOCKET = str(tmp_path / "runner.sock")
    with DescribingRunner(tmp_path / "runner.sock") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def refusal(interpreter: str) -> Problem:
    with pytest.raises(RequestRefused) as refused:
        await start_run(
            owner=User(),
            lesson="gil",
            parameters={},
            variant=None,
            code=None,
            interpreter=interpreter,
            now=timezone.now(),
        )
    (problem,) = refused.value.problems
    return problem


@pytest.mark.usefixtures("describing")
def test_the_lesson_page_lets_choose_among_those_that_can_be_used(client: Client) -> None:
    page = client.get(LESSON)
    assert page.context["interpreters"] == [PLAIN, FREE, BROKEN]
    options = page.content.decode().split("<option")[1:]
    assert ["disabled" in option.partition("</option>")[0] for option in options[:3]] == [False, False, True]


def test_a_lone_interpreter_is_no_choice(client: Client, describing: DescribingRunner) -> None:
    describing.offered = [PLAIN]
    assert 'id="interpreter"' not in client.get(LESSON).content.decode()


@pytest.mark.usefixtures("describing", "runner")
def test_the_status_page_tells_why_one_cannot_be_used(client: Client) -> None:
    page = client.get(reverse("status")).content.decode()
    assert "free-threaded" in page
    assert BROKEN.problem in page


@pytest.mark.usefixtures("describing")
async def test_a_run_on_one_that_cannot_be_used_is_refused_with_the_reason() -> None:
    problem = await refusal("3.14")
    assert (problem.code, problem.field) == (ErrorCode.UNKNOWN_INTERPRETER, "interpreter")
    assert BROKEN.problem in problem.message


@pytest.mark.usefixtures("describing")
async def test_a_run_on_an_unknown_one_is_refused_with_those_there_are() -> None:
    assert "3.11, 3.13t" in (await refusal("2.7")).message
    assert not await Run.objects.aexists()


def test_the_runner_is_not_asked_for_every_page(client: Client, describing: DescribingRunner) -> None:
    client.get(LESSON)
    client.get(LESSON)
    assert describing.asked == 1


def test_without_a_runner_a_page_still_comes_and_says_why_nothing_runs(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.RUNNER_SOCKET = str(tmp_path / "nobody.sock")
    page = client.get(LESSON)
    assert page.context["interpreters"] == []
    assert "nobody.sock" in page.context["sandbox_problem"]
