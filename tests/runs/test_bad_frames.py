"""Whatever a client sends, it gets a typed error, the socket stays open and the log stays clean."""

import json
import logging
from collections.abc import Iterator

import pytest

from studyapp.accounts.models import User
from studyapp.runs.messages import LONGEST_FRAME
from tests.runs.dialogue import ORIGIN, connect, dial

pytestmark = pytest.mark.django_db(transaction=True)
RUN = "0b54bd5c-3c2e-4a39-9f0e-0d6fb6b6a0a1"


@pytest.fixture(autouse=True)
def clean_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "bad_json"),
        ("nonsense", "bad_json"),
        ('{"type": "start"', "bad_json"),
        ("[]", "bad_json"),
        ("[" * 100_000, "bad_json"),
        ("{}", "unknown_type"),
        ('{"type": "accepted"}', "unknown_type"),
        ('{"type": "websocket.close"}', "unknown_type"),
        ('{"type": "start", "lesson": 7, "parameters": {}}', "bad_field"),
        ('{"type": "start", "lesson": "gil", "parameters": {}, "owner": 1}', "bad_field"),
        ('{"type": "start", "lesson": "gil", "parameters": {}, "code": "\\u0000"}', "bad_field"),
        ('{"type": "start", "lesson": "\\u0000", "parameters": {}}', "unknown_lesson"),
        ('{"type": "watch", "run": "' + RUN + '", "after": -1}', "bad_field"),
        ('{"type": "watch", "run": "1", "after": 0}', "bad_field"),
        ('{"type": "stop", "run": "' + RUN + '"}', "not_found"),
        ('{"type": "stop"}'.ljust(LONGEST_FRAME + 1), "too_large"),
    ],
    ids=range(16),
)
async def test_a_bad_frame_gets_a_typed_error_and_the_socket_stays_open(
    owner: User, frame: str, code: str
) -> None:
    async with connect(owner) as socket:
        await socket.send_text(frame)
        assert (await socket.receive())["code"] == code
        assert (await socket.ask(type="stop", ref="still here", run=RUN))["ref"] == "still here"


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", json.dumps({"type": "stop", "run": RUN}).encode()])
async def test_a_binary_frame_gets_a_typed_error_and_the_socket_stays_open(owner: User, data: bytes) -> None:
    async with connect(owner) as socket:
        await socket.send_bytes(data)
        assert (await socket.receive())["code"] == "bad_json"
        assert (await socket.ask(type="stop", run=RUN))["code"] == "not_found"


async def test_an_error_tells_the_field_and_gives_the_ref_back(owner: User) -> None:
    async with connect(owner) as socket:
        error = await socket.ask(type="watch", ref="r1", run=RUN, after="0")
    assert (error["type"], error["field"], error["ref"]) == ("error", "after", "r1")


async def test_many_bad_frames_in_a_row_get_as_many_errors(owner: User) -> None:
    async with connect(owner) as socket:
        for _ in range(50):
            await socket.send_text("{")
        assert {(await socket.receive())["code"] for _ in range(50)} == {"bad_json"}


@pytest.mark.parametrize("origin", ["https://evil.test", "http://localhost.evil.test", "null", ""])
async def test_a_page_of_another_site_cannot_open_the_socket(owner: User, origin: str) -> None:
    accepted, _ = await (await dial(owner, origin)).connect()
    assert not accepted


async def test_a_socket_at_another_address_is_refused(owner: User) -> None:
    accepted, _ = await (await dial(owner, ORIGIN, "/ws/nothing/")).connect()
    assert not accepted
