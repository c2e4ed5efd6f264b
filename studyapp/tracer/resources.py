"""Semaphores, locks, queues and groups, numbered: each is announced at its first use."""

import weakref
from collections.abc import Callable

from .traces import Numbers

Announce = Callable[[int, str, int | None, int | None], None]


class _Resource:
    __slots__ = ("kind", "limit", "number", "reference", "site")

    def __init__(self, kind: str, limit: int | None, site: int | None) -> None:
        self.kind = kind
        self.limit = limit
        self.site = site
        self.number = 0
        self.reference: weakref.ref[object]


class Resources:
    """Knows things by identity only: a learner's own __eq__ or __hash__ is never called."""

    def __init__(self, announce: Announce) -> None:
        self._announce = announce
        self._known: dict[int, _Resource] = {}
        self._used: dict[int, _Resource] = {}
        self._numbers = Numbers()

    def remember(
        self, thing: object, kind: str, *, limit: int | None = None, site: int | None = None
    ) -> None:
        resource = _Resource(kind, limit, site)
        key = id(thing)

        def forget(_: weakref.ref[object]) -> None:
            self._known.pop(key, None)
            self._used.pop(resource.number, None)

        resource.reference = weakref.ref(thing, forget)
        self._known[key] = resource

    def number(self, thing: object, kind: str) -> int:
        if id(thing) not in self._known:
            self.remember(thing, kind)
        resource = self._known[id(thing)]
        if resource.number == 0:
            resource.number = self._numbers.next()
            self._used[resource.number] = resource
            self._announce(resource.number, resource.kind, resource.limit, resource.site)
        return resource.number

    def thing(self, number: int) -> object:
        return self._used[number].reference()

    def limit(self, number: int) -> int:
        return self._used[number].limit or 0
