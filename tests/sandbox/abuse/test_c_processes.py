"""C: programs that want more processes than they have, or those of others."""

import asyncio
import os

import pytest

from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial

FEW = Limits(wall_s=30, cpu_s=30, memory_bytes=1024 * MIB, processes=20)


@case("C1")
@pytest.mark.parametrize(
    "code",
    [
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "import os\nwhile True: os.fork()",
        "import os, time\nwhile os.fork(): pass\ntime.sleep(60)",
        "import subprocess, sys\nwhile True: subprocess.Popen([sys.executable, __file__], process_group=0)",
    ],
    ids=["caught", "uncaught", "wide", "programs"],
)
async def test_a_fork_bomb_is_ended(trial: Trial, code: str) -> None:
    await trial.ends("process_limit", code, limits=FEW)


@case("C1")
async def test_a_fork_bomb_is_ended_with_the_limits_that_learners_have(trial: Trial) -> None:
    code = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"

    await trial.ends(("process_limit", "cpu_limit"), code, limits=Limits())


@case("C1")
async def test_a_chain_of_forks_ends_with_its_first_link(trial: Trial) -> None:
    """Each process makes the next one and ends: never a crowd, and the program's own process is over."""
    code = "import os\nwhile True:\n    if os.fork(): os._exit(0)"

    await trial.ends("finished", code, limits=FEW)


@case("C2")
async def test_as_many_children_as_allowed_and_then_an_error(trial: Trial) -> None:
    code = (
        "import errno, os, time\n"
        "children = []\n"
        "try:\n"
        "    while True:\n"
        "        child = os.fork()\n"
        "        if not child: time.sleep(60)\n"
        "        children.append(child)\n"
        "except OSError as error:\n"
        "    for child in children: os.kill(child, 9); os.waitpid(child, 0)\n"
        "    print(len(children), errno.errorcode[error.errno])\n"
        "if os.fork() == 0: os._exit(0)\n"
        "os.wait()"
    )

    done = await trial.ends("finished", code, limits=FEW)

    count, error = done.printed().split()
    assert (int(count) in range(18, 22), error) == (True, "EAGAIN")


@case("C3")
@pytest.mark.parametrize("excuse", ["raise", "pass"])
async def test_a_thread_bomb_is_ended(trial: Trial, excuse: str) -> None:
    code = (
        "import threading, time\n"
        "while True:\n"
        "    try: threading.Thread(target=time.sleep, args=(60,)).start()\n"
        f"    except RuntimeError: {excuse}"
    )

    await trial.ends("process_limit", code, limits=FEW)


@case("C5")
async def test_each_run_has_a_process_limit_of_its_own(trial: Trial) -> None:
    code = (
        "import threading\n"
        "latch = threading.Barrier(41)\n"
        "threads = [threading.Thread(target=latch.wait) for _ in range(40)]\n"
        "for thread in threads: thread.start()\n"
        "latch.wait(); print('together')"
    )
    limits = Limits(wall_s=60, processes=48)

    runs = await trial.each_ends("finished", *[code] * 5, limits=limits)

    assert [done.printed() for done in runs] == ["together\n"] * 5


EVERY_SIGNAL = "{number for number in signal.valid_signals()}"
NOT_ONESELF = "pids = {int(name) for name in os.listdir('/proc') if name.isdecimal()} - {os.getpid()}\n"


@case("C6")
@pytest.mark.parametrize(
    "targets",
    ["{-1}", "{1, os.getppid()} - {0}", "pids", f"{{{os.getpid()}, {os.getppid()}}}"],
    ids=["everybody", "the first and the parent", "all in view", "the test itself"],
)
@pytest.mark.parametrize("numbers", [EVERY_SIGNAL, "{9, 19}"], ids=["every signal", "KILL and STOP"])
async def test_signals_reach_nobody_outside(trial: Trial, targets: str, numbers: str) -> None:
    """Whom they reach is the run itself, at most, which it may end and may not keep from ending."""
    code = (
        "import os, signal, time\n"
        f"{NOT_ONESELF}"
        f"for number in {numbers}:\n"
        f"    for target in {targets}:\n"
        "        try: os.kill(target, number)\n"
        "        except (ProcessLookupError, PermissionError): pass\n"
        "print('alive')"
    )

    done = await trial.ends("finished", code, limits=Limits(wall_s=5))

    assert done.printed() == "alive\n"


@case("C6")
async def test_a_program_that_kills_its_own_group_kills_nobody_else(trial: Trial) -> None:
    done = await trial.ends("failed", "import os; os.kill(0, 9)", limits=Limits(wall_s=5))

    assert done.outcome.error is not None
    assert done.outcome.error["msg"] == "killed by SIGKILL"


