"""Python's standard streams, made anew for descriptors that are not those it was started with."""

import io
import sys

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def reopen() -> None:
    """What an unbuffered Python does when it starts: text over the bare descriptors, encoded as it was.

    The old streams would go by what they knew of the template's, such as whether one can seek in them.
    """
    for descriptor, (name, mode) in enumerate(STREAMS):
        stream = _open(descriptor, mode, f"<{name}>", like=getattr(sys, name))
        for place in (name, f"__{name}__"):
            setattr(sys, place, stream)


def _open(descriptor: int, mode: str, name: str, *, like: io.TextIOWrapper) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, mode + "b", closefd=False)
    raw.name = name
    stream = io.TextIOWrapper(
        io.BufferedReader(raw) if mode == "r" else raw,
        encoding=like.encoding,
        errors=like.errors,
        write_through=mode == "w",
    )
    stream.mode = mode  # type: ignore[misc]  # `open` sets it too
    return stream
