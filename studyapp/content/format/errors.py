"""What is wrong in a document, each problem with its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class DocumentError:
    """One problem. `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DocumentErrors(Exception):
    """All problems of a document and of the notes beside it, in the order of their lines."""

    def __init__(self, errors: Iterable[DocumentError]) -> None:
        self.errors = tuple(sorted(errors, key=lambda error: (error.file, error.line)))
        super().__init__("\n".join(map(str, self.errors)))


class Problems:
    """Collects the problems of one file while the reading goes on."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors: list[DocumentError] = []

    def add(self, line: int, message: str, **values: object) -> None:
        self.errors.append(DocumentError(self.file, line, message.format(**values)))

    def stop(self, line: int, message: str, **values: object) -> NoReturn:
        """Raises DocumentErrors with this problem and those added before."""
        self.add(line, message, **values)
        raise DocumentErrors(self.errors)

    def raise_any(self) -> None:
        """Raises DocumentErrors when a problem was added."""
        if self.errors:
            raise DocumentErrors(self.errors)
