"""H: the runner as a service, at its socket: places, the line, stops, strange clients."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from studyapp.sandbox.client import RunHandle
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import Job, Limits, Queued, Started
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.programs import BRIEF
from tests.sandbox.abuse.raw import Message, connected, exchange, run_request
from tests.sandbox.abuse.trial import Attempt, Trial, new_trial
from tests.sandbox.helpers import Run, until_printed

GONE_WITHIN_S = 3.0
"""What is promised is 1 s; a machine busy with other tests gets more."""
WAITING = "print('up', flush=True)\ninput()"
ENDLESS = "print('up', flush=True)\nwhile True: pass"
ANY_END = ("finished", "failed", "stopped", "abandoned")
STUBBORN = """
import os, signal, time
def tell(number, _): os.write(1, b'%d ' % number)
for number in set(range(1, 65)) - {9, 19, 32, 33}: signal.signal(number, tell)
if os.fork() == 0: os.setsid()
print('up', flush=True)
while True: time.sleep(1)
"""


@pytest.fixture
def small_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    """One run at a time, three more in line."""
    runner = EmbeddedRunner(runs=1, waiting=3)
    yield runner
    runner.close()


@pytest.fixture
async def small(small_runner: EmbeddedRunner) -> Trial:
    return await new_trial(small_runner)


async def start_and_wait(attempt: Attempt, code: str = WAITING) -> RunHandle:
    """A run that is surely running."""
    handle = await attempt.start(code, interactive=True)
    await until_printed(handle, "up")
    return handle


async def soon(ended: "asyncio.Future[Run] | asyncio.Task[Run]") -> Run:
    """A run that must end at once now."""
    async with asyncio.timeout(GONE_WITHIN_S):
        return await ended


@case("H1")
async def test_jails_that_end_at_the_same_time_are_each_cleared_away(trial: Trial) -> None:
    async with trial.attempt(BRIEF) as attempt:
        for _ in range(2):
            codes = [WAITING, WAITING + "\n1 / 0", STUBBORN, WAITING, ENDLESS, ENDLESS]
            handles = await asyncio.gather(*(start_and_wait(attempt, code) for code in codes))
            await handles[0].send_input("\n")
            await handles[1].send_input("\n")
            await handles[2].stop()
            await handles[3].end_input()
            await handles[4].aclose()
            await handles[5].stop()
            done = await asyncio.gather(*(attempt.follow(handle, *ANY_END) for handle in handles))
            assert [each.reason for each in done] == [
                *("finished", "failed", "stopped", "failed", "abandoned", "stopped")
            ]


@case("H2")
async def test_more_programs_than_places_stand_in_line_and_then_are_refused(small: Trial) -> None:
    async with small.attempt(BRIEF) as attempt:
        running = await start_and_wait(attempt)
        waiting = [await attempt.start(f"print({number})") for number in range(3)]
        assert [await anext(handle) for handle in waiting] == [Queued(1), Queued(2), Queued(3)]
        for _ in range(5):
            with pytest.raises(Refused) as caught:
                await small.client.start(Job("print('never')"))
            assert (caught.value.code, caught.value.field) == ("busy", None)
        await running.send_input("\n")
        done = [await attempt.follow(handle, "finished") for handle in (running, *waiting)]
    assert [each.printed() for each in done[1:]] == ["0\n", "1\n", "2\n"]
    positions = [piece.position for piece in done[3].pieces if isinstance(piece, Queued)]
    assert positions == sorted(set(positions), reverse=True)


@pytest.fixture
async def four(bubblewrap: str) -> AsyncIterator[Trial]:
    runner = EmbeddedRunner(runs=4, waiting=12)
    yield await new_trial(runner)
    await asyncio.to_thread(runner.close)


@case("H3")
async def test_a_short_run_does_not_wait_for_the_long_ones_before_it(four: Trial) -> None:
    """Eight long runs take all the places they may have and the front of the line."""
    async with four.attempt(Limits(wall_s=60)) as slow, four.attempt(Limits(wall_s=2)) as quick:
        long_runs = [await slow.start(WAITING, interactive=True, owner=f"long {n}") for n in range(8)]
        short = await quick.start(WAITING, interactive=True, owner="short")
        await until_printed(short, "up")
        behind = await quick.start("print('mine')", owner="another")
        assert isinstance(await anext(behind), Queued)
        await short.send_input("\n")
        await quick.follow(short, "finished")
        assert (await quick.follow(behind, "finished")).printed() == "mine\n"
        for handle in long_runs:
            await handle.aclose()


@case("H3")
async def test_who_used_little_goes_before_who_used_much(small: Trial) -> None:
    async with small.attempt(BRIEF) as attempt:
        busy = await attempt.start("print('up', flush=True)\nimport time; time.sleep(1.5)", owner="much")
        await attempt.follow(busy, "finished")
        running = await start_and_wait(attempt)
        again = await attempt.start("print('again')", owner="much")
        first = await attempt.start("print('first')", owner="little")
        assert [await anext(first), await anext(again)] == [Queued(1), Queued(1)]
        await running.send_input("\n")
        order: list[str] = []

        async def note(handle: RunHandle) -> None:
            order.append((await attempt.follow(handle, "finished")).printed())

        await asyncio.gather(note(again), note(first))
        await attempt.follow(running, "finished")
    assert order == ["first\n", "again\n"]


@case("H4")
async def test_refusals_take_no_place_and_free_none(small: Trial) -> None:
    async with small.attempt(BRIEF) as attempt:
        running = await start_and_wait(attempt)
        waiting = [await attempt.start(WAITING, interactive=True) for _ in range(3)]
        bad = [run_request(1), run_request(interpreter="2.7"), run_request(network=1), {"type": "stop"}]
        requests = [*bad, run_request("print('too many')")] * 10
        told = await asyncio.gather(*(exchange(small.socket_path, request) for request in requests))
        assert [messages[0]["type"] for messages in told] == ["refused"] * len(requests)
        assert [messages[0]["code"] for messages in told[4::5]] == ["busy"] * 10
        for handle in (*waiting, running):
            await handle.stop()
            await attempt.follow(handle, "stopped")
        again = await start_and_wait(attempt)
        second = await attempt.start("print('second')")
        assert await anext(second) == Queued(1)
        await again.send_input("\n")
        await attempt.follow(again, "finished")
        await attempt.follow(second, "finished")


@case("H5")
async def test_words_before_a_start_are_refused(trial: Trial) -> None:
    words: list[Message] = [
        {"type": "stop"},
        {"type": "input", "text": "x"},
        {"type": "input_end"},
        {"type": "signal", "signal": "KILL"},
        {"type": "started"},
    ]
    async with trial.attempt(BRIEF):
        for word in words:
            (answer,) = await exchange(trial.socket_path, word)
            assert (answer["type"], answer["code"], answer["field"]) == ("refused", "unknown_type", "type")


@case("H5")
async def test_no_start_at_all_costs_nothing(trial: Trial) -> None:
    async with trial.attempt(BRIEF):
        for beginning in (b"", b'{"type": "run"', b"\n"[:0], b"x" * 1000):
            for _ in range(10):
                async with connected(trial.socket_path) as raw:
                    await raw.send(beginning)


@case("H5")
async def test_wrong_words_after_a_start_end_that_run_only(trial: Trial) -> None:
    words: list[bytes | Message] = [
        run_request("print('second')"),
        {"type": "describe"},
        {"type": "stop", "signal": 9},
        {"type": "stop", "run": 1},
        {"type": "signal", "signal": "SIGKILL"},
        {"type": "input", "text": "x", "stream": "stdout"},
        {"type": "input", "text": 1},
        {"type": "output", "stream": "stderr", "text": "x"},
        {"type": "events", "events": []},
        b"\xff\n",
        b"x" * 2_000_000 + b"\n",
    ]
    async with trial.attempt(BRIEF) as attempt:
        beside = await start_and_wait(attempt)
        for word in words:
            async with connected(trial.socket_path) as raw:
                await raw.send(run_request(ENDLESS, interactive=True))
                assert (await raw.receive())["type"] == "started", word
                await raw.send(word)
                messages = await raw.rest()
            ends = [message["reason"] for message in messages if message["type"] == "end"]
            assert ends in ([], ["abandoned"]), (repr(word)[:100], messages)
        await beside.send_input("\n")
        await attempt.follow(beside, "finished")


@case("H5")
async def test_input_for_a_program_that_takes_none_ends_that_run(trial: Trial) -> None:
    async with trial.attempt(BRIEF), connected(trial.socket_path) as raw:
        await raw.send(run_request(ENDLESS))
        assert (await raw.receive())["type"] == "started"
        await raw.send({"type": "input", "text": "x"})
        messages = await raw.rest()
    assert [message["reason"] for message in messages if message["type"] == "end"] in ([], ["abandoned"])


@case("H6")
async def test_a_closed_connection_kills_its_run_and_frees_the_place(small: Trial) -> None:
    for code in (ENDLESS, STUBBORN, WAITING):
        async with small.attempt(BRIEF) as attempt:
            running = await start_and_wait(attempt, code)
            waiting = await attempt.start("print('mine')")
            assert await anext(waiting) == Queued(1)
            closed_at = time.monotonic()
            await running.aclose()
            async for piece in waiting:
                if isinstance(piece, Started):
                    break
            assert time.monotonic() - closed_at < GONE_WITHIN_S
            await attempt.follow(waiting, "finished")


@case("H6")
async def test_a_connection_closed_in_line_leaves_the_line(small: Trial) -> None:
    async with small.attempt(BRIEF) as attempt:
        running = await start_and_wait(attempt)
        first, second = [await attempt.start("print('mine')") for _ in range(2)]
        assert [await anext(first), await anext(second)] == [Queued(1), Queued(2)]
        await first.aclose()
        assert await anext(second) == Queued(1)
        await running.send_input("\n")
        await attempt.follow(running, "finished")
        assert (await attempt.follow(second, "finished")).printed() == "mine\n"


@case("H7")
async def test_stop_is_int_then_term_then_kill_each_told(trial: Trial) -> None:
    async with trial.attempt(BRIEF) as attempt:
        handle = await start_and_wait(attempt, STUBBORN)
        await handle.stop()
        done = await soon(asyncio.ensure_future(attempt.follow(handle, "stopped")))
    assert done.signals == ["INT", "TERM", "KILL"]
    numbers = [number for number in re.findall(r"\d+", done.printed()) if number in ("2", "15")]
    assert (numbers, done.outcome.exit) == (["2", "15"], None)


@case("H7")
@pytest.mark.parametrize(
    "code",
    [
        "import os, signal\nprint('up', flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import os\nif os.fork(): os.wait()\nos.setsid()\nprint('up', flush=True)\nwhile True: pass",
        "print('up', flush=True)\n10 ** 10 ** 9",
        "from threading import *\nprint('up', flush=True)\nThread(target=Event().wait).start()",
        "print('up', flush=True)\nwhile True:\n  try: input()\n  except BaseException: pass",
    ],
    ids=["stopped itself", "left its parent", "a long C call", "a thread that goes on", "catches all"],
)
async def test_stop_ends_whatever_the_program_does(trial: Trial, code: str) -> None:
    async with trial.attempt(BRIEF) as attempt:
        handle = await attempt.start(code)
        await until_printed(handle, "up")
        await handle.stop()
        done = await soon(asyncio.ensure_future(attempt.follow(handle, "stopped")))
    assert done.signals == ["INT", "TERM", "KILL"][: len(done.signals)]
