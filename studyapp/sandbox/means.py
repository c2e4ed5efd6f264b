"""What jails are given beside their processes: an id outside, a control group, a disk."""

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from studyapp.sandbox.cgroups.group import Group
from studyapp.sandbox.cgroups.groups import Groups
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.outside_ids import OutsideIds

EMPTY_AGAIN_AFTER_S = 0.01
EMPTY_WITHIN_S = 10.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Disk:
    """How much the writable places of a jail hold together."""

    disk_bytes: int
    disk_inodes: int

    @classmethod
    def of(cls, limits: Limits) -> Self:
        return cls(limits.disk_bytes, limits.disk_inodes)


@dataclass(frozen=True, slots=True)
class Means:
    """`groups` is None on a host without control groups that the runner can use."""

    ids: OutsideIds
    groups: Groups | None = None
    _numbers: "count[int]" = field(default_factory=count)
    _clearing: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def accounting(self) -> str:
        """In words: who counts what a jail uses."""
        if self.groups is None:
            return "Summed up from /proc, a few times a second."
        names = ", ".join(sorted(self.groups.controllers))
        return f"Control groups version {self.groups.version}: {names}."

    def make_group(self) -> Group:
        """A group for one jail, where there are any. Raises OSError."""
        if self.groups is None:
            raise OSError("there are no control groups")
        return self.groups.make(next(self._numbers))

    def clear_away(self, group: Group) -> None:
        """Removes the group of a jail that has ended, as soon as the kernel lets go of it."""
        if not group.remove():
            clearing = asyncio.create_task(_remove(group))
            self._clearing.add(clearing)
            clearing.add_done_callback(self._clearing.discard)


async def _remove(group: Group) -> None:
    try:
        async with asyncio.timeout(EMPTY_WITHIN_S):
            while not group.remove():  # noqa: ASYNC110  # the kernel tells nobody
                await asyncio.sleep(EMPTY_AGAIN_AFTER_S)
    except TimeoutError:
        logger.error("a control group was not empty %s s after its jail had ended", EMPTY_WITHIN_S)
