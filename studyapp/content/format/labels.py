"""The words that begin a part of a card, and what only resembles them."""

import difflib
import re
from typing import Literal

Label = Literal["Question", "Answer", "Explanation"]
LABELS: tuple[Label, ...] = ("Question", "Answer", "Explanation")

_EXACT = re.compile(r"(Question|Answer|Explanation):(?=\s|$)")
# A capitalised word and a colon (also the full-width one) at the very start of a line.
_CAPITALISED = re.compile(r"([A-Z][A-Za-z]{0,29})\s*[:\uff1a]")
# The same for the start of a paragraph, where indentation, Markdown and other alphabets are seen through.
_ANY_WORD = re.compile(r"\s*([*_#>]*)\s*([^\W\d_]{1,30})[*_]*\s*[:\uff1a][*_]*(?=\s|$)")


def find_label(line: str) -> tuple[Label, str, bool] | None:
    """The label that begins the line, the text after it, and whether it is spelt as it should be.

    A capitalised word that is nearly a label counts as that label, so that one slip gives one error.
    """
    if exact := _EXACT.match(line):
        return _as_label(exact[1]), line[exact.end() :], True
    near = _CAPITALISED.match(line)
    label = nearest_label(near[1]) if near else None
    return (label, line[near.end() :], False) if near and label else None


def find_unknown_label(line: str) -> tuple[str, Label | None] | None:
    """The word that stands like a label at the start of a paragraph, and the label it may mean.

    One capitalised word before a colon is a label; a lower-case word is one only if it is nearly a
    known one. "For tasks: …" has two words and "asyncio: …" is lower-case, so both are prose;
    "# Note: …" is a comment.
    """
    match = _ANY_WORD.match(line)
    if match is None:
        return None
    before, word = match.groups()
    meant = nearest_label(word)
    return (word, meant) if meant or (word[0].isupper() and "#" not in before) else None


def nearest_label(word: str) -> Label | None:
    """The label that `word` is or nearly is, whatever its case."""
    close = difflib.get_close_matches(word.capitalize(), LABELS, n=1, cutoff=0.75)
    return _as_label(close[0]) if close else None


def _as_label(word: str) -> Label:
    return next(label for label in LABELS if label == word)
