"""What modules want done around a fork, held back until there is a guest's process that may fork.

A template and the first process of a jail fork with one thread and no lock held. Nothing has to be put right
then, and each page of memory that would be written to for it costs a copy.
"""

import os
from collections.abc import Callable

_register = os.register_at_fork
_held_back: list[dict[str, Callable[[], object]]] = []


def hold_back() -> None:
    """From now on modules ask in vain, until `hand_over`. Call it before they are imported."""
    os.register_at_fork = _take_note  # type: ignore[assignment]  # takes the same words, as a mapping


def hand_over() -> None:
    """Does as they asked, from the next fork on."""
    os.register_at_fork = _register
    for functions in _held_back:
        _register(**functions)


def _take_note(**functions: Callable[[], object]) -> None:
    _held_back.append(functions)
