"""One layer of the jail: what is tried of it, and how the answer is read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Facts = dict[str, Any]
"""What the probes brought back, and what the host saw of them meanwhile."""


class Kind(StrEnum):
    """Which part of the jail a layer belongs to, in the order in which they are told."""

    JAIL = "jail"
    NAMESPACES = "namespaces"
    FILES = "files"
    NETWORK = "network"
    PROCESSES = "processes"
    RIGHTS = "rights"
    SYSTEM_CALLS = "system calls"
    LIMITS = "limits"
    ENDS = "ends"


TITLES = {
    Kind.JAIL: "The jail itself",
    Kind.NAMESPACES: "Namespaces: each program alone in a system of its own",
    Kind.FILES: "Files: little to see, less to write",
    Kind.NETWORK: "Network: nothing to reach but the practice internet",
    Kind.PROCESSES: "Processes: nobody else's, and nothing handed down",
    Kind.RIGHTS: "Rights: none, and no way to gain any",
    Kind.SYSTEM_CALLS: "System calls: what the kernel does not do for a program",
    Kind.LIMITS: "Limits: how much a program is given",
    Kind.ENDS: "Ends: what becomes of a program that goes too far",
}

OUR_FAULT = "This is a fault of this program: report it, and let nobody run code until it is mended."
HOST_FAULT = (
    "Look at how this machine or container sets up namespaces and mounts; docs/security.md names each."
)


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """One layer as tried just now: what was found, and what to do where it does not hold.

    `kind` groups layers and `tried` says what was attempted. A `weak` layer holds, but less well than on a
    host that was set up for it; `detail` says what that means.
    """

    name: str
    ok: bool
    detail: str
    remedy: str
    kind: str
    tried: str
    weak: bool = False

    @property
    def word(self) -> str:
        """The outcome in one word."""
        if not self.ok:
            return "missing"
        return "weak" if self.weak else "holds"


@dataclass(frozen=True, slots=True)
class Group:
    """The layers of one kind."""

    title: str
    layers: list[LayerCheck]

    @property
    def problems(self) -> int:
        """How many are missing or weak."""
        return sum(layer.word != "holds" for layer in self.layers)


def group_by_kind(layers: Iterable[LayerCheck]) -> list[Group]:
    """All layers, in the order in which kinds are told."""
    told = list(layers)
    groups = (Group(title, [layer for layer in told if layer.kind == kind]) for kind, title in TITLES.items())
    return [group for group in groups if group.layers]


@dataclass(frozen=True, slots=True)
class Layer:
    """How one layer is read from the facts."""

    name: str
    kind: Kind
    tried: str
    holds: Callable[[Facts], bool]
    shown: Callable[[Facts], object]
    remedy: str = HOST_FAULT
    is_weak: Callable[[Facts], bool] = lambda _: False
    weak_remedy: str = ""

    def judge(self, facts: Facts) -> LayerCheck:
        ok = self.holds(facts)
        weak = ok and self.is_weak(facts)
        remedy = self.weak_remedy if weak else "" if ok else self.remedy
        return LayerCheck(self.name, ok, str(self.shown(facts)), remedy, self.kind, self.tried, weak)


def named(words: object, otherwise: str) -> str:
    """The members of a list in words, or what is said where there are none."""
    return ", ".join(map(str, words)) if isinstance(words, (list, set, tuple)) and words else otherwise
