"""C4: ordinary concurrent programs, which have to work as on any machine, under every Python there is."""

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Limits
from tests.sandbox.abuse.marks import cannot_test, case
from tests.sandbox.abuse.ordinary import PROGRAMS
from tests.sandbox.abuse.trial import Trial, new_trial

ROOMY = Limits(wall_s=60, cpu_s=60)
SUBINTERPRETERS = """
try: import _interpreters as interpreters
except ImportError:
    try: import _xxsubinterpreters as interpreters
    except ImportError: print('none'); raise SystemExit
import os, threading
read, write = os.pipe()
def work():
    number = interpreters.create()
    interpreters.run_string(number, f'import os; os.write({write}, b".")')
    interpreters.destroy(number)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(os.read(read, 100))
"""


@case("C4")
@pytest.mark.parametrize("name", PROGRAMS)
async def test_an_ordinary_concurrent_program_works(trial: Trial, name: str) -> None:
    await trial.both_say(PROGRAMS[name].code, PROGRAMS[name].output)


@case("C4")
async def test_subinterpreters_work(trial: Trial) -> None:
    done = await trial.ends("finished", SUBINTERPRETERS, limits=ROOMY)

    if done.printed() == "none\n":
        cannot_test("C4", "the default interpreter has no subinterpreters")
    assert (done.printed(), done.printed("stderr")) == ("b'....'\n", "")


@case("C4")
async def test_ordinary_programs_work_under_every_other_python(own_runner: EmbeddedRunner) -> None:
    offered = await RunnerClient(await own_runner.ensure()).describe()
    others = [each.name for each in offered.interpreters[1:] if not each.problem]
    if not others:
        cannot_test("C4", "there is no other Python")
    trial = await new_trial(own_runner, *others)
    for python in others:
        async with trial.attempt(ROOMY) as attempt:
            for name, program in PROGRAMS.items():
                done = await attempt.follow(await attempt.start(program.code, interpreter=python), "finished")
                assert (done.printed(), done.printed("stderr")) == (program.output, ""), f"{name} of {python}"
            handle = await attempt.start(SUBINTERPRETERS, interpreter=python)
            assert (await attempt.follow(handle, "finished")).printed() in ("b'....'\n", "none\n")
