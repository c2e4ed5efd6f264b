"""Standard output and error as the learner's program sees them: ordinary text files that tell each write."""

import codecs
import io
from collections.abc import Callable
from typing import Any, TextIO

Tell = Callable[[str], object]


class _Bytes(io.RawIOBase):
    """The bottom, for programs that write bytes: `sys.stdout.buffer.write(…)`."""

    def __init__(self, replaced: TextIO, tell: Tell) -> None:
        self.name = replaced.name
        self.mode = "wb"
        self._fileno = replaced.fileno
        self._tell = tell
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fileno()

    def isatty(self) -> bool:
        return False

    def write(self, data: Any, /) -> int:
        written = bytes(data)
        self._tell(self._decode(written))
        return len(written)

    def end(self) -> None:
        """Tells of a character that was never completed."""
        rest = self._decode(b"", final=True)
        if rest:
            self._tell(rest)


class _Unbuffered(io.BufferedWriter):
    """Keeps bytes in their place among the text, which is never held back."""

    def write(self, data: Any, /) -> int:
        written = super().write(data)
        self.flush()
        return written


class OutputStream(io.TextIOWrapper):
    """Stands in for `replaced`: text goes to `tell` in pieces, as it is written and by whom it is written."""

    mode = "w"

    def __init__(self, replaced: TextIO, tell: Tell) -> None:
        self._bytes = _Bytes(replaced, tell)
        super().__init__(_Unbuffered(self._bytes), "utf-8", replaced.errors, "\n", write_through=True)
        self._tell = tell

    def end(self) -> None:
        """Nothing more will be written."""
        self._bytes.end()

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if not text.isascii():
            text = text.encode("utf-8", self.errors or "strict").decode("utf-8", "replace")
        self._tell(text)
        return len(text)
