"""From the bytes of a file to its text."""

import re

from studyapp.content.format import refusals
from studyapp.content.format.errors import Problems

_BOM = "\ufeff"


def read_text(data: bytes | str, *, limit: int, problems: Problems) -> str:
    """The text without byte order mark and with plain line ends.

    Raises DocumentErrors when it is larger than `limit` bytes, not UTF-8 or holds NUL characters.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > limit:
        problems.stop(1, refusals.TOO_LARGE, limit=limit)
    text = _decode(raw, problems).removeprefix(_BOM)
    for number, line in enumerate(text.split("\n"), 1):
        if "\0" in line:
            problems.add(number, refusals.NUL)
    problems.raise_any()
    return text


def _decode(raw: bytes, problems: Problems) -> str:
    try:
        return _plain_line_ends(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = _plain_line_ends(raw[: error.start].decode("utf-8")).count("\n") + 1
        problems.stop(line, refusals.NOT_UTF8, byte=f"0x{raw[error.start]:02x}", offset=error.start)


def _plain_line_ends(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)
