"""Holds what a run uses against its limits. Pure: usage and time in, a reason to end out."""

from studyapp.sandbox.jail import OWN_TASKS
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.meter import Usage
from studyapp.sandbox.pieces import EndReason

CROWDED_FOR_S = 0.5
"""A program may try for more processes than it has and go on; one that stays beyond its limit is ended."""


class Watchdog:
    """Told from time to time what the whole jail uses, its own few processes included."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._crowded_since: float | None = None
        self.cpu_s = 0.0
        self.memory_bytes = 0
        self.most_tasks = 0

    @property
    def crowded(self) -> bool:
        """Whether the program was ever seen with more than half of its processes and threads."""
        return self.most_tasks > self._limits.processes // 2

    def check(self, usage: Usage, now_s: float) -> EndReason | None:
        """The limit that is broken now, if any."""
        tasks = usage.tasks - OWN_TASKS
        self.cpu_s = usage.cpu_s
        self.memory_bytes = usage.memory_bytes
        self.most_tasks = max(self.most_tasks, tasks)
        if tasks <= self._limits.processes:
            self._crowded_since = None
        elif self._crowded_since is None:
            self._crowded_since = now_s
        if usage.memory_bytes > self._limits.memory_bytes:
            return self.name_for_memory()
        if self.cpu_s > self._limits.cpu_s:
            return EndReason.CPU_LIMIT
        if self._crowded_since is not None and now_s - self._crowded_since >= CROWDED_FOR_S:
            return EndReason.PROCESS_LIMIT
        return None

    def name_for_memory(self) -> EndReason:
        """The limit behind a want of memory: that of processes while there are more of them than allowed."""
        return EndReason.MEMORY_LIMIT if self._crowded_since is None else EndReason.PROCESS_LIMIT
