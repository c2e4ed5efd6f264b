"""Every layer is tried on the machine at hand, and one that does not hold is found."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from studyapp.sandbox.checks import LAYERS, NAMES, PROBES, check_layers
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.layers import calls, outside, surroundings
from studyapp.sandbox.layers.layer import Facts, group_by_kind
from studyapp.sandbox.layers.outside import Sight, controllers_of_run
from studyapp.sandbox.layout import PROJECT

MUST_BE_MISSED = {
    *(layer.name for layer in surroundings.NAMESPACE_LAYERS),
    *("private folders", "disk limit", "file limit", "no host files", "harmless devices"),
    *("no network", "no host ports", "no abstract sockets of the host", "practice internet"),
    *("own processes only", "empty environment", "process limit"),
    *("new namespaces", "no sockets that lead out", "typing into terminals", "file locks"),
    "memory that nothing counts",
}
"""Of a program that has no jail at all, whoever starts it, in a container or not."""

CARRIED_OUT = 0
SHOWN_BY_ROOT = "4:memory:/some/interleave-x1/run-7\n3:cpu,cpuacct:/interleave-x1/run-7\n2:pids:/\n0::/\n"


async def test_every_layer_holds_on_this_machine(client: RunnerClient) -> None:
    layers = await check_layers(client)

    assert [layer for layer in layers if not layer.ok] == []
    assert [layer.name for layer in layers] == list(NAMES)


async def test_a_runner_with_one_place_can_be_tried_as_well() -> None:
    runner = EmbeddedRunner(runs=1, stock=0)
    try:
        layers = await check_layers(RunnerClient(await runner.ensure()))
    finally:
        await asyncio.to_thread(runner.close)

    assert [layer for layer in layers if not layer.ok] == []


async def test_where_no_runner_answers_the_jail_is_missing(tmp_path: Path) -> None:
    (layer,) = await check_layers(RunnerClient(tmp_path / "nobody.sock"))

    assert (layer.name, layer.ok, layer.kind) == ("jail", False, "jail")


def test_no_two_layers_have_one_name() -> None:
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []


def test_a_program_without_a_jail_is_found_out(tmp_path: Path) -> None:
    facts = look_round_unjailed(tmp_path)

    checks = [layer.judge(facts) for layer in LAYERS]

    assert MUST_BE_MISSED - {check.name for check in checks if not check.ok} == set()
    assert all(check.remedy for check in checks if not check.ok)
    assert sum(len(group.layers) for group in group_by_kind(checks)) == len(checks)


def test_a_jail_without_walls_fails_every_check() -> None:
    """A jail that lacks a layer must not look whole: these are the facts of one that lacks them all."""
    namespaces = dict.fromkeys(surroundings.NAMESPACES, "the host's")
    facts = {
        "namespaces": namespaces,
        "host_namespaces": namespaces,
        "beside": {"namespaces": namespaces},
        "status": {
            **dict.fromkeys(surroundings.CAPABILITY_SETS, "a80425fb"),
            "NoNewPrivs": "0",
            "Seccomp": "0",
        },
        "uid_map": ["0", "0", "4294967295"],
        "sights": [Sight(frozenset({0}), frozenset())],
        "starter": 0,
        "user_namespace": None,
        "core_limits": ["0", "unlimited"],
        "core_limit_kept": None,
        "core_dumped": True,
        "set_uid_mounts": ["/"],
        "set_uid_files": ["/usr/bin/su"],
        "written": ["/etc"],
        "unwritable": [],
        "found": {"/home/learner": ["lesson.py", "left"]},
        "host_files": ["/etc/shadow"],
        "devices": ["null", "sda"],
        "bytes_written": 10**9,
        "files_made": 10**6,
        "interfaces": ["lo", "eth0"],
        "reached": ["203.0.113.1"],
        "resolved": True,
        "host_port": True,
        "host_socket": True,
        "practice": [200, "no route"],
        "pids": list(range(1, 300)),
        "read_of_first": ["environ"],
        "environment": ["STUDYAPP_SECRET_KEY"],
        "descriptors": 9,
        "terminal": True,
        "threads": 200,
        "huge_allocation": True,
        "calls": {family.name: [CARRIED_OUT] for family in calls.FAMILIES},
        "accounting": "nobody counts",
    }

    checks = [layer.judge(facts) for layer in LAYERS]

    assert [check.name for check in checks if check.ok] == ["accounting"]
    assert [check.name for check in checks if check.word == "holds" or not check.remedy] == []


def look_round_unjailed(folder: Path) -> Facts:
    """What the probes find where nothing keeps them from anything."""
    bait = folder / "bait"
    bait.touch()
    name = f"unjailed-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        request = surroundings.request_for_probe(
            name=name[:15],
            host_file=bait,
            port=server.getsockname()[1],
            abstract_socket=name,
            project=PROJECT / "manage.py",
        )
        facts = run_probe("surroundings.py", request)
    return {
        **facts,
        "calls": run_probe("system_calls.py", calls.request_for_probe()),
        "beside": None,
        "sights": [],
        "host_namespaces": outside.host_namespaces(),
        "starter": 0,
        "accounting": "nobody counts",
    }


def run_probe(name: str, request: Facts) -> Facts:
    told = subprocess.run(
        [sys.executable, str(PROBES / name)],
        input=json.dumps(request) + "\n",
        env={**os.environ, "A_SECRET": "known"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    facts: Facts = json.loads(told.stdout)
    return facts


def seen(*users: set[int], starter: int) -> Facts:
    return {
        "sights": [Sight(frozenset(each), frozenset()) for each in users],
        "starter": starter,
        "uid_map": ["1000", "1", "1"],
    }


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (seen({70_001}, {70_002}, starter=0), "holds"),
        (seen({1000}, {1000}, starter=1000), "weak"),
        (seen({70_001}, {70_001}, starter=0), "missing"),
        (seen({0}, {70_002}, starter=0), "missing"),
        (seen(starter=1000), "holds"),
    ],
    ids=[
        "each its own",
        "one for all, of an ordinary user",
        "one for all, of root",
        "root",
        "not to be seen",
    ],
)
def test_the_user_outside_is_judged_by_what_the_host_shows(facts: Facts, word: str) -> None:
    check = outside.OUTSIDE.judge(facts)

    assert check.word == word
    assert bool(check.remedy) is (word != "holds")


@pytest.mark.parametrize(
    ("controllers", "word"), [({"memory", "pids"}, "holds"), ({"pids"}, "weak"), (set(), "weak")]
)
def test_memory_that_no_group_holds_is_told_as_weak(controllers: set[str], word: str) -> None:
    facts = {"sights": [Sight(frozenset({1}), frozenset(controllers))], "accounting": "counted"}

    check = outside.ACCOUNTING.judge(facts)

    assert (check.word, check.ok) == (word, True)


@pytest.mark.parametrize(
    ("limits", "kept", "dumped", "word"),
    [
        (["1", "1"], 1, False, "holds"),
        (["1", "1"], None, False, "missing"),
        (["0", "0"], 1, False, "missing"),
        (["1", "1"], 1, True, "missing"),
    ],
)
def test_only_a_core_limit_of_one_that_is_kept_holds(
    limits: list[str], kept: int | None, word: str, *, dumped: bool
) -> None:
    (layer,) = [layer for layer in LAYERS if layer.name == "no core dumps"]

    facts = {"core_limits": limits, "core_limit_kept": kept, "core_dumped": dumped}
    assert layer.judge(facts).word == word


def test_groups_of_version_1_are_told_by_their_controllers(tmp_path: Path) -> None:
    assert controllers_of_run(SHOWN_BY_ROOT, tmp_path) == {"memory", "cpu", "cpuacct"}


def test_groups_of_version_2_are_asked_for_their_controllers(tmp_path: Path) -> None:
    group = tmp_path / "user.slice" / "interleave-x1" / "run-7"
    group.mkdir(parents=True)
    (group / "cgroup.controllers").write_text("cpu memory pids\n")

    assert controllers_of_run("0::/user.slice/interleave-x1/run-7\n", tmp_path) == {"cpu", "memory", "pids"}


def test_a_group_that_is_shared_with_others_is_not_counted(tmp_path: Path) -> None:
    assert controllers_of_run("4:memory:/some/interleave-x1\n", tmp_path) == frozenset()
