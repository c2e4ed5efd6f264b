"""What a program shares with its template is not copied for it; what it makes costs few pages."""

import subprocess

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.interpreters import Interpreter, find_interpreters
from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.layout import PROJECT
from tests.sandbox.helpers import run

USES = """
import resource, sys
def pages(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
everything = [vars(module) for module in list(sys.modules.values())]
before = pages()
used = [value for names in everything for value in names.values()]
print(sys.version_info[:2] in ((3, 12), (3, 13)), pages() - before, len(used))
"""
COLLECTS = """
import asyncio, gc, aiohttp
gc.unfreeze()
gc.collect()
async def main():
    async with aiohttp.ClientSession() as session, session.get('https://practice.test/get') as response:
        print(response.status)
asyncio.run(main())
gc.collect()
"""
COUNTS = """
import gc, json, sys, weakref
import immortal
class Mortal: pass
def grows_by(used, times):
    before = sys.getrefcount(used)
    users = [used] * times
    return sys.getrefcount(used) - before
early = Mortal()
immortal.make_all_immortal()
late = Mortal()
seen = weakref.ref(late)
mortal = grows_by(late, 7)
del late
print([grows_by(used, 7) for used in (early, Mortal, json.dumps, json.dumps.__code__, sys.modules)])
gc.collect()
print(mortal, seen())
"""
HALF_WRITTEN = """
import json, os
import immortal
written = []
def write(*arguments):
    if len(written) == 1000: raise OSError("no more")
    written.append(os.pwrite(*arguments))
immortal.os = type("os", (), {"pread": os.pread, "pwrite": write})
immortal.make_all_immortal()
print(len(written), json.loads(json.dumps([1])))
"""


async def test_to_use_what_the_template_holds_writes_to_none_of_it(client: RunnerClient) -> None:
    never_counts, pages, used = (await run(client, USES, traced=False)).printed().split()

    assert int(used) > 10_000
    assert never_counts == "False" or int(pages) < 200


async def test_a_program_may_have_all_that_its_template_holds_searched_for_garbage(
    client: RunnerClient,
) -> None:
    for offered in (await client.describe()).interpreters:
        if not offered.problem:
            done = await run(client, COLLECTS, interpreter=offered.name, limits=Limits(wall_s=60))

            assert (done.printed("stderr"), done.printed()) == ("", "200\n")


def test_only_what_was_there_is_immortal_and_only_where_python_knows_how() -> None:
    usable = [each for each in find_interpreters() if not each.problem]

    assert {each.name: run_inside(each, COUNTS) for each in usable} == {
        each.name: [str([0 if knows_immortals(each) else 7] * 5), "7 None"] for each in usable
    }


def test_where_the_memory_cannot_all_be_written_to_things_go_on() -> None:
    usable = [each for each in find_interpreters() if not each.problem and knows_immortals(each)]

    assert [run_inside(each, HALF_WRITTEN) for each in usable] == [["1000 [1]"]] * len(usable)


def run_inside(interpreter: Interpreter, code: str) -> list[str]:
    """What it prints as a plain script that finds the modules of `inside/`, and nothing else of ours."""
    place = str(PROJECT / "studyapp" / "sandbox" / "inside")
    code = f"import sys; sys.path.insert(0, {place!r})\n{code}"
    return subprocess.check_output([interpreter.path, "-IB", "-c", code], text=True).splitlines()


def knows_immortals(interpreter: Interpreter) -> bool:
    """Without the lock, Python counts in two places."""
    return interpreter.gil and interpreter.name in ("3.12", "3.13")


async def test_what_it_makes_lies_together_on_few_pages(client: RunnerClient) -> None:
    """Each page that it writes to is a copy of the template's, or a new one."""
    made = "made = [bytes(64 - 33) for _ in range(256)]\n"
    done = await run(client, made + "print(len({id(each) // 4096 for each in made}))", traced=False)

    assert int(done.printed()) <= 4 * 256 * 64 // 4096  # 25 to 39 pages where gaps are left
