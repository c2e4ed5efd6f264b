"""Tries every layer of the jail on this machine, with programs inside that attempt what must fail."""

import asyncio
import json
import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.jobs import EndReason, Events, Job, Limits, Outcome
from studyapp.sandbox.limits import MIB

PROBE = Path(__file__).resolve().parent / "probe.py"
PROBE_LIMITS = Limits(processes=32, disk_bytes=MIB)
CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
VARIABLES = {
    *("HOME", "LANG", "LOGNAME", "MALLOC_ARENA_MAX", "PATH", "PWD", "PYTHONDONTWRITEBYTECODE"),
    *("PYTHONPATH", "PYTHONUNBUFFERED", "SSL_CERT_FILE", "TZ", "USER"),
}
OUR_FAULT = "This is a fault of this program: report it, and let nobody run code until it is mended."
HOST_FAULT = (
    "Look at how this machine or container sets up namespaces and mounts; docs/security.md names each."
)

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """One layer as tried just now: what was found, and what to do where it does not hold."""

    name: str
    ok: bool
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Layer:
    """How one layer is read from the facts that the probe brings back."""

    name: str
    holds: Callable[[Facts], bool]
    shown: Callable[[Facts], object]
    remedy: str = HOST_FAULT


def held_capabilities(facts: Facts) -> str:
    """The capability sets that are not empty, in words; "" when all are."""
    sets = {name: int(facts["status"][name], 16) for name in CAPABILITY_SETS}
    return ", ".join(f"{name} holds {value:x}" for name, value in sets.items() if value)


LAYERS = (
    Layer(
        "no capabilities",
        lambda facts: not held_capabilities(facts),
        lambda facts: held_capabilities(facts) or "none in any of the five sets",
        OUR_FAULT,
    ),
    Layer(
        "no new privileges",
        lambda facts: facts["status"]["NoNewPrivs"] == "1",
        lambda facts: "cannot be gained" if facts["status"]["NoNewPrivs"] == "1" else "can be gained",
        OUR_FAULT,
    ),
    Layer(
        "no sockets that lead out",
        lambda facts: facts["status"]["Seccomp"] == "2" and not facts["odd_sockets"],
        lambda facts: facts["odd_sockets"] or "AF_VSOCK, AF_PACKET and AF_ALG refused",
        OUR_FAULT,
    ),
    Layer(
        "not root outside",
        lambda facts: facts["uid_map"][1] != "0" and facts["uid_map"][2] == "1",
        lambda facts: f"user {facts['uid_map'][0]} inside is {facts['uid_map'][1]} outside",
    ),
    Layer(
        "no user namespaces inside",
        lambda facts: facts["user_namespace"] is not None,
        lambda facts: (
            f"refused: {os.strerror(facts['user_namespace'])}"
            if facts["user_namespace"]
            else "one could be made"
        ),
    ),
    Layer(
        "read-only root",
        lambda facts: not facts["written"],
        lambda facts: facts["written"] or "no folder of it could be written",
    ),
    Layer(
        "private folders",
        lambda facts: not facts["unwritable"] and list(chain(*facts["found"].values())) == ["lesson.py"],
        lambda facts: "found " + ", ".join(f"{len(names)} in {at}" for at, names in facts["found"].items()),
    ),
    Layer(
        "disk limit",
        lambda facts: all(0 < size <= PROBE_LIMITS.disk_bytes for size in facts["disk_full_after"].values()),
        lambda facts: ", ".join(
            f"{folder} full after {size:,} B" for folder, size in facts["disk_full_after"].items()
        ),
    ),
    Layer("no host files", lambda facts: not facts["host_file"], lambda facts: "unseen", OUR_FAULT),
    Layer(
        "no network",
        lambda facts: facts["interfaces"] == ["lo"] and not facts["reached"] and not facts["resolved"],
        lambda facts: f"interfaces {', '.join(facts['interfaces'])}; reached {facts['reached'] or 'nothing'}",
    ),
    Layer("no host ports", lambda facts: not facts["host_port"], lambda facts: "unreachable", OUR_FAULT),
    Layer(
        "practice internet",
        lambda facts: facts["practice"] == [200, 200],
        lambda facts: "answered http with {} and https with {}".format(*facts["practice"]),
        "Run `make install`; if it stays, port 80 or 443 cannot be had inside a jail on this kernel.",
    ),
    Layer(
        "own processes only",
        lambda facts: len(facts["pids"]) <= 4 and max(facts["pids"]) < 100,
        lambda facts: f"sees {len(facts['pids'])} processes",
    ),
    Layer(
        "empty environment",
        lambda facts: set(facts["environment"]) <= VARIABLES,
        lambda facts: ", ".join(sorted(set(facts["environment"]) - VARIABLES)) or "only its own",
        OUR_FAULT,
    ),
    Layer(
        "no open files",
        lambda facts: facts["descriptors"] == 4,
        lambda facts: f"{facts['descriptors']} descriptors",
        OUR_FAULT,
    ),
    Layer("no terminal", lambda facts: not facts["terminal"], lambda facts: "none", OUR_FAULT),
    Layer(
        "process limit",
        lambda facts: 0 < facts["threads"] <= PROBE_LIMITS.processes + 1,
        lambda facts: f"{facts['threads']} threads started of {PROBE_LIMITS.processes} allowed",
        "This needs a kernel of 5.14 or newer.",
    ),
    Layer("address space", lambda facts: not facts["huge_allocation"], lambda facts: "64 GiB refused"),
)

