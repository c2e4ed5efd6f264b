"""A program in a fork of the template finds what it would find as `python program.py`."""

import asyncio
import json
import subprocess

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.interpreters import find_interpreters
from studyapp.sandbox.layout import find_packages
from tests.sandbox.helpers import run

FACTS: dict[str, str] = {
    "arguments": "sys.argv",
    "file": "os.path.basename(__file__), os.path.samefile(__file__, sys.argv[0])",
    "name": "__name__, __spec__, __package__, __doc__",
    "globals": "sorted(before - {'__annotations__'})",
    "main module": "sys.modules['__main__'].__dict__ is globals()",
    "built-ins": "__builtins__.__name__",
    "first on the path": "sys.path[0] == os.getcwd()",
    "garbage collector": "gc.isenabled(), gc.get_threshold()",
    "threads": "[thread.name for thread in threading.enumerate()]",
    "main thread": "threading.main_thread().ident == threading.get_ident()",
    "native thread": "threading.get_native_id() == threading.main_thread().native_id == os.getpid()",
    "recursion": "sys.getrecursionlimit()",
    "switch interval": "sys.getswitchinterval()",
    "ctrl-c": "signal.getsignal(signal.SIGINT) is signal.default_int_handler",
    "signals": "[s.name for s in signal.Signals if signal.getsignal(s) not in (signal.SIG_DFL, None)]",
    "children": "signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL",
    "blocked signals": "signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    "wake-up": "signal.set_wakeup_fd(-1)",
    "log handlers": "logging.root.handlers, logging.root.level",
    "warnings": "warnings.filters[-1]",
    "hooks": "sys.excepthook is sys.__excepthook__, threading.excepthook is threading.__excepthook__",
    "event loop": "asyncio._get_running_loop()",
    "process": "multiprocessing.current_process().name, multiprocessing.parent_process()",
    "start method": "multiprocessing.get_start_method(allow_none=True)",
    "encodings": "sys.stdin.encoding, sys.stdout.encoding, sys.stderr.encoding",
    "umask": "os.umask(0o22)",
    "group": "os.getpgrp() == os.getpid() != os.getsid(0)",
    "niceness": "os.nice(0)",
    "time zone": "time.tzname",
    "frames below": "sys._getframe().f_back is None",
}
"""What to call it, and the expression that tells it."""

