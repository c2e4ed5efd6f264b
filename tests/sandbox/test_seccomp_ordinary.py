"""Under the real system call filter, ordinary concurrent programs work."""

import sys

import pytest

from studyapp.sandbox.interpreters import search_interpreters
from tests.sandbox.filtered import result_of
from tests.sandbox.ordinary import network, processes, system

NAMES = [program.__name__ for module in (processes, network, system) for program in module.PROGRAMS]
COMMAND = ("-B", "-m", "tests.sandbox.ordinary")
WEB = """
import asyncio, json
from aiohttp import ClientSession, web

async def main():
    app = web.Application()
    app.router.add_get("/", lambda request: asyncio.sleep(0, web.Response(text="hello")))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    async with ClientSession() as session:
        answers = await asyncio.gather(*(fetch(session, f"http://{host}:{port}/") for _ in range(10)))
    await runner.cleanup()
    return answers

async def fetch(session, url):
    async with session.get(url) as response:
        return await response.text()

print(json.dumps(asyncio.run(main())))
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """Name of each program to its traceback, "" where it worked."""
    result: dict[str, str] = result_of(sys.executable, *COMMAND)
    return result


@pytest.mark.parametrize("name", NAMES)
def test_the_program_works(outcomes: dict[str, str], name: str) -> None:
    assert not outcomes[name]


def test_all_of_them_work_on_every_other_interpreter_of_this_machine() -> None:
    others = [each for each in search_interpreters()[1:] if not each.problem]
    if not others:
        pytest.skip("no other usable interpreter on this machine")

    for interpreter in others:
        assert result_of(str(interpreter.path), *COMMAND) == dict.fromkeys(NAMES, ""), interpreter.name


def test_a_web_server_and_its_clients_work() -> None:
    assert result_of(sys.executable, "-I", "-c", WEB) == ["hello"] * 10
