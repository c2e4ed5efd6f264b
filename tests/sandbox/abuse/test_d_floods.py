"""D, the amount: programs that say more than they may, or more than anybody reads."""

import asyncio
from pathlib import Path

import pytest

from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.floods import FLAT_BYTES, growth_bytes
from tests.sandbox.abuse.footprint import find_server, processes_in_jail_with, resident_bytes
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import LOOK_EVERY_S, Trial
from tests.sandbox.helpers import Run

STILL_FOR_LOOKS = 20


def cuts(done: Run) -> dict[str, int]:
    """How much was cut of what, by what was told last."""
    return {cut["reason"]: cut["n"] for cut in done.named("dropped")}


async def flood_is_cut(trial: Trial, stream: str, *, traced: bool) -> None:
    limits = Limits(wall_s=30, cpu_s=30, output_bytes=200_005)
    code = f"import sys\nwhile True: sys.{stream}.write('0123456789' * 100 + '\\n')"

    done = await trial.ends("output_limit", code, limits=limits, traced=traced)

    said = done.printed(stream)
    assert len(said) == 200_005
    assert set(said.split("\n")[:-1]) == {"0123456789" * 100}
    assert any(stream in what and count > 0 for what, count in cuts(done).items())


@case("D1")
@pytest.mark.parametrize("traced", [True, False])
async def test_a_flood_on_stdout_is_cut(trial: Trial, *, traced: bool) -> None:
    await flood_is_cut(trial, "stdout", traced=traced)


@case("D3")
@pytest.mark.parametrize("traced", [True, False])
async def test_a_flood_on_stderr_is_cut(trial: Trial, *, traced: bool) -> None:
    await flood_is_cut(trial, "stderr", traced=traced)


@case("D2")
@pytest.mark.parametrize(
    "code",
    [
        "import os\nleft = memoryview(bytes(200_000_000))\nwhile left: left = left[os.write(1, left):]",
        "print('x' * 200_000_000, end='')",
    ],
    ids=["bytes", "text"],
)
async def test_200_megabytes_without_a_line_end_leave_the_runner_as_it_was(trial: Trial, code: str) -> None:
    limits = Limits(wall_s=60, cpu_s=60, memory_bytes=1024 * MIB, output_bytes=4 * MIB)

    assert await growth_bytes(trial, ("output_limit",), code, limits) < FLAT_BYTES


@case("D4")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("traced", [True, False])
async def test_the_cut_is_where_the_limit_is(trial: Trial, stream: str, *, traced: bool) -> None:
    limits = Limits(output_bytes=50_000)
    code = f"import sys\nsys.{stream}.write('x' * 50_000{{}})"

    whole = await trial.ends("finished", code.format(""), limits=limits, traced=traced)
    over = await trial.ends("output_limit", code.format(" + 'é'"), limits=limits, traced=traced)

    assert (whole.printed(stream), cuts(whole)) == ("x" * 50_000, {})
    assert over.printed(stream) == "x" * 50_000
    assert [count for what, count in cuts(over).items() if stream in what] == [2]


@case("D5")
@pytest.mark.parametrize("traced", [True, False])
async def test_two_and_a_half_megabytes_on_each_stream_arrive(trial: Trial, *, traced: bool) -> None:
    code = (
        "import sys\nfor i in range(25):\n  for s in sys.stdout, sys.stderr: s.write(chr(97 + i) * 100_000)"
    )
    expected = "".join(chr(97 + i) * 100_000 for i in range(25))
    limits = Limits(wall_s=60, cpu_s=60, output_bytes=2_500_000)

    done = await trial.ends("finished", code, limits=limits, traced=traced)

    assert done.printed() == expected
    assert done.printed("stderr") == expected
    assert cuts(done) == {}


@case("D14")
@pytest.mark.parametrize(
    "code",
    [
        "import os\nfor _ in range(100_000): os.write(1, b'ab')",
        "for _ in range(30_000): print('ab', end='')",
        "import sys\nfor _ in range(30_000): sys.stdout.write('ab'); sys.stdout.flush()",
    ],
    ids=["writes", "prints", "flushes"],
)
async def test_tiny_writes_become_few_events(trial: Trial, code: str) -> None:
    done = await trial.ends("finished", code, limits=Limits(wall_s=60, cpu_s=60))

    assert set(done.printed().split("ab")) == {""}
    assert len(done.printed()) in (60_000, 200_000)
    assert len(done.events) < 1000


@case("D15")
@pytest.mark.parametrize("traced", [True, False])
async def test_a_program_waits_for_a_reader_that_does_not_read(trial: Trial, *, traced: bool) -> None:
    code = "import sys\nfor i in range(200): sys.stdout.write('%05d' % i * 10_000)"
    limits = Limits(wall_s=60, cpu_s=60, output_bytes=16 * MIB, event_bytes=50_000_000)
    await trial.ends("finished", code, limits=limits, traced=traced)
    server = find_server(trial.socket_path)
    before = resident_bytes(server)

    async with trial.attempt(limits) as attempt:
        handle = await attempt.start(code, traced=traced)
        await until_still(attempt.filenames[0])
        growth = resident_bytes(server) - before
        await trial.check_next_run()
        assert processes_in_jail_with(attempt.filenames[0]), "it did not wait"
        done = await attempt.follow(handle, "finished")

    assert growth < FLAT_BYTES
    assert done.printed() == "".join(f"{i:05}" * 10_000 for i in range(200))


async def until_still(filename: str) -> None:
    """Returns when the program's processes are there and have used no processor time for a while."""
    before, still = -1, 0
    while still < STILL_FOR_LOOKS:
        await asyncio.sleep(LOOK_EVERY_S)
        pids = processes_in_jail_with(filename)
        now = sum(map(processor_ticks, pids)) if pids else -1
        before, still = now, still + 1 if now == before >= 0 else 0


def processor_ticks(pid: int) -> int:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(words[11]) + int(words[12])
