"""Which user of the host a jail's learner is: one of a range of its own, if the runner was given a range."""

import os
from collections import deque

FIRST_AND_ONLY = 1


class OutsideIds:
    """`count` ids from 0 belong to this process's user namespace: 0 is the runner, 1 and on are for jails.

    With `count` 1 there is nothing to share out: every jail has the runner's own id.
    """

    def __init__(self, count: int) -> None:
        self.has_range = count > FIRST_AND_ONLY
        self._free = deque(range(FIRST_AND_ONLY, count)) if self.has_range else None

    def take(self) -> int:
        """An id that no living jail has, the one that was free for longest."""
        return os.getuid() if self._free is None else self._free.popleft()

    def give_back(self, outside_id: int) -> None:
        if self._free is not None:
            self._free.append(outside_id)
