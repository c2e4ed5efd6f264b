"""The layers that `probes/surroundings.py` tries: namespaces, files, network, processes, rights, limits."""

import os
from functools import partial
from pathlib import Path

from studyapp.sandbox.layers.layer import OUR_FAULT, Facts, Kind, Layer, named
from studyapp.sandbox.limits import MIB, Limits
from studyapp.sandbox.policy import DEVICES

PROBE_LIMITS = Limits(processes=32, disk_bytes=MIB, disk_inodes=64)
NAMESPACES = {
    "user": "user",
    "pid": "process",
    "net": "network",
    "mnt": "mount",
    "ipc": "ipc",
    "uts": "host name",
    "cgroup": "control group",
}
CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
STREAMS_AND_EVENTS = 4
VARIABLES = {
    *("HOME", "LANG", "LOGNAME", "MALLOC_ARENA_MAX", "PATH", "PWD", "PYTHONDONTWRITEBYTECODE"),
    *("PYTHONPATH", "PYTHONUNBUFFERED", "SSL_CERT_FILE", "TZ", "USER"),
}
IN_DEV = {*DEVICES, "fd", "stdin", "stdout", "stderr", "shm"}


def held_capabilities(facts: Facts) -> list[str]:
    """The capability sets that are not empty."""
    sets = {name: int(facts["status"][name], 16) for name in CAPABILITY_SETS}
    return [f"{name} holds {value:x}" for name, value in sets.items() if value]


def _strangers(facts: Facts) -> list[str]:
    return sorted(set(facts["environment"]) - VARIABLES)


def _found(facts: Facts) -> int:
    return sum(len(names) for names in facts["found"].values())


def _reached(facts: Facts) -> list[str]:
    return [*facts["reached"], *(["a name server"] if facts["resolved"] else [])]


def _leaves_no_core(facts: Facts) -> bool:
    """A limit of 1 is the only one that also keeps crashes from a program of the host's core_pattern."""
    kept = facts["core_limits"] == ["1", "1"] and facts["core_limit_kept"]
    return bool(kept) and not facts["core_dumped"]


def _tell_core(facts: Facts) -> str:
    if facts["core_dumped"]:
        return "one was written, or handed to a program of the host"
    if not _leaves_no_core(facts):
        return f"limits {', '.join(facts['core_limits'])}, which a program can change"
    return "none is written or handed to a program of the host"


def _own_namespace(name: str, facts: Facts) -> bool:
    beside = facts["beside"]
    others = [facts["host_namespaces"][name], *([beside["namespaces"][name]] if beside else [])]
    return facts["namespaces"][name] not in others


def _tell_namespace(name: str, facts: Facts) -> str:
    if facts["namespaces"][name] == facts["host_namespaces"][name]:
        return "the host's own"
    if not facts["beside"]:
        return "not the host's; no second program could run beside it, to be compared"
    return "neither the host's nor that of the program beside it"


NAMESPACE_LAYERS = tuple(
    Layer(
        f"{word} namespace",
        Kind.NAMESPACES,
        "comparing its number with the host's and with that of a program at the same time",
        partial(_own_namespace, name),
        partial(_tell_namespace, name),
    )
    for name, word in NAMESPACES.items()
)

FILES = (
    Layer(
        "read-only root",
        Kind.FILES,
        "making a file in /, /etc, /usr, /dev, /proc/sys and the product's own folder",
        lambda facts: not facts["written"],
        lambda facts: named(facts["written"], "no folder of it could be written"),
    ),
    Layer(
        "private folders",
        Kind.FILES,
        "looking for other people's files in home, /tmp and /dev/shm, and making one in each",
        lambda facts: not facts["unwritable"] and list(facts["found"].values()) == [["lesson.py"], [], []],
        lambda facts: f"{_found(facts)} file in all, the program's own",
    ),
    Layer(
        "disk limit",
        Kind.FILES,
        "filling home, /tmp and /dev/shm, one after the other",
        lambda facts: 0 < facts["bytes_written"] <= PROBE_LIMITS.disk_bytes,
        lambda facts: f"full after {facts['bytes_written']:,} of {PROBE_LIMITS.disk_bytes:,} bytes in all",
    ),
    Layer(
        "file limit",
        Kind.FILES,
        "making one small file after the other in home, /tmp and /dev/shm by turns",
        lambda facts: 0 < facts["files_made"] <= PROBE_LIMITS.disk_inodes,
        lambda facts: f"{facts['files_made']} files made where {PROBE_LIMITS.disk_inodes} are allowed in all",
    ),
    Layer(
        "no host files",
        Kind.FILES,
        "looking for a file that the host has just made, its accounts, its /sys and this site's own code",
        lambda facts: not facts["host_files"],
        lambda facts: named(facts["host_files"], "none was seen"),
        OUR_FAULT,
    ),
    Layer(
        "no set-uid files",
        Kind.FILES,
        "looking for set-uid programs, and for file systems on which such a bit would count",
        lambda facts: not facts["set_uid_mounts"] and not facts["set_uid_files"],
        lambda facts: named([*facts["set_uid_files"], *facts["set_uid_mounts"]], "there are none"),
    ),
    Layer(
        "harmless devices",
        Kind.FILES,
        "listing /dev",
        lambda facts: bool(facts["devices"]) and set(facts["devices"]) <= IN_DEV,
        lambda facts: named(sorted(set(facts["devices"]) - IN_DEV), named(DEVICES, "")),
        OUR_FAULT,
    ),
)

