"""A question-and-answer document as data."""

import datetime
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A question with its answer; `explanation` and `code` may be empty.

    Paragraphs of prose are parted by an empty line. `line` is where the question stands and
    `code_line` where the code begins, 0 without code; both count from 1.
    """

    question: str
    answer: str
    explanation: str
    code: str
    line: int
    code_line: int


@dataclass(frozen=True, slots=True)
class Document:
    """A numbered section with its cards in the order of the file."""

    number: int
    title: str
    introduction: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What has changed since a card was written, said on `date`; `question` is the card's own."""

    question: str
    date: datetime.date
    text: str


def normalise_question(question: str) -> str:
    """The form in which two questions are the same question: spacing and case do not count."""
    return " ".join(unicodedata.normalize("NFC", question).casefold().split())
