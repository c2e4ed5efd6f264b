"""Standard output and error as the learner's program sees them: ordinary text files that tell each write."""

import codecs
import io
from collections.abc import Callable
from typing import Any

Tell = Callable[[str], object]


class _Bytes(io.RawIOBase):
    """The bottom, for programs that write bytes: `sys.stdout.buffer.write(…)`."""

    def __init__(self, name: str, fd: int, tell: Tell) -> None:
        self.name = name
        self.mode = "wb"
        self._fd = fd
        self._tell = tell
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return False

    def write(self, data: Any, /) -> int:
        written = bytes(data)
        self._tell(self._decode(written))
        return len(written)


class _Unbuffered(io.BufferedWriter):
    """Keeps bytes in their place among the text, which is never held back."""

    def write(self, data: Any, /) -> int:
        written = super().write(data)
        self.flush()
        return written


class OutputStream(io.TextIOWrapper):
    """Text goes to `tell` in the pieces it is written in, by the thread and task that writes it."""

    mode = "w"

    def __init__(self, name: str, fd: int, tell: Tell, *, errors: str) -> None:
        super().__init__(_Unbuffered(_Bytes(name, fd, tell)), "utf-8", errors, "\n", write_through=True)
        self._tell = tell

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if not text.isascii():
            text = text.encode("utf-8", self.errors or "strict").decode("utf-8", "replace")
        self._tell(text)
        return len(text)
