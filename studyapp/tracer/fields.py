"""Checks of single values: each takes what a guest sent and returns it clean, or raises FieldError."""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[object], Any]

LONGEST_WORD = 120
LONGEST_OUTPUT = 16_384
DEEPEST_STACK = 64
DEEPEST_ERROR = 6
MOST_ERRORS = 64
LARGEST_WHOLE = 2**53 - 1


class FieldError(ValueError):
    """A value that its field does not allow; the message says what is allowed."""


def clean_text(text: str) -> str:
    """The same text with lone surrogates replaced, so that it can be stored and sent as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def text(longest: int = LONGEST_WORD) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise FieldError(f"must be text of at most {longest} characters")
        return clean_text(value)

    return check


def one_of(*words: str) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise FieldError(f"must be one of {', '.join(words)}")
        return value

    return check


def whole(least: int = 0, most: int = LARGEST_WHOLE) -> Check:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise FieldError(f"must be a whole number from {least} to {most}")

    return check


def number(least: float, most: float) -> Check:
    def check(value: object) -> int | float:
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            return round(value, 3)
        raise FieldError(f"must be a number from {least:g} to {most:g}")

    return check


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError("must be true or false")
    return value


def optional(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def either(first: Check, second: Check) -> Check:
    def check(value: object) -> Any:
        try:
            return first(value)
        except FieldError as error:
            try:
                return second(value)
            except FieldError as other:
                raise FieldError(f"{error}, or {other}") from None

    return check


_line = whole(0, 1_000_000)
_word = text()


def stack(value: object) -> list[list[int | str]]:
    """`[[line, function], …]`, outermost first."""
    if not isinstance(value, list) or len(value) > DEEPEST_STACK:
        raise FieldError(f"must be a list of at most {DEEPEST_STACK} pairs [line, function]")
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise FieldError("must hold pairs [line, function]")
    return [[_line(line), _word(function)] for line, function in value]


ERROR_FIELDS: Mapping[str, Check] = {"type": _word, "msg": text(1000), "line": optional(_line)}


def error(value: object) -> dict[str, Any]:
    """`{type, msg, line, sub}`; `sub` holds the members of an exception group in the same shape."""
    return _error(value, DEEPEST_ERROR, [MOST_ERRORS])


def _error(value: object, depth: int, left: list[int]) -> dict[str, Any]:
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        raise FieldError(f"must nest at most {DEEPEST_ERROR} deep and hold at most {MOST_ERRORS} errors")
    if not isinstance(value, dict) or value.keys() != {*ERROR_FIELDS, "sub"}:
        raise FieldError("must be an object of type, msg, line and sub")
    if not isinstance(value["sub"], list):
        raise FieldError("must have a list in sub")
    clean = {name: check(value[name]) for name, check in ERROR_FIELDS.items()}
    clean["sub"] = [_error(member, depth - 1, left) for member in value["sub"]]
    return clean
