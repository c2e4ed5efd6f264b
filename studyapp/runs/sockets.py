"""How many sockets each visitor has open in this process."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings

_open: Counter[str] = Counter()


@contextmanager
def opened_by(visitor: str) -> Iterator[bool]:
    """Counts one more socket while inside. False, and not counted, if the visitor has too many."""
    if _open[visitor] >= settings.SOCKETS_PER_VISITOR:
        yield False
        return
    _open[visitor] += 1
    try:
        yield True
    finally:
        _open[visitor] -= 1
        if not _open[visitor]:
            del _open[visitor]


def visitor_of(scope: Mapping[str, Any]) -> str:
    """Whose socket it is: an account's, or that of an address where there is none."""
    user = scope["user"]
    address, *_ = scope.get("client") or [""]
    return f"account {user.pk}" if user.pk else f"address {address}"