NETWORK = (
    Layer(
        "no network",
        Kind.NETWORK,
        "connecting by IPv4 and by IPv6, and asking for a name",
        lambda facts: facts["interfaces"] == ["lo"] and not _reached(facts),
        lambda facts: (
            f"interfaces {named(facts['interfaces'], 'none')}; reached {named(_reached(facts), 'nothing')}"
        ),
    ),
    Layer(
        "no host ports",
        Kind.NETWORK,
        "connecting to a port that the host has just opened on loopback",
        lambda facts: not facts["host_port"],
        lambda facts: "reached" if facts["host_port"] else "out of reach",
        OUR_FAULT,
    ),
    Layer(
        "no abstract sockets of the host",
        Kind.NETWORK,
        "connecting to an abstract unix socket that the host has just opened",
        lambda facts: not facts["host_socket"],
        lambda facts: "reached" if facts["host_socket"] else "out of reach",
        OUR_FAULT,
    ),
    Layer(
        "practice internet",
        Kind.NETWORK,
        "fetching a page of practice.test by http and one of example.com by https",
        lambda facts: facts["practice"] == [200, 200],
        lambda facts: "answered http with {} and https with {}".format(*facts["practice"]),
        "Run `make install`; if it stays, port 80 or 443 cannot be had inside a jail on this kernel.",
    ),
)

PROCESSES = (
    Layer(
        "own processes only",
        Kind.PROCESSES,
        "listing all processes",
        lambda facts: sorted(facts["pids"])[:2] == [1, 2] and len(facts["pids"]) <= 4,
        lambda facts: f"sees {len(facts['pids'])}",
    ),
    Layer(
        "first process closed",
        Kind.PROCESSES,
        "opening memory, environment, descriptors and folders of process 1",
        lambda facts: not facts["read_of_first"],
        lambda facts: named(facts["read_of_first"], "nothing of it could be opened"),
        OUR_FAULT,
    ),
    Layer(
        "empty environment",
        Kind.PROCESSES,
        "looking for variables that are not a jail's own",
        lambda facts: not _strangers(facts),
        lambda facts: named(_strangers(facts), "only its own"),
        OUR_FAULT,
    ),
    Layer(
        "no open files",
        Kind.PROCESSES,
        "counting descriptors that were handed down",
        lambda facts: facts["descriptors"] == STREAMS_AND_EVENTS,
        lambda facts: (
            f"{facts['descriptors']} descriptors; the streams and the event pipe are {STREAMS_AND_EVENTS}"
        ),
        OUR_FAULT,
    ),
    Layer(
        "no terminal",
        Kind.PROCESSES,
        "opening the terminal of the session",
        lambda facts: not facts["terminal"],
        lambda facts: "there is one" if facts["terminal"] else "there is none",
        OUR_FAULT,
    ),
)

RIGHTS = (
    Layer(
        "no capabilities",
        Kind.RIGHTS,
        "reading the five sets of capabilities",
        lambda facts: not held_capabilities(facts),
        lambda facts: named(held_capabilities(facts), "none in any of the five sets"),
        OUR_FAULT,
    ),
    Layer(
        "no new privileges",
        Kind.RIGHTS,
        "asking the kernel whether a program could gain rights by starting another",
        lambda facts: facts["status"]["NoNewPrivs"] == "1",
        lambda facts: "none can be gained" if facts["status"]["NoNewPrivs"] == "1" else "they can be gained",
        OUR_FAULT,
    ),
    Layer(
        "no user namespaces inside",
        Kind.RIGHTS,
        "making one, in which the program would be root",
        lambda facts: facts["user_namespace"] is not None,
        lambda facts: (
            f"refused: {os.strerror(facts['user_namespace'])}"
            if facts["user_namespace"]
            else "one could be made"
        ),
    ),
    Layer(
        "no core dumps",
        Kind.RIGHTS,
        "crashing a process",
        _leaves_no_core,
        _tell_core,
        OUR_FAULT,
    ),
)

KERNEL_LIMITS = (
    Layer(
        "process limit",
        Kind.LIMITS,
        "starting 200 threads",
        lambda facts: 0 < facts["threads"] <= PROBE_LIMITS.processes + 1,
        lambda facts: f"{facts['threads']} started where {PROBE_LIMITS.processes} are allowed",
        "This needs a kernel of 5.14 or newer.",
    ),
    Layer(
        "address space",
        Kind.LIMITS,
        "asking for 64 GiB at once",
        lambda facts: not facts["huge_allocation"],
        lambda facts: "given" if facts["huge_allocation"] else "refused",
        OUR_FAULT,
    ),
)


def request_for_probe(*, name: str, host_file: Path, port: int, abstract_socket: str, project: Path) -> Facts:
    """What `probes/surroundings.py` is asked: to go by `name`, and to look for these things of the host."""
    files = [host_file, Path("/etc/shadow"), Path("/sys/class"), Path("/var/lib"), Path("/run"), project]
    return {
        "name": name,
        "files": list(map(str, files)),
        "port": port,
        "socket": abstract_socket,
        "most_bytes": 4 * PROBE_LIMITS.disk_bytes,
        "most_files": 4 * PROBE_LIMITS.disk_inodes,
    }
