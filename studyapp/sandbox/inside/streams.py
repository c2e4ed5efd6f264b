"""Python's standard streams, made anew for descriptors that are not those it was started with."""

import io
import os
import sys

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_like_jails() -> None:
    """Once in the template, so that no jail has to: it will have pipes in these places, as there are now.

    The streams that Python was started with go by what those were, such as whether one can seek in them.
    """
    reading, writing = os.pipe()
    os.dup2(reading, sys.stdin.fileno())
    os.dup2(writing, sys.stdout.fileno())
    os.close(reading)
    os.close(writing)
    reopen()


def reopen() -> None:
    """What an unbuffered Python does when it starts: text over the bare descriptors, encoded as it was."""
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
