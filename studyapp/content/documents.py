"""Documents on disk: the file, and the notes that lie beside it."""

from dataclasses import dataclass
from pathlib import Path

from django.utils.text import slugify

from studyapp.content.format import (
    Document,
    DocumentErrors,
    Note,
    normalise_question,
    parse_document,
    parse_notes,
    refusals,
)
from studyapp.content.format.errors import Problems
from studyapp.content.format.notes import MAX_BYTES as MAX_NOTES_BYTES
from studyapp.content.format.parser import MAX_BYTES as MAX_DOCUMENT_BYTES

MAX_SLUG = 100


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document with its notes; `slug` is the address of its deck."""

    slug: str
    document: Document
    notes: tuple[Note, ...]

    @property
    def notes_by_question(self) -> dict[str, Note]:
        """By the normalised question."""
        return {normalise_question(note.question): note for note in self.notes}


def read_document(path: Path) -> DocumentFile:
    """The document at `path` and the notes in `<stem>.notes.toml` beside it, if that file is there.

    Raises DocumentErrors with every problem of both files.
    """
    problems = Problems(str(path))
    slug = slugify(path.stem)[:MAX_SLUG].strip("-")
    if not slug:
        problems.stop(1, refusals.BAD_STEM)
    data = _read_bytes(path, MAX_DOCUMENT_BYTES)
    if data is None:
        problems.stop(1, refusals.UNREADABLE, reason="there is no such file")
    document = _read_document(data, path, problems)
    notes = _read_notes(path.with_name(f"{path.stem}.notes.toml"), document, problems)
    if document is None or problems.errors:
        raise DocumentErrors(problems.errors)
    return DocumentFile(slug, document, notes)


def _read_document(data: bytes, path: Path, problems: Problems) -> Document | None:
    try:
        return parse_document(data, str(path))
    except DocumentErrors as errors:
        problems.errors.extend(errors.errors)
    return None


def _read_notes(path: Path, document: Document | None, problems: Problems) -> tuple[Note, ...]:
    questions = [card.question for card in document.cards] if document else None
    try:
        data = _read_bytes(path, MAX_NOTES_BYTES)
        return parse_notes(data, str(path), questions) if data is not None else ()
    except DocumentErrors as errors:
        problems.errors.extend(errors.errors)
    return ()


def _read_bytes(path: Path, limit: int) -> bytes | None:
    """The file's bytes, or None when there is no file.

    Not more than one byte over `limit` is read, which is enough to see that the file is too large.
    """
    problems = Problems(str(path))
    try:
        if path.exists() and not path.is_file():
            problems.stop(1, refusals.UNREADABLE, reason="it is not a file")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        problems.stop(1, refusals.UNREADABLE, reason=error.strerror or error)
