"""docs/documents.md shows a document that is accepted and lists all that is refused."""

import re
from pathlib import Path

import pytest

from studyapp.content.format import parse_document, parse_notes, refusals

PAGE = (Path(__file__).parents[3] / "docs/documents.md").read_text()
MESSAGES = {name: value for name, value in vars(refusals).items() if name.isupper()}


def example(language: str) -> str:
    """The first example of the page in this language."""
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_example_is_a_document() -> None:
    cards = parse_document(example("text"), "example.txt").cards
    assert [bool(card.code) for card in cards] == [True, False]


def test_the_example_of_notes_belongs_to_the_example() -> None:
    questions = [card.question for card in parse_document(example("text"), "example.txt").cards]
    assert len(parse_notes(example("toml"), "example.notes.toml", questions)) == 1


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_listed(name: str) -> None:
    wrong = MESSAGES[name].split(";")[0].split(" ({reason})")[0].split(": {reason}")[0]
    pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(wrong))
    assert re.search(rf"^\|.*{pattern}", PAGE, re.MULTILINE)
