"""A: programs that want more time than they have."""

from math import nan
from typing import Any

import pytest

from studyapp.sandbox.jobs import JobError, Limits
from studyapp.sandbox.limits import MIB, RANGES
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.raw import Message, exchange, run_request
from tests.sandbox.abuse.trial import Trial

LONG = Limits(wall_s=60, cpu_s=60)
SHORT_CPU = Limits(wall_s=20, cpu_s=0.4)
SHORT_WALL = Limits(wall_s=0.9)


@case("A1")
async def test_a_busy_loop_is_ended(trial: Trial) -> None:
    done = await trial.ends("cpu_limit", "while True: pass", limits=SHORT_CPU)

    assert done.outcome.cpu_s >= 0.4


@case("A2")
async def test_a_sleep_past_the_limit_is_ended(trial: Trial) -> None:
    code = "import time; print('before'); time.sleep(60); print('after')"

    done = await trial.ends("wall_limit", code, limits=SHORT_WALL)

    assert done.printed() == "before\n"
    assert done.outcome.wall_s >= 0.9


@case("A3")
async def test_either_kind_of_time_has_its_own_name(trial: Trial) -> None:
    fork = "import os; [os.fork() for _ in range(2)]\n"
    await trial.ends("cpu_limit", fork + "while True: pass", limits=SHORT_CPU)
    await trial.ends("wall_limit", fork + "import time; time.sleep(60)", limits=SHORT_WALL)
    await trial.ends("wall_limit", "while True: pass", limits=SHORT_WALL)


@case("A4")
async def test_a_raised_limit_holds_for_its_own_run(trial: Trial) -> None:
    code = f"import os; os.write(1, b'x' * {2 * MIB})"

    done = await trial.ends("finished", code, limits=Limits(output_bytes=3 * MIB))

    assert len(done.printed()) == 2 * MIB
    await trial.ends("output_limit", code, limits=Limits())


@case("A4")
async def test_no_limit_can_be_raised_over_its_maximum(trial: Trial) -> None:
    async with trial.attempt(Limits()):
        for name, (_, most) in RANGES.items():
            assert await refusal(trial, run_request("pass", limits={name: most + 1})) == limit_named(name)


@case("A5")
@pytest.mark.parametrize("value", ["0", "-1", "1e999", "-1e999", "1e300", str(10**30)])
async def test_an_odd_limit_is_refused_and_named(trial: Trial, value: str) -> None:
    async with trial.attempt(Limits()):
        for name in RANGES:
            request = b'{"type":"run","job":{"code":"pass","limits":{"%s":%s}}}\n'
            answer = await refusal(trial, request % (name.encode(), value.encode()))
            assert answer == limit_named(name)


@case("A5")
async def test_a_limit_that_is_no_number_of_json_is_refused(trial: Trial) -> None:
    with pytest.raises(JobError, match="wall_s"):
        Limits(wall_s=nan)
    async with trial.attempt(Limits()):
        for word in (b"NaN", b"Infinity", b"-Infinity"):
            request = b'{"type":"run","job":{"code":"pass","limits":{"wall_s":%s}}}\n' % word
            assert await refusal(trial, request) == ("bad_json", None)


@case("A6")
@pytest.mark.parametrize("value", ["1", "", None, True, [], {}, [1], {"wall_s": 1}])
async def test_a_limit_that_is_no_number_is_refused_and_named(trial: Trial, value: Any) -> None:
    async with trial.attempt(Limits()):
        for name in RANGES:
            assert await refusal(trial, run_request("pass", limits={name: value})) == limit_named(name)


async def refusal(trial: Trial, request: bytes | Message) -> tuple[str, str | None]:
    """Code and field of the one answer to the request, which must be a refusal."""
    (answer,) = await exchange(trial.socket_path, request)
    assert answer["type"] == "refused"
    assert answer["message"]
    return answer["code"], answer["field"]


def limit_named(name: str) -> tuple[str, str]:
    return "bad_field", f"limits.{name}"


@case("A7")
async def test_reading_random_bytes_for_ever_is_ended(trial: Trial) -> None:
    code = "source = open('/dev/urandom', 'rb', 0)\nwhile True: source.read(1 << 16)"

    await trial.ends("cpu_limit", code, limits=SHORT_CPU)


@case("A7")
async def test_reading_random_bytes_into_memory_is_ended(trial: Trial) -> None:
    limits = Limits(wall_s=30, cpu_s=30, memory_bytes=64 * MIB)

    await trial.ends("memory_limit", "open('/dev/urandom', 'rb').read()", limits=limits)


DEAF = """
import signal, time
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
print('up', flush=True)
while True: time.sleep(1)
"""
FROZEN = """
import os, signal, time
for _ in range(3):
    child = os.fork()
    if not child: os.kill(os.getpid(), signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
print('up', flush=True)
time.sleep(0.1)
os.kill(os.getpid(), signal.SIGSTOP)
"""
LONG_CALL = "print('up', flush=True)\nsum(range(10 ** 15))"
UNCANCELLABLE = """
import asyncio
async def stay():
    print('up', flush=True)
    while True:
        try: await asyncio.sleep(60)
        except BaseException: pass
asyncio.run(stay())
"""


