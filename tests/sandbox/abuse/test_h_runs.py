"""H: what every client may count on: input, numbers of events, one run for each owner."""

import pytest

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import Job
from tests.sandbox.abuse.marks import cannot_test, case
from tests.sandbox.abuse.programs import BRIEF
from tests.sandbox.abuse.trial import Trial
from tests.sandbox.helpers import until_printed

WAITING = "print('up', flush=True)\ninput()"


@case("H9")
async def test_the_free_threaded_interpreter_has_no_lock(trial: Trial) -> None:
    offered = (await trial.client.describe()).interpreters
    free = [each.name for each in offered if not each.gil and not each.problem]
    if not free:
        cannot_test("H9", "no free-threaded interpreter is installed")
    code = "import sys, aiohttp\nprint(sys._is_gil_enabled())"
    for name in free:
        await trial.works(code, "False\n", interpreter=name)


@case("H10")
async def test_input_is_read_as_it_was_given(trial: Trial) -> None:
    await trial.works("print(input(), input())", "a b\n", stdin="a\nb\n")
    await trial.works("import sys; print(repr(sys.stdin.read()))", "''\n")
    text = "é€🙂\n" * 6_000
    code = "import sys, time; time.sleep(0.2); print(len(sys.stdin.read()))"
    await trial.works(code, f"{len(text)}\n", stdin=text)
    code = "import sys, subprocess; print(subprocess.run(['cat'], capture_output=True).stdout)"
    await trial.works(code, "b'for a child'\n", stdin="for a child")
    done = await trial.ends("failed", "input()", limits=BRIEF)
    assert "EOFError" in done.printed("stderr")
    await trial.works("print('reads none of it')", "reads none of it\n", stdin="x" * 65_536)


@case("H10")
async def test_input_can_be_typed_while_the_program_runs(trial: Trial) -> None:
    code = "import sys\nfor line in sys.stdin: print('said', line, end='', flush=True)\nprint('end')"
    async with trial.attempt(BRIEF) as attempt:
        handle = await attempt.start(code, stdin="first\n", interactive=True)
        await until_printed(handle, "said first\n")
        for word in ("second", "third 🙂"):
            await handle.send_input(f"{word}\n")
            await until_printed(handle, f"said {word}\n")
        await handle.send_input("without a line break")
        await handle.end_input()
        done = await attempt.follow(handle, "finished")
    assert done.printed() == "said without a line breakend\n"


@case("H10")
async def test_input_that_nobody_reads_holds_nobody_up(trial: Trial) -> None:
    async with trial.attempt(BRIEF) as attempt:
        handle = await attempt.start("print('up', flush=True)\nwhile True: pass", interactive=True)
        await until_printed(handle, "up")
        await handle.send_input("x" * 65_536)
        await handle.end_input()
        await handle.stop()
        await attempt.follow(handle, "stopped")


@case("H11")
async def test_an_owner_has_one_run_at_a_time(trial: Trial) -> None:
    async with trial.attempt(BRIEF) as attempt:
        handle = await attempt.start(WAITING, interactive=True, owner="somebody")
        for _ in range(3):
            with pytest.raises(Refused) as caught:
                await trial.client.start(Job("print(1)", owner="somebody"))
            assert (caught.value.code, caught.value.field) == ("one_run_at_a_time", "owner")
        await attempt.follow(await attempt.start("print(1)", owner="somebody else"), "finished")
        await handle.send_input("\n")
        await attempt.follow(handle, "finished")
        await attempt.follow(await attempt.start("print(1)", owner="somebody"), "finished")


@case("H13")
async def test_events_are_numbered_without_a_gap_and_end_once(trial: Trial) -> None:
    code = """
import asyncio, os, sys, threading
from concurrent.futures import ThreadPoolExecutor
def talk(name):
    for number in range(50): sys.stdout.write(f'{name} {number}\\n')
async def main():
    async with asyncio.TaskGroup() as group:
        for number in range(20): group.create_task(asyncio.sleep(0.001 * (number % 3)))
    await asyncio.gather(*(asyncio.to_thread(talk, name) for name in 'abc'))
asyncio.run(main())
for _ in range(3):
    if os.fork() == 0: talk('child'); os._exit(0)
while True:
    try: os.wait()
    except ChildProcessError: break
"""
    done = await trial.ends("finished", code, limits=BRIEF)

    numbers = [event["q"] for event in done.events]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [event["q"] for event in done.events if event["name"] == "end"] == numbers[-1:]
    assert done.printed().count("\n") == 300
    for word in ("a", "b", "c"):
        said = [line for line in done.printed().splitlines() if line.startswith(f"{word} ")]
        assert said == [f"{word} {number}" for number in range(50)]
