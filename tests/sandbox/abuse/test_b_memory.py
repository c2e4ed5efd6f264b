"""B: programs that want more memory than they have, openly or where it is hard to see."""

from pathlib import Path

import pytest

from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.marks import cannot_test, case
from tests.sandbox.abuse.trial import Trial

SMALL = Limits(wall_s=12, cpu_s=12, memory_bytes=64 * MIB)
SWAPS = Path("/proc/swaps").read_text().splitlines()[1:]


@case("B1")
async def test_one_huge_allocation_is_refused(trial: Trial) -> None:
    refused = "bytearray(1 << 40)", "[None] * (1 << 36)", "import mmap; mmap.mmap(-1, 1 << 40)[0]"
    for code in refused[:2]:
        done = await trial.ends("memory_limit", code, limits=SMALL)
        assert done.outcome.error is not None
        assert done.outcome.error["type"] == "MemoryError"
    caught = f"try: {refused[2]}\nexcept (OSError, MemoryError): print('refused')"
    assert (await trial.ends("finished", caught, limits=SMALL)).printed() == "refused\n"


@case("B1")
async def test_an_allocation_of_more_than_the_limit_is_ended(trial: Trial) -> None:
    code = "hold = b'x' * (200 << 20); import time; time.sleep(60)"

    await trial.ends("memory_limit", code, limits=SMALL)


@case("B2")
async def test_memory_of_many_children_is_one_sum(trial: Trial) -> None:
    code = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0: break\n"
        "hold = os.urandom(20 << 20)\n"
        "time.sleep(60)"
    )

    await trial.ends("memory_limit", code, limits=SMALL)


@case("B2")
async def test_memory_moved_from_child_to_child_is_still_one_sum(trial: Trial) -> None:
    """Each child fills its memory, and ends when the next one has done so."""
    code = (
        "import os, time\n"
        "while True:\n"
        "    read, write = os.pipe()\n"
        "    if os.fork() == 0:\n"
        "        hold = os.urandom(40 << 20)\n"
        "        os.write(write, b'.'); time.sleep(0.2); os._exit(0)\n"
        "    os.read(read, 1); os.close(read); os.close(write)"
    )

    await trial.ends("memory_limit", code, limits=SMALL)


@case("B3")
async def test_each_run_has_a_limit_of_its_own(trial: Trial) -> None:
    code = "import time\nhold = b'x' * (60 << 20)\ntime.sleep(0.5)\nprint(len(hold))"
    limits = Limits(wall_s=60, cpu_s=60, memory_bytes=96 * MIB)

    runs = await trial.each_ends("finished", *[code] * 4, limits=limits)

    assert [done.printed() for done in runs] == [f"{60 * MIB}\n"] * 4


@case("B7")
async def test_memory_pushed_out_to_swap_counts(trial: Trial) -> None:
    if not SWAPS:
        cannot_test("B7", "this host has no swap")
    pageout = 21
    code = (
        "import mmap, time\n"
        "spaces = []\n"
        "for _ in range(24):\n"
        "    spaces.append(mmap.mmap(-1, 8 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))\n"
        "    spaces[-1].write(b'x' * (8 << 20))\n"
        f"    spaces[-1].madvise({pageout})\n"
        "time.sleep(60)"
    )

    await trial.ends("memory_limit", code, limits=SMALL)


@case("B8")
@pytest.mark.parametrize(
    "code",
    [
        "def dive(): dive()\ndive()",
        "def dive(x): sorted([x], key=dive)\ndive(0)",
        "class Deep:\n    def __getattr__(self, name): return getattr(self, name + '')\nDeep().x",
        "nest = []\nfor _ in range(10 ** 6): nest = [nest]\nrepr(nest)",
    ],
    ids=["python", "through C", "attributes", "repr"],
)
async def test_recursion_without_end_is_ended(trial: Trial, code: str) -> None:
    lifted = f"import sys\nsys.setrecursionlimit(2 ** 31 - 1)\n{code}"

    done = await trial.ends(("memory_limit", "failed"), lifted, limits=SMALL)

    if done.reason == "failed":
        assert done.outcome.error is not None
        assert (
            done.outcome.error["msg"] == "killed by SIGSEGV" or done.outcome.error["type"] == "RecursionError"
        )


@case("B9")
async def test_a_slow_leak_is_ended(trial: Trial) -> None:
    code = "import time\nhold = []\nwhile True: hold.append(b'x' * 300_000); time.sleep(0.002)"

    await trial.ends("memory_limit", code, limits=SMALL)


ZIP_BOMB = """
import zlib
pack = zlib.compressobj(1)
bomb = b''.join([*(pack.compress(bytes(1 << 20)) for _ in range(200)), pack.flush()])
zlib.decompress(bomb)
"""


@case("B10")
@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("cpu_limit", "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')"),
        ("cpu_limit", "3 ** (10 ** 9)"),
        ("memory_limit", "1 << (1 << 40)"),
        ("memory_limit", ZIP_BOMB),
    ],
    ids=["regular expression", "power", "shift", "zip"],
)
async def test_a_small_program_that_explodes_is_ended(trial: Trial, reason: str, code: str) -> None:
    cpu_s = 0.5 if reason == "cpu_limit" else 30

    await trial.ends(reason, code, limits=Limits(wall_s=60, cpu_s=cpu_s, memory_bytes=64 * MIB))


@case("B12")
async def test_a_program_near_its_limit_can_start_another(trial: Trial) -> None:
    code = (
        "import os, subprocess, sys\n"
        "hold = b'x' * (170 << 20)\n"
        "print(subprocess.check_output([sys.executable, '-c', 'print(1)'], text=True), end='')\n"
        "child = os.posix_spawn(sys.executable, [sys.executable, '-c', 'print(2)'], os.environ)\n"
        "os.waitpid(child, 0)\n"
        "if os.fork() == 0: os.write(1, b'3\\n'); os._exit(0)\n"
        "os.wait()"
    )

    done = await trial.ends("finished", code, limits=Limits(wall_s=60, memory_bytes=256 * MIB))

    assert sorted(done.printed()) == sorted("1\n2\n3\n")