@case("A8")
async def test_a_program_deaf_to_signals_is_ended(trial: Trial) -> None:
    await trial.ends("wall_limit", DEAF, limits=SHORT_WALL)
    assert (await trial.stops(DEAF, limits=LONG)).signals == ["INT", "TERM", "KILL"]


@case("A9")
async def test_a_frozen_program_is_ended(trial: Trial) -> None:
    await trial.ends("wall_limit", FROZEN, limits=SHORT_WALL)
    await trial.stops(FROZEN, limits=LONG)


@case("A10")
async def test_a_call_that_never_looks_for_signals_is_ended(trial: Trial) -> None:
    await trial.ends("cpu_limit", LONG_CALL, limits=SHORT_CPU)
    await trial.stops(LONG_CALL, limits=LONG)


@case("A11")
async def test_an_orphan_that_holds_stdout_ends_with_its_program(trial: Trial) -> None:
    """The program is over when its own process is, though the pipe is still open."""
    code = (
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork(): os._exit(0)\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    while True: time.sleep(60)\n"
        "os.wait(); print('over')"
    )

    done = await trial.ends("finished", code, limits=Limits(wall_s=10))

    assert done.printed() == "over\n"


@case("A12")
async def test_a_program_that_closed_its_streams_is_ended(trial: Trial) -> None:
    closed = "import os, time; os.close(1); os.close(2)\n"
    await trial.ends("cpu_limit", closed + "while True: pass", limits=SHORT_CPU)
    await trial.ends("wall_limit", closed + "time.sleep(60)", limits=SHORT_WALL)


@case("A12")
async def test_a_program_that_closed_every_descriptor_is_ended(trial: Trial) -> None:
    code = "import os, time; os.closerange(0, 1024); time.sleep(60)"

    await trial.ends("wall_limit", code, limits=SHORT_WALL)


PARTIAL = """
import ctypes, os, sys, time
print('partial', end='')
print('said', end='', file=sys.stderr)
"""


@case("A13")
async def test_what_was_printed_before_a_limit_is_delivered(trial: Trial) -> None:
    tries = {
        "while True: pass": ("cpu_limit", SHORT_CPU),
        "time.sleep(60)": ("wall_limit", SHORT_WALL),
        "sys.stdout.flush(); os.kill(os.getpid(), 19)": ("wall_limit", SHORT_WALL),
        "hold = [b'x' * (1 << 20) for _ in range(1000)]": ("memory_limit", Limits(memory_bytes=64 * MIB)),
        "os._exit(0)": ("finished", Limits()),
    }
    for rest, (reason, limits) in tries.items():
        done = await trial.ends(reason, PARTIAL + rest, limits=limits)
        assert (done.printed(), done.printed("stderr")[:4]) == ("partial", "said")


@case("A13")
@pytest.mark.parametrize("rest", ["os.kill(os.getpid(), 9)", "ctypes.string_at(0)", "os.abort()"])
async def test_what_was_printed_before_a_sudden_death_is_delivered(trial: Trial, rest: str) -> None:
    done = await trial.ends("failed", PARTIAL + rest, limits=Limits())

    assert (done.printed(), done.printed("stderr")[:4]) == ("partial", "said")


@case("A13")
async def test_what_a_child_printed_before_the_limit_is_delivered(trial: Trial) -> None:
    code = (
        "import subprocess, sys\n"
        'child = \'import time; print("partial", end=""); time.sleep(60)\'\n'
        "subprocess.run([sys.executable, '-c', child])"
    )

    done = await trial.ends("wall_limit", code, limits=Limits(wall_s=1.5))

    assert done.printed() == "partial"


@case("A14")
async def test_a_blocked_event_loop_is_ended(trial: Trial) -> None:
    code = (
        "import asyncio, time\n"
        "async def block(): time.sleep(60)\n"
        "async def main():\n"
        "    async with asyncio.timeout(0.1): await block()\n"
        "asyncio.run(main())"
    )

    await trial.ends("wall_limit", code, limits=SHORT_WALL)


@case("A15")
async def test_a_task_that_will_not_be_cancelled_is_ended(trial: Trial) -> None:
    await trial.ends("wall_limit", UNCANCELLABLE, limits=SHORT_WALL)
    await trial.stops(UNCANCELLABLE, limits=LONG)


@case("A16")
async def test_what_keeps_python_from_ending_is_ended(trial: Trial) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nprint('end')"
    handler = "import atexit, time\natexit.register(time.sleep, 60)\nprint('end')"
    pool = (
        "from concurrent.futures import ThreadPoolExecutor\nimport time\n"
        "ThreadPoolExecutor().submit(time.sleep, 60)\nprint('end')"
    )

    runs = await trial.each_ends("wall_limit", thread, handler, pool, limits=SHORT_WALL)

    assert [done.printed() for done in runs] == ["end\n"] * 3
