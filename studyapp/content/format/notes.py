"""Reads the dated notes that stand in a TOML file beside a document."""

import datetime
import re
import tomllib
from collections.abc import Collection
from typing import Any

from studyapp.content.format import refusals
from studyapp.content.format.document import Note, normalise_question
from studyapp.content.format.errors import Problems
from studyapp.content.format.source import read_text

MAX_BYTES = 256 * 1024
MAX_TEXT = 2_000
FIELDS = ("question", "date", "text")
_TABLE = re.compile(r"\s*\[\[\s*note\s*\]\]")
_PLACE = re.compile(r" \(at line ([0-9]+), column [0-9]+\)$")


def parse_notes(data: bytes | str, filename: str, questions: Collection[str] | None) -> tuple[Note, ...]:
    """The notes in `data`, each for one of the `questions`; None stands for questions not known.

    Raises DocumentErrors with every problem found.
    """
    problems = Problems(filename)
    text = read_text(data, limit=MAX_BYTES, problems=problems)
    tables = _read_tables(_read_toml(text, problems), problems)
    starts = [number for number, line in enumerate(text.split("\n"), 1) if _TABLE.match(line)]
    lines = starts if len(starts) == len(tables) else [1] * len(tables)
    notes = [_read_note(table, line, problems) for table, line in zip(tables, lines, strict=True)]
    _check_questions(notes, lines, questions, problems)
    problems.raise_any()
    return tuple(note for note in notes if note)


def _read_toml(text: str, problems: Problems) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place else text.rstrip("\n").count("\n") + 1
        problems.stop(line, refusals.NOTES_NOT_TOML, reason=_PLACE.sub("", str(error)))


def _read_tables(content: dict[str, Any], problems: Problems) -> list[dict[str, Any]]:
    """The `[[note]]` tables; anything else in the file is a problem."""
    for key in sorted(content.keys() - {"note"}):
        problems.add(1, refusals.NOTES_UNKNOWN_KEY, key=key)
    tables = content.get("note", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.stop(1, refusals.NOTES_NOT_TABLES)
    return tables


def _read_note(table: dict[str, Any], line: int, problems: Problems) -> Note | None:
    """The note, or None when a problem was added."""
    before = len(problems.errors)
    for key in sorted(table.keys() - set(FIELDS)):
        problems.add(line, refusals.NOTES_UNKNOWN_KEY, key=key)
    for key in FIELDS:
        if key not in table:
            problems.add(line, refusals.NOTES_MISSING, key=key)
    for key in ("question", "text"):
        value = table.get(key, "given")
        if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_TEXT:
            problems.add(line, refusals.NOTES_BAD_TEXT, key=key, limit=MAX_TEXT)
    if type(table.get("date", datetime.date.min)) is not datetime.date:
        problems.add(line, refusals.NOTES_BAD_DATE)
    if len(problems.errors) > before:
        return None
    return Note(table["question"].strip(), table["date"], table["text"].strip())


def _check_questions(
    notes: list[Note | None], lines: list[int], questions: Collection[str] | None, problems: Problems
) -> None:
    known = None if questions is None else {normalise_question(question) for question in questions}
    seen: set[str] = set()
    for note, line in zip(notes, lines, strict=True):
        key = normalise_question(note.question) if note else ""
        if key and key in seen:
            problems.add(line, refusals.NOTES_DUPLICATE)
        elif key and known is not None and key not in known:
            problems.add(line, refusals.NOTES_UNKNOWN_QUESTION)
        seen.add(key)