FIRST_PUT_LAST = """
import os
for put_last in (
    lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
    lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    lambda: os.setpriority(os.PRIO_USER, 0, 19),
):
    try: put_last()
    except PermissionError: print('refused')
for _ in range(32):
    if os.fork() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, 19)
        break
while True: pass
"""


@case("C6")
async def test_a_first_process_that_gets_no_processor_keeps_nobody_alive(trial: Trial) -> None:
    done = await trial.ends("wall_limit", FIRST_PUT_LAST, limits=Limits(wall_s=1, cpu_s=20))

    assert done.printed() == "refused\n"


CHILDREN = """
import os, signal, time
for number in range(100):
    if os.fork() == 0:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        if number % 2: os.kill(os.getpid(), signal.SIGSTOP)
        while True: time.sleep(60)
"""


@case("C7")
@pytest.mark.parametrize(
    ("reason", "end"),
    [("finished", "pass"), ("failed", "1 / 0"), ("failed", "os.abort()"), ("wall_limit", "time.sleep(60)")],
    ids=["finished", "failed", "aborted", "limit"],
)
async def test_no_child_survives_its_program(trial: Trial, reason: str, end: str) -> None:
    await trial.ends(reason, CHILDREN + end, limits=Limits(wall_s=2 if reason == "wall_limit" else 10))


@case("C8")
async def test_a_set_uid_bit_of_ones_own_gives_nothing(trial: Trial) -> None:
    code = (
        "import os, shutil, subprocess\n"
        "for folder in '.', '/tmp', '/dev/shm':\n"
        "    own = shutil.copy('/bin/cat', f'{folder}/cat')\n"
        "    os.chmod(own, 0o6755)\n"
        "    try: status = subprocess.check_output([own, '/proc/self/status'], text=True)\n"
        "    except PermissionError: continue\n"
        "    said = dict(line.split(':\\t', 1) for line in status.splitlines() if ':\\t' in line)\n"
        "    assert set(said['Uid'].split()) == {str(os.getuid())}, said['Uid']\n"
        "    assert {said[f'Cap{kind}'] for kind in ('Prm', 'Eff', 'Bnd')} == {'0' * 16}\n"
        "    assert said['NoNewPrivs'] == '1'\n"
        "    assert os.statvfs(own).f_flag & os.ST_NOSUID\n"
        "    try: os.chown(own, 0, 0)\n"
        "    except OSError: continue\n"
        "    assert False, 'it belongs to root now'\n"
        "print('nothing')"
    )

    await trial.works(code, "nothing\n")


@case("C11")
async def test_another_program_has_the_same_output_and_exit(trial: Trial) -> None:
    await trial.works("import os; os.execv('/bin/sh', ['sh', '-c', 'echo shell'])", "shell\n")
    await trial.works("import subprocess; subprocess.run('echo one; echo two', shell=True)", "one\ntwo\n")


@case("C11")
async def test_another_program_has_the_same_limits(trial: Trial) -> None:
    short = Limits(wall_s=20, cpu_s=0.4, processes=20, output_bytes=10_000)
    shell = "import os\nos.execv('/bin/sh', ['sh', '-c', {!r}])"
    tries = {
        "while :; do :; done": "cpu_limit",
        "while :; do echo yes; done": "output_limit",
        "kill -STOP $$ & exec sleep 60": "wall_limit",
    }
    for line, reason in tries.items():
        limits = short if reason != "wall_limit" else Limits(wall_s=0.9)
        await trial.ends(reason, shell.format(line), limits=limits)


@case("C11")
async def test_nothing_can_be_installed(trial: Trial) -> None:
    code = (
        "import subprocess, sys\n"
        "words = ['-m', 'pip', 'install', '--retries', '0', '--timeout', '2', '--target', 'here', 'idna']\n"
        "done = subprocess.run([sys.executable, *words], capture_output=True)\n"
        "print(done.returncode != 0)"
    )

    assert (await trial.ends("finished", code, limits=Limits(wall_s=60, cpu_s=30))).printed() == "True\n"


@case("C11")
async def test_stop_reaches_a_program_that_became_another(trial: Trial) -> None:
    code = "import os\nos.write(1, b'up\\n')\nos.execv('/bin/sh', ['sh','-c','trap \"\" INT TERM; sleep 60'])"

    await trial.stops(code, limits=Limits(wall_s=60))


@case("C5")
async def test_a_bomb_next_door_is_not_felt(trial: Trial) -> None:
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    honest = "import os\nfor _ in range(100):\n    if os.fork() == 0: os._exit(0)\n    os.wait()"
    async with trial.attempt(FEW) as attempt:
        bombs = [await attempt.start(bomb) for _ in range(2)]
        other = await attempt.start(honest)
        assert (await attempt.follow(other, "finished")).printed("stderr") == ""
        await asyncio.gather(*(attempt.follow(each, "process_limit") for each in bombs))
