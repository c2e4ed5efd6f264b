"""B4 to B6: memory that belongs to no process alone, or to a file, or to nobody that can be seen."""

import pytest

from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial

SMALL = Limits(wall_s=12, cpu_s=12, memory_bytes=64 * MIB)
SHARED = """
import mmap, os, time
def take(size):
    space = mmap.mmap(-1, size, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    for start in range(0, size, 4096): space[start] = 1
    return space
"""


@case("B4")
@pytest.mark.parametrize(
    "rest",
    [
        "space = take(150 << 20)\ntime.sleep(60)",
        "for _ in range(5):\n    if os.fork() == 0: space = take(30 << 20); time.sleep(60)\ntime.sleep(60)",
        "spaces = []\nwhile True: spaces.append(take(1 << 20))",
    ],
    ids=["one", "in children", "many"],
)
async def test_shared_anonymous_memory_counts(trial: Trial, rest: str) -> None:
    await trial.ends("memory_limit", SHARED + rest, limits=SMALL)


@case("B4")
async def test_shared_memory_out_of_the_page_tables_counts(trial: Trial) -> None:
    """MADV_DONTNEED takes shared pages out of every table of the process, and frees none of them."""
    rest = (
        "spaces = []\n"
        "for _ in range(24):\n"
        "    spaces.append(take(8 << 20))\n"
        "    spaces[-1].madvise(mmap.MADV_DONTNEED)\n"
        "time.sleep(60)"
    )

    await trial.ends("memory_limit", SHARED + rest, limits=SMALL)


@case("B4")
async def test_memory_shared_honestly_counts_once(trial: Trial) -> None:
    rest = (
        "space = take(40 << 20)\n"
        "children = [os.fork() for _ in range(2)]\n"
        "assert sum(space[::4096]) == 10240\n"
        "time.sleep(0.5)\n"
        "if all(children): print('held')"
    )
    limits = Limits(wall_s=60, cpu_s=60, memory_bytes=120 * MIB)

    await trial.works(SHARED + rest, "held\n", limits=limits)


NAMED = """
from multiprocessing.shared_memory import SharedMemory
def fill(size, *, touched):
    memory = SharedMemory(create=True, size=size)
    for start in range(0, touched, 4096): memory.buf[start] = 1
    memory.close(); memory.unlink()
    print('had')
"""
SMALL_DISK = Limits(wall_s=30, disk_bytes=8 * MIB)


@case("B5")
async def test_shared_memory_within_the_disk_limit_works(trial: Trial) -> None:
    code = NAMED + f"fill({7 * MIB}, touched={7 * MIB})\n" * 3

    await trial.works(code, "had\n" * 3, limits=SMALL_DISK)


@case("B5")
async def test_shared_memory_beyond_the_disk_limit_is_ended(trial: Trial) -> None:
    code = NAMED + f"fill({12 * MIB}, touched={12 * MIB})"

    done = await trial.ends("disk_limit", code, limits=SMALL_DISK)

    assert done.printed() == ""


@case("B5")
async def test_sparse_shared_memory_takes_only_what_is_touched(trial: Trial) -> None:
    """It may be had if it is not larger than any file may be; a petabyte may not."""
    little = NAMED + f"fill({15 * MIB}, touched=4096)"
    absurd = NAMED + "try: fill(1 << 50, touched=4096)\nexcept (OSError, MemoryError): print('refused')"

    assert (await trial.ends("finished", little, limits=SMALL_DISK)).printed() == "had\n"
    assert (await trial.ends("finished", absurd, limits=SMALL_DISK)).printed() == "refused\n"


@case("B6")
@pytest.mark.parametrize(
    "make",
    [
        "os.memfd_create('hidden')",
        "os.memfd_create('hidden', os.MFD_HUGETLB)",
        "check(ctypes.CDLL(None, use_errno=True).syscall(447, 0))",
        "os.open('/tmp', os.O_TMPFILE | os.O_RDWR)",
        "os.open('/dev/shm', os.O_TMPFILE | os.O_RDWR)",
    ],
    ids=["memfd", "huge pages", "memfd_secret", "unnamed in /tmp", "unnamed in /dev/shm"],
)
async def test_a_file_without_a_name_counts(trial: Trial, make: str) -> None:
    """Refused, or held to the limit of memory or disk like any other."""
    code = (
        "import ctypes, mmap, os, time\n"
        "def check(fd):\n"
        "    if fd < 0: raise OSError(ctypes.get_errno(), 'refused')\n"
        "    return fd\n"
        "keep = []\n"
        "try:\n"
        "    for _ in range(12):\n"
        f"        file = {make}\n"
        "        os.truncate(file, 8 << 20)\n"
        "        os.posix_fallocate(file, 0, 8 << 20)\n"
        "        keep.append(mmap.mmap(file, 8 << 20))\n"
        "        keep[-1].write(b'x' * (8 << 20))\n"
        "except OSError: print('refused'); raise SystemExit\n"
        "time.sleep(60)"
    )

    done = await trial.ends(("finished", "memory_limit"), code, limits=SMALL)

    assert (done.reason == "finished") == (done.printed() == "refused\n")


@case("B6")
async def test_files_in_flight_between_sockets_count(trial: Trial) -> None:
    """A file sent through a socket and closed is in no process's table of open files."""
    code = (
        "import os, socket, time\n"
        "keep = []\n"
        "try:\n"
        "    for _ in range(24):\n"
        "        left, right = socket.socketpair()\n"
        "        file = os.memfd_create('hidden')\n"
        "        os.write(file, b'x' * (8 << 20))\n"
        "        socket.send_fds(left, [b'.'], [file]); os.close(file)\n"
        "        keep.append((left, right))\n"
        "except OSError: print('refused'); raise SystemExit\n"
        "time.sleep(60)"
    )

    done = await trial.ends(("finished", "memory_limit"), code, limits=SMALL)

    assert (done.reason == "finished") == (done.printed() == "refused\n")