PROBE = f"""
before = set(globals())
import asyncio, gc, json, logging, multiprocessing, os, signal, sys, threading, time, warnings
import aiohttp.web
facts = {FACTS}
print(json.dumps({{name: str(eval(words)) for name, words in facts.items()}}))
"""
UNTRACED_ONLY = ("frames below", "hooks", "threads", "native thread")
"""Told apart by the tracer, which is there to see."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The facts of a program that a shell starts, in a group of its own and with our environment."""
    folder, interpreter = tmp_path_factory.mktemp("plain"), find_interpreters()[0]
    (folder / "program.py").write_text(PROBE)
    environment = {
        "PYTHONPATH": str(find_packages(interpreter)),
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        [interpreter.path, "program.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=True,
        process_group=0,
        umask=0o22,
    )
    facts: dict[str, str] = json.loads(done.stdout)
    return facts


@pytest.mark.parametrize("traced", [False, True])
async def test_it_finds_what_a_plain_script_finds(
    client: RunnerClient, plain: dict[str, str], *, traced: bool
) -> None:
    done = await run(client, PROBE, filename="program.py", traced=traced)

    assert done.printed("stderr") == ""
    left_out = UNTRACED_ONLY if traced else ("frames below",)
    jailed = {name: fact for name, fact in json.loads(done.printed()).items() if name not in left_out}
    assert jailed == {name: fact for name, fact in plain.items() if name not in left_out}


async def test_its_environment_is_built_from_nothing(client: RunnerClient) -> None:
    done = await run(client, "import json, os; print(json.dumps(dict(os.environ)))")

    environment = json.loads(done.printed())
    assert environment.pop("PATH").endswith(":/usr/bin:/bin")
    assert environment == {
        "HOME": "/home/learner",
        "LANG": "C.UTF-8",
        "LOGNAME": "learner",
        "MALLOC_ARENA_MAX": "4",
        "PWD": "/home/learner",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "/opt/guest/packages",
        "PYTHONUNBUFFERED": "1",
        "SSL_CERT_FILE": "/etc/practice-ca.pem",
        "TZ": "UTC",
        "USER": "learner",
    }


async def test_its_parent_is_the_first_process_of_the_jail(client: RunnerClient) -> None:
    done = await run(client, "import os; print(os.getpid(), os.getppid(), os.getcwd())")

    assert done.printed() == "2 1 /home/learner\n"


async def test_its_processor_time_begins_with_it(client: RunnerClient) -> None:
    """The imports of the template took much longer than this."""
    done = await run(client, "import time; print(time.process_time())", traced=False)

    assert 0 <= float(done.printed()) < 0.1


RANDOM = {
    "random": "random.random()",
    "seeded by nothing": "random.Random().random()",
    "secrets": "secrets.token_hex()",
    "uuid4": "uuid.uuid4()",
    "uuid1": "uuid.uuid1().clock_seq",
    "tls": "ssl.RAND_bytes(16).hex()",
    "file names": "next(tempfile._get_candidate_names())",
    "key of processes": "bytes(multiprocessing.current_process().authkey).hex()",
}


async def test_what_is_random_differs_between_programs_of_one_template(client: RunnerClient) -> None:
    code = (
        "import json, multiprocessing, random, secrets, ssl, tempfile, uuid\n"
        f"print(json.dumps({{name: str(eval(words)) for name, words in {RANDOM}.items()}}))"
    )

    runs = await asyncio.gather(*(run(client, code) for _ in range(3)))

    drawn = [json.loads(each.printed()) for each in runs]
    assert {name: len({each[name] for each in drawn}) for name in RANDOM} == dict.fromkeys(RANDOM, 3)


async def test_children_that_it_forks_draw_other_numbers_than_it_does(client: RunnerClient) -> None:
    code = "import os, random\nif os.fork(): os.wait()\nprint(random.random())"

    assert len(set((await run(client, code)).printed().split())) == 2


LOGGING_CHILD = """
import logging, os, sys, threading
handler = logging.StreamHandler(sys.stdout)
holds, forked = threading.Event(), threading.Event()

def hold():
    handler.acquire()
    holds.set()
    forked.wait()
    handler.release()

thread = threading.Thread(target=hold)
thread.start()
holds.wait()
if os.fork() == 0:
    handler.handle(logging.makeLogRecord({"msg": "logged"}))
    os._exit(0)
forked.set()
thread.join()
os.wait()
"""


async def test_children_that_it_forks_can_log_what_a_thread_was_logging(client: RunnerClient) -> None:
    done = await run(client, LOGGING_CHILD, traced=False)

    assert (done.printed(), done.reason) == ("logged\n", "finished")


LAST_WORDS = """
class Talkative:
    def __init__(self, name): self.name = name
    def __del__(self): print('the end of', self.name)
kept = Talkative('a global')
looped = Talkative('a loop')
looped.itself = looped
import atexit
atexit.register(print, 'at exit')
"""


@pytest.mark.parametrize("traced", [False, True])
async def test_objects_and_exit_functions_have_the_last_word(client: RunnerClient, *, traced: bool) -> None:
    done = await run(client, LAST_WORDS, traced=traced)

    assert (done.reason, done.printed("stderr")) == ("finished", "")
    first, *rest = done.printed().splitlines()
    assert (first, sorted(rest)) == ("at exit", ["the end of a global", "the end of a loop"])


async def test_an_object_that_fails_to_end_is_told_and_hurts_nobody(client: RunnerClient) -> None:
    code = "class Bad:\n  def __del__(self): 1 / 0\nbad = Bad()\nprint('done')"

    done = await run(client, code)

    assert (done.reason, done.printed()) == ("finished", "done\n")
    assert "ZeroDivisionError" in done.printed("stderr")


CHILDREN = """
import multiprocessing, os, sys
def tell(queue): queue.put((os.getppid() != 1, __name__, sys.argv))
if __name__ == '__main__':
    context = multiprocessing.get_context({method!r})
    queue = context.Queue()
    child = context.Process(target=tell, args=(queue,))
    child.start()
    print(*queue.get())
    child.join()
    print(child.exitcode)
"""


@pytest.mark.parametrize(
    ("method", "name"), [("fork", "__main__"), ("spawn", "__mp_main__"), ("forkserver", "__mp_main__")]
)
async def test_multiprocessing_starts_children_in_every_way(
    client: RunnerClient, method: str, name: str
) -> None:
    done = await run(client, CHILDREN.format(method=method), filename="program.py")

    assert (done.reason, done.printed("stderr")) == ("finished", "")
    assert done.printed() == f"True {name} ['program.py']\n0\n"
