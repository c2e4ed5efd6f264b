"""What one jail uses: told by its control group as far as there is one, else summed up from /proc."""

from studyapp.sandbox.cgroups.group import Group
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.meter import Meter, Usage


class Account:
    """Of the jail whose first process has the pid `first_pid`. Raises OSError once its group is removed.

    `is_counted`: its group tells all that is asked, and so holds it to its memory and processes by itself.
    """

    def __init__(self, first_pid: int, group: Group | None, limits: Limits) -> None:
        self._meter = Meter(first_pid, precise_above=limits.memory_bytes // 2)
        self._group = group
        self._limits = limits
        self.is_counted = False

    def sample(self) -> Usage:
        """Usage right now. Memory that its group counts is within the limit as long as the kernel says so."""
        if self._group is None:
            return self._sum_up()
        told = self._group.usage()
        if told.memory_bytes is None or told.cpu_s is None or told.tasks is None:
            found = self._sum_up()
        else:
            self.is_counted = True
            found = Usage(told.cpu_s, told.memory_bytes, told.tasks)
        return Usage(
            found.cpu_s if told.cpu_s is None else told.cpu_s,
            found.memory_bytes if told.memory_bytes is None else self._judge(told.memory_bytes),
            found.tasks if told.tasks is None else told.tasks,
        )

    def _sum_up(self) -> Usage:
        """Looks twice before it tells of too much: what forks between two processes of a sum is in both."""
        found = self._meter.sample()
        if found.memory_bytes <= self._limits.memory_bytes:
            return found
        return min(found, self._meter.sample(), key=lambda usage: usage.memory_bytes)

    def broke_memory(self) -> bool:
        """Whether the kernel has ended a process of it for want of memory."""
        return self._group is not None and self._group.broke_memory()

    def was_refused_tasks(self) -> bool | None:
        """Whether the kernel has refused it a process or thread; None where no group counts that."""
        return None if self._group is None else self._group.was_refused_tasks()

    def _judge(self, memory_bytes: int) -> int:
        """What a group counts includes cached parts of files, which the kernel takes back when it must."""
        most = self._limits.memory_bytes
        return most + 1 if self.broke_memory() else min(memory_bytes, most)
