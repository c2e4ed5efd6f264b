"""Who has used how much lately, so that those who have used little can go first."""

HALF_LIFE_S = 60.0
NEGLIGIBLE_S = 0.05
MOST_OWNERS = 4096


class Usage:
    """Seconds of places by owner; what was used is worth half of it a minute later, and nothing in the end.

    Remembers at most MOST_OWNERS, those who used a place last. "" is nobody and never uses anything.
    """

    def __init__(self) -> None:
        self._used: dict[str, tuple[float, float]] = {}
        """Seconds, and the time at which they were worth that; who used a place last stands last."""

    def __len__(self) -> int:
        return len(self._used)

    def of(self, owner: str, now: float) -> float:
        """Seconds that count against the owner; `now` is in seconds of any clock that never goes back."""
        used_s, at = self._used.get(owner, (0.0, now))
        left_s: float = used_s * 0.5 ** ((now - at) / HALF_LIFE_S)
        return left_s if left_s > NEGLIGIBLE_S else 0.0

    def add(self, owner: str, seconds: float, now: float) -> None:
        """Counts a place that was held for so long, and forgets whom it can."""
        if not owner:
            return
        used_s = self.of(owner, now) + seconds
        self._used.pop(owner, None)
        self._used[owner] = (used_s, now)
        while self._used and self._forgets(oldest := next(iter(self._used)), now):
            del self._used[oldest]

    def _forgets(self, owner: str, now: float) -> bool:
        return len(self) > MOST_OWNERS or not self.of(owner, now)