WATCHED = (
    ("time limit", "import time; time.sleep(60)", Limits(wall_s=0.3), EndReason.WALL_LIMIT),
    ("processor limit", "while True: pass", Limits(cpu_s=0.3), EndReason.CPU_LIMIT),
    (
        "memory limit",
        "import time; x = b'x' * (400 << 20); time.sleep(60)",
        Limits(memory_bytes=128 * MIB),
        EndReason.MEMORY_LIMIT,
    ),
    ("output limit", "while True: print('x' * 1000)", Limits(output_bytes=10_000), EndReason.OUTPUT_LIMIT),
)


async def check_layers(client: RunnerClient | None = None) -> list[LayerCheck]:
    """Every layer tried now, through `client`, or through a runner started for it. Takes a second or two."""
    embedded = EmbeddedRunner()
    try:
        client = client or RunnerClient(await embedded.ensure())
        watched = (_check_watched(client, *row) for row in WATCHED)
        return list(chain(*await asyncio.gather(_check_probed(client), *watched)))
    except RunnerUnavailable as problem:
        return [LayerCheck("jail", ok=False, detail="no program can be run", remedy=problem.message)]
    except Refused as refusal:
        return [LayerCheck("jail", ok=False, detail="the runner is busy", remedy=refusal.message)]
    finally:
        await asyncio.to_thread(embedded.close)


async def _check_probed(client: RunnerClient) -> list[LayerCheck]:
    with tempfile.NamedTemporaryFile() as secret, socket.create_server(("127.0.0.1", 0)) as server:
        outside = {"file": secret.name, "port": server.getsockname()[1]}
        job = Job(PROBE.read_text(), traced=False, stdin=json.dumps(outside), limits=PROBE_LIMITS)
        said, outcome = await _run(client, job)
    if outcome.reason is not EndReason.FINISHED:
        return [LayerCheck("probe", ok=False, detail=f"{outcome.reason}: {said[-500:]}", remedy=OUR_FAULT)]
    facts: Facts = json.loads(said)
    checks = []
    for layer in LAYERS:
        ok = layer.holds(facts)
        checks.append(LayerCheck(layer.name, ok, str(layer.shown(facts)), "" if ok else layer.remedy))
    return checks


async def _check_watched(
    client: RunnerClient, name: str, code: str, limits: Limits, expected: EndReason
) -> list[LayerCheck]:
    _, outcome = await _run(client, Job(code, limits=limits))
    ok = outcome.reason is expected
    return [LayerCheck(name, ok, f"a program beyond it ended with {outcome.reason}", "" if ok else OUR_FAULT)]


async def _run(client: RunnerClient, job: Job) -> tuple[str, Outcome]:
    said: list[str] = []
    async for piece in await client.start(job):
        if isinstance(piece, Events):
            said += [event["args"]["text"] for event in piece.events if event["cat"] == "out"]
        if isinstance(piece, Outcome):
            return "".join(said), piece
    raise AssertionError("a run always ends with an outcome")
