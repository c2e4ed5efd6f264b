"""Tries every layer of the jail on this machine, with programs inside that attempt what must fail."""

import asyncio
import json
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path

from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.jobs import Events, Job, Outcome
from studyapp.sandbox.layers import calls, ends, outside, surroundings
from studyapp.sandbox.layers.layer import OUR_FAULT, Facts, Kind, LayerCheck
from studyapp.sandbox.layout import PROJECT

PROBES = Path(__file__).resolve().parent / "probes"
LAYERS = (
    *surroundings.NAMESPACE_LAYERS,
    *surroundings.FILES,
    *surroundings.NETWORK,
    *surroundings.PROCESSES,
    outside.OUTSIDE,
    *surroundings.RIGHTS,
    *calls.CALLS,
    *surroundings.KERNEL_LIMITS,
    outside.ACCOUNTING,
)
NAMES = (*(layer.name for layer in LAYERS), *(excess.name for excess in ends.EXCESSES), ends.STOP)
"""Every layer that is tried, in the order in which they are told."""

BESIDE_WITHIN_S = 3.0
DONE_WITHIN_S = 30.0
RUNS_AT_ONCE = 12
JAIL_TRIED = "making a jail and running a program in it"


class ProbeEnded(Exception):
    """A probe ended before it had told what it found; says how."""


async def check_layers(client: RunnerClient | None = None) -> list[LayerCheck]:
    """Every layer tried now, through `client`, or through a runner started for it. Takes a few seconds."""
    embedded = EmbeddedRunner(runs=RUNS_AT_ONCE)
    try:
        async with asyncio.timeout(DONE_WITHIN_S):
            return await _check_all(client or RunnerClient(await embedded.ensure()))
    except RunnerUnavailable as problem:
        return [_jail_lacks("no program can be run", problem.message)]
    except Refused as refusal:
        return [_jail_lacks("the runner is busy", refusal.message)]
    except TimeoutError:
        return [_jail_lacks(f"the layers were not tried within {DONE_WITHIN_S:.0f} s", "Try again later.")]
    except ProbeEnded as problem:
        return [_jail_lacks(f"a program that tries layers ended early: {problem}", OUR_FAULT)]
    finally:
        await asyncio.to_thread(embedded.close)


async def _check_all(client: RunnerClient) -> list[LayerCheck]:
    facts = asyncio.create_task(_look_round(client))
    answers = asyncio.create_task(_ask_calls(client))
    watched = [asyncio.create_task(ends.check_excess(client, excess)) for excess in ends.EXCESSES]
    watched.append(asyncio.create_task(ends.check_stop(client)))
    tasks = [facts, answers, *watched]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    found = {**facts.result(), "calls": answers.result()}
    return [*(layer.judge(found) for layer in LAYERS), *(task.result() for task in watched)]


async def _look_round(client: RunnerClient) -> Facts:
    """What two programs at the same time find out, the second only to be compared with the first."""
    first, second = (f"probe-{secrets.token_hex(4)}" for _ in range(2))
    accounting = (await client.describe()).accounting
    starter = client.socket_path.stat().st_uid
    async with _probe(client, first) as facts:
        sights, beside = [await asyncio.to_thread(outside.look, first)], None
        async with AsyncExitStack() as stack:
            with suppress(TimeoutError):  # no second place is free
                async with asyncio.timeout(BESIDE_WITHIN_S):
                    beside = await stack.enter_async_context(_probe(client, second))
            if beside:
                sights.append(await asyncio.to_thread(outside.look, second))
    return {
        **facts,
        "beside": beside,
        "sights": sights,
        "host_namespaces": outside.host_namespaces(),
        "starter": starter,
        "accounting": accounting,
    }


@asynccontextmanager
async def _probe(client: RunnerClient, name: str) -> AsyncIterator[Facts]:
    """What the surroundings are like, told by a program that lives as long as the context."""
    bait = socket.socket(socket.AF_UNIX)
    with tempfile.NamedTemporaryFile() as file, socket.create_server(("127.0.0.1", 0)) as server, bait:
        bait.bind(f"\0{name}")
        bait.listen()
        request = surroundings.request_for_probe(
            name=name,
            host_file=Path(file.name),
            port=server.getsockname()[1],
            abstract_socket=name,
            project=PROJECT / "manage.py",
        )
        async with aclosing(await client.start(_job("surroundings.py", request))) as handle:
            yield json.loads(await _read_line(handle))


async def _ask_calls(client: RunnerClient) -> Facts:
    async with aclosing(await client.start(_job("system_calls.py", calls.request_for_probe()))) as handle:
        answers: Facts = json.loads(await _read_line(handle))
        return answers


def _job(probe: str, request: Facts) -> Job:
    code = (PROBES / probe).read_text()
    line = json.dumps(request) + "\n"
    return Job(code, traced=False, interactive=True, stdin=line, limits=surroundings.PROBE_LIMITS)


async def _read_line(handle: RunHandle) -> str:
    """The first line that the program prints. Raises ProbeEnded."""
    said: list[str] = []
    async for piece in handle:
        if isinstance(piece, Events):
            said += [event["args"]["text"] for event in piece.events if _is_stdout(event)]
            if said and said[-1].endswith("\n"):
                return "".join(said)
        if isinstance(piece, Outcome):
            raise ProbeEnded(f"{piece.reason}: {''.join(said)[-500:] or piece.error}")
    raise AssertionError("a run always ends with an outcome")


def _is_stdout(event: Facts) -> bool:
    return bool(event["cat"] == "out" and event["args"]["stream"] == "stdout")


def _jail_lacks(detail: str, remedy: str) -> LayerCheck:
    return LayerCheck("jail", ok=False, detail=detail, remedy=remedy, kind=Kind.JAIL, tried=JAIL_TRIED)
