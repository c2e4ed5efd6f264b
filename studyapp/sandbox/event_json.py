"""The JSON of events. A run has hundreds, so the runner reads and writes them with msgspec.

Only the runner imports this: who merely talks to it needs nothing but the standard library.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from studyapp.sandbox import wire

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def parse_line(line: bytes) -> object:
    """Exactly what `wire.parse_json` makes of it, and as strict: raises WireError.

    msgspec takes a little less than that, such as no lone surrogates: what it refuses gets a second reading.
    """
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return wire.parse_json(line)


def dump_event(event: Mapping[str, Any]) -> bytes:
    """Compact JSON without a line break, of an event that was checked or is our own."""
    return _encode(event)
