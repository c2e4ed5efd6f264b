"""The dated notes beside a document."""

import datetime
from pathlib import Path

import pytest

from studyapp.content.format import DocumentErrors, Note, parse_document, parse_notes, refusals
from studyapp.content.format.notes import MAX_BYTES, MAX_TEXT

FOLDER = Path(__file__).parents[3] / "studyapp/content/lessons/concurrency"
GOOD = '[[note]]\nquestion = "Why?"\ndate = 2026-11-22\ntext = "It changed."\n'


def problems_in(data: str | bytes, questions: list[str] | None = None) -> list[str]:
    with pytest.raises(DocumentErrors) as caught:
        parse_notes(data, "deck.notes.toml", ["Why?"] if questions is None else questions)
    return [str(error) for error in caught.value.errors]


def problem(line: int, message: str, **values: object) -> str:
    return f"deck.notes.toml:{line}: {message.format(**values)}"


def test_a_note_has_question_date_and_text() -> None:
    assert parse_notes(GOOD, "deck.notes.toml", ["why?"]) == (
        Note("Why?", datetime.date(2026, 11, 22), "It changed."),
    )


def test_a_file_without_notes_is_no_problem() -> None:
    assert parse_notes("# nothing yet\n", "deck.notes.toml", []) == ()


def test_the_notes_of_the_customers_document_date_the_card_on_free_threading() -> None:
    cards = parse_document((FOLDER / "concurrency.txt").read_bytes(), "concurrency.txt").cards
    data = (FOLDER / "concurrency.notes.toml").read_bytes()
    (note,) = parse_notes(data, "concurrency.notes.toml", [card.question for card in cards])
    assert note.question == cards[6].question
    assert note.date.year == 2026
    assert "PEP 779" in note.text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            '[[note]]\nquestion = "Why?\n',
            problem(2, refusals.NOTES_NOT_TOML, reason="Illegal character '\\n'"),
        ),
        (f'{GOOD}colour = "red"\n', problem(1, refusals.NOTES_UNKNOWN_KEY, key="colour")),
        (f"title = 1\n{GOOD}", problem(1, refusals.NOTES_UNKNOWN_KEY, key="title")),
        ("note = 3\n", problem(1, refusals.NOTES_NOT_TABLES)),
        (GOOD.replace("date = 2026-11-22\n", ""), problem(1, refusals.NOTES_MISSING, key="date")),
        (
            GOOD.replace('"It changed."', '" "'),
            problem(1, refusals.NOTES_BAD_TEXT, key="text", limit=MAX_TEXT),
        ),
        (GOOD.replace('"Why?"', "7"), problem(1, refusals.NOTES_BAD_TEXT, key="question", limit=MAX_TEXT)),
        (
            GOOD.replace("It changed.", "a" * (MAX_TEXT + 1)),
            problem(1, refusals.NOTES_BAD_TEXT, key="text", limit=MAX_TEXT),
        ),
        (GOOD.replace("2026-11-22", '"2026-11-22"'), problem(1, refusals.NOTES_BAD_DATE)),
        (GOOD.replace("2026-11-22", "2026-11-22T10:00:00"), problem(1, refusals.NOTES_BAD_DATE)),
        (f"{GOOD}\n{GOOD.replace('W', 'w')}", problem(6, refusals.NOTES_DUPLICATE)),
        (f"\n{GOOD.replace('Why', 'How')}", problem(2, refusals.NOTES_UNKNOWN_QUESTION)),
        ("a" * (MAX_BYTES + 1), problem(1, refusals.TOO_LARGE, limit=MAX_BYTES)),
        (b"# \xff", problem(1, refusals.NOT_UTF8, byte="0xff", offset=2)),
    ],
)
def test_a_wrong_note_is_refused_with_its_line(data: str | bytes, expected: str) -> None:
    assert problems_in(data) == [expected]


def test_values_nested_too_deeply_are_refused() -> None:
    ((told),) = problems_in("note = " + "[" * 5_000)
    assert "not valid TOML" in told


def test_all_wrong_notes_are_told_at_once() -> None:
    told = problems_in(f'[[note]]\ntext = ""\n\n{GOOD.replace("Why", "How")}')
    assert [int(line.split(":")[1]) for line in told] == [1, 1, 1, 4]


def test_questions_are_not_compared_when_the_document_could_not_be_read() -> None:
    assert len(parse_notes(GOOD.replace("Why", "How"), "deck.notes.toml", None)) == 1
