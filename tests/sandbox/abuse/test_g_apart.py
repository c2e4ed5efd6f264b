"""G: programs that signal to one another through the kernel, and programs that crash."""

import asyncio

from studyapp.sandbox.jobs import Limits
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.programs import BRIEF, with_calls
from tests.sandbox.abuse.trial import Trial
from tests.sandbox.helpers import until_printed

SHRUNK = "import mmap; f = open('x', 'w+b', 0); f.write(b'.'); m = mmap.mmap(f.fileno(), 1); f.truncate(0)"
FATAL = ("SEGV", "ABRT", "ILL", "BUS", "FPE", "TRAP", "SYS", "KILL", "TERM", "HUP", "USR1", "XCPU")
LOCKS = """
    import fcntl, json, struct, sys
    SHARED, EXCLUSIVE, NOW = fcntl.LOCK_SH, fcntl.LOCK_EX, fcntl.LOCK_NB
    OPEN_FILE_LOCK, LEASE, LEASE_OF = 37, 1024, 1025
    files = [os.__file__, sys.executable, '/etc/passwd', '/dev/null', '/usr/bin/env', '/', '/usr/lib']
    opened = {name: os.open(name, os.O_RDONLY) for name in files}
    def range_lock(kind): return struct.pack('hhlli', kind, 0, 0, 0, 0)
    def take(kind):
        answers = {}
        for name, file in opened.items():
            answers[name] = [
                attempt(fcntl.flock, file, kind | NOW),
                attempt(fcntl.lockf, file, SHARED | NOW),
                attempt(fcntl.fcntl, file, OPEN_FILE_LOCK, range_lock(fcntl.F_RDLCK)),
                attempt(fcntl.fcntl, file, LEASE, fcntl.F_RDLCK),
                attempt(fcntl.fcntl, file, LEASE_OF),
            ]
        return json.dumps(answers)
    for name in '/dev/null', '/dev/zero', '/dev/full': opened[name + ' to write'] = os.open(name, os.O_RDWR)
"""


@case("G18")
async def test_a_lock_in_one_jail_cannot_be_told_in_another(trial: Trial) -> None:
    """What a program is answered must not depend on whether another one holds all the locks it can get."""
    holder = with_calls(LOCKS) + "\ntake(EXCLUSIVE)\nprint('up', flush=True)\ninput()"
    seeker = with_calls(LOCKS) + "\nprint(take(EXCLUSIVE), take(SHARED))"
    async with trial.attempt(BRIEF) as attempt:
        alone = await attempt.follow(await attempt.start(seeker), "finished")
        holding = await attempt.start(holder, interactive=True)
        await until_printed(holding, "up")
        beside = await attempt.follow(await attempt.start(seeker), "finished")
        await holding.aclose()
    assert alone.printed()
    assert beside.printed() == alone.printed()


@case("G20")
async def test_no_core_is_dumped(trial: Trial) -> None:
    code = """
        import resource
        print(open('/proc/self/limits').read().split('Max core file size')[1].split()[:2])
        for size in 0, 1 << 20:
            try: resource.setrlimit(resource.RLIMIT_CORE, (size, size)); print('set')
            except (ValueError, OSError): print('no')
        for number in 6, 11:
            child = os.fork()
            if child == 0: os.kill(os.getpid(), number)
            status = os.waitpid(child, 0)[1]
            print(os.WTERMSIG(status), os.WCOREDUMP(status))
        print(found())
    """
    await trial.works(with_calls(code), "['1', '1']\nno\nno\n6 False\n11 False\n[]\n")


@case("G21")
async def test_a_crash_is_told_by_its_signal(trial: Trial) -> None:
    async with trial.attempt(BRIEF) as attempt:
        for name in FATAL:
            code = f"import os, signal\nprint('up', end='')\nos.kill(os.getpid(), signal.SIG{name})"
            done = await attempt.follow(await attempt.start(code), *crash_reasons(name))
            assert (done.printed(), done.printed("stderr")) == ("up", "")
            error = done.outcome.error
            assert name == "XCPU" or (error is not None and error["msg"] == f"killed by SIG{name}")


def crash_reasons(name: str) -> tuple[str, ...]:
    return ("cpu_limit",) if name == "XCPU" else ("failed",)


@case("G21")
async def test_broken_memory_and_broken_code_hurt_only_their_run(trial: Trial) -> None:
    programs = [
        "import ctypes; ctypes.string_at(0)",
        "import ctypes; ctypes.memset(id(None), 255, 4096)",
        "import os; os.abort()",
        "exec((lambda: 0).__code__.replace(co_code=bytes(range(0, 256, 2)) * 40, co_consts=()))",
        "exec((lambda: 0).__code__.replace(co_code=b'|\\xff' * 100, co_nlocals=0, co_varnames=()))",
        f"{SHRUNK}; m[0]",
        "import marshal; marshal.loads(b'c' + bytes(range(256)))",
    ]
    async with trial.attempt(Limits(wall_s=5)) as attempt:
        done = await asyncio.gather(*(attempt.start(f"print('up')\n{code}") for code in programs))
        for handle in done:
            ended = await attempt.follow(handle, "failed", "memory_limit")
            assert ended.printed() == "up\n"
