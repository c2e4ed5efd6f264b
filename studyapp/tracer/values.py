"""A result as a short text, without running any of the learner's code and without reading all of it."""

import reprlib
from typing import Any

from .fields import LONGEST_WORD, clean_text


class _Shortener(reprlib.Repr):
    """Shows plain data, and everything else by the name of its type."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = 60

    def repr1(self, x: Any, level: int) -> str:
        if type(x).__module__ != "builtins":
            return f"<{type(x).__name__}>"
        return super().repr1(x, level)

    def repr_bytes(self, x: bytes, level: int) -> str:
        return self.repr_str(x[:LONGEST_WORD], level)  # type: ignore[arg-type] # only sliced and shown

    def repr_instance(self, x: Any, level: int) -> str:
        return repr(x) if isinstance(x, bool | float | complex | None) else f"<{type(x).__name__}>"


_shorten = _Shortener().repr


def show_value(value: object) -> str:
    try:
        return clean_text(_shorten(value))[:LONGEST_WORD]
    except Exception:  # a number too large to be written, say
        return f"<{type(value).__name__}>"[:LONGEST_WORD]
