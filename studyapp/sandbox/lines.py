"""Cuts a stream of bytes from a guest into lines of bounded length."""

LONGEST_LINE = 256 * 1024


class LineSplitter:
    """Feed it chunks, get whole lines without their end; None stands for a line that was too long."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes | None]:
        """The lines that `chunk` completes. Holds back at most one unfinished line."""
        self._rest += chunk
        *whole, rest = self._rest.split(b"\n")
        lines = [None if len(line) > self._longest else bytes(line) for line in whole]
        if whole and self._skipping:
            self._skipping = False
            lines = lines[1:]
        if len(rest) > self._longest or self._skipping:
            if not self._skipping:
                lines.append(None)
            self._skipping = True
            rest = bytearray()
        self._rest = rest
        return lines
