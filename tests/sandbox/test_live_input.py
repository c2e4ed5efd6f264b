"""Standard input that comes while the program runs, through a real runner."""

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import Job, Limits
from tests.sandbox.helpers import follow, run, until_printed

ECHO = """\
import sys
print("ready")
for line in sys.stdin:
    print("got", line.strip())
print("end of input")
"""


async def test_a_program_answers_each_line_before_the_next_is_sent(client: RunnerClient) -> None:
    handle = await client.start(Job(ECHO, interactive=True))
    for line in ("one", "two", "é \u2028"):
        await handle.send_input(line + "\n")
        await until_printed(handle, f"got {line.strip()}")
    await handle.end_input()
    done = await follow(handle)
    assert (done.reason, done.printed()) == ("finished", "end of input\n")


async def test_a_line_may_come_in_parts(client: RunnerClient) -> None:
    handle = await client.start(Job("print(input('name? '))", interactive=True))
    await until_printed(handle, "name? ")
    await handle.send_input("Ada ")
    await handle.send_input("Lovelace\n")
    assert (await follow(handle)).printed() == "Ada Lovelace\n"


async def test_the_stdin_of_an_interactive_job_comes_first_and_more_may_follow(client: RunnerClient) -> None:
    handle = await client.start(Job(ECHO, stdin="first\n", interactive=True))
    await until_printed(handle, "got first")
    await handle.send_input("second\n")
    await handle.end_input()
    assert (await follow(handle)).printed() == "got second\nend of input\n"


async def test_input_sent_before_the_program_reads_waits_for_it(client: RunnerClient) -> None:
    code = "import sys, time\ntime.sleep(0.1)\nprint(len(sys.stdin.read()))"
    handle = await client.start(Job(code, interactive=True))
    await handle.send_input("x" * 40_000)
    await handle.send_input("x" * 25_536)
    await handle.end_input()
    assert (await follow(handle)).printed() == "65536\n"


async def test_a_program_that_reads_nothing_ends_as_ever_with_its_input_full(client: RunnerClient) -> None:
    handle = await client.start(Job("print('ready')\nimport time\ntime.sleep(0.1)", interactive=True))
    await handle.send_input("x" * 65_536)
    assert (await follow(handle)).reason == "finished"


async def test_a_program_that_closes_its_input_goes_on(client: RunnerClient) -> None:
    code = "import os, time\nos.close(0)\nprint('closed')\ntime.sleep(0.2)\nprint('on')"
    handle = await client.start(Job(code, interactive=True))
    await until_printed(handle, "closed")
    await handle.send_input("x" * 1000)
    await handle.send_input("x" * 1000)
    assert "on\n" in (await follow(handle)).printed()


async def test_a_program_that_waits_for_input_can_be_stopped(client: RunnerClient) -> None:
    handle = await client.start(Job("print('ready')\ninput()", interactive=True))
    await until_printed(handle, "ready")
    await handle.stop()
    assert (await follow(handle)).reason == "stopped"


async def test_too_much_input_is_refused_where_it_is_sent_and_the_run_goes_on(client: RunnerClient) -> None:
    limits = Limits(stdin_bytes=10)
    handle = await client.start(Job(ECHO, interactive=True, limits=limits))
    with pytest.raises(Refused) as caught:
        await handle.send_input("x" * 11)
    assert (caught.value.code, caught.value.field) == ("too_large", "input")
    await handle.send_input("123456789\n")
    await until_printed(handle, "got 123456789")
    await handle.end_input()
    assert (await follow(handle)).reason == "finished"


async def test_a_job_that_is_not_interactive_finds_the_end_after_its_stdin(client: RunnerClient) -> None:
    assert (await run(client, ECHO, stdin="only\n")).printed() == "ready\ngot only\nend of input\n"


async def test_what_takes_no_input_refuses_it_by_name(client: RunnerClient) -> None:
    plain = await client.start(Job("print(1)"))
    ended = await client.start(Job("print(1)", interactive=True))
    await ended.end_input()
    await ended.end_input()
    over = await client.start(Job("print(1)", interactive=True))
    await follow(over)
    for handle in (plain, ended, over):
        with pytest.raises(Refused) as caught:
            await handle.send_input("x")
        assert caught.value.code == "input_ended"
    await over.end_input()
    assert [(await follow(handle)).reason for handle in (plain, ended)] == ["finished", "finished"]
