"""What is refused, where, and in which words."""

import pytest

from studyapp.content.format import DocumentErrors, parse_document, refusals
from studyapp.content.format.cards import MAX_QUESTION
from studyapp.content.format.parser import MAX_BYTES, MAX_TITLE
from studyapp.content.format.sections import MAX_CODE_BYTES

HEAD = "4. T\n\n"
CARD = "Question: Q?\n\nAnswer: A.\n\n"


def problems_in(data: str | bytes) -> list[str]:
    with pytest.raises(DocumentErrors) as caught:
        parse_document(data, "deck.txt")
    return [str(error) for error in caught.value.errors]


def problem(line: int, message: str, **values: object) -> str:
    return f"deck.txt:{line}: {message.format(**values)}"


@pytest.mark.parametrize(
    "data", ["", "\n \n\t\n", b"\xef\xbb\xbf"], ids=["no byte", "only spaces", "only a mark"]
)
def test_an_empty_file_is_refused(data: str | bytes) -> None:
    assert problems_in(data) == [problem(1, refusals.EMPTY)]


def test_bytes_that_are_not_utf_8_are_refused_with_line_and_offset() -> None:
    assert problems_in(b"4. T\r\n\r\nQuestion: caf\xe9?") == [
        problem(3, refusals.NOT_UTF8, byte="0xe9", offset=21)
    ]


def test_a_text_that_cannot_be_utf_8_is_refused() -> None:
    assert problems_in("4. T\n\ud800") == [problem(2, refusals.NOT_UTF8, byte="0xed", offset=5)]


def test_nul_characters_are_refused_on_each_line() -> None:
    assert problems_in("4. T\0\n\nQuestion\0") == [problem(1, refusals.NUL), problem(3, refusals.NUL)]


def test_a_file_over_the_greatest_size_is_refused() -> None:
    assert problems_in(b"a" * (MAX_BYTES + 1)) == [problem(1, refusals.TOO_LARGE, limit=MAX_BYTES)]


@pytest.mark.parametrize("first", ["Concurrency", "4.Concurrency", "12345. Concurrency", "IV. Concurrency"])
def test_a_document_without_a_numbered_heading_is_refused(first: str) -> None:
    assert problems_in(f"{first}\n\n{CARD}") == [problem(1, refusals.MISSING_HEADING)]


def test_a_document_that_begins_with_a_question_has_no_heading() -> None:
    assert problems_in(CARD) == [problem(1, refusals.MISSING_HEADING)]


def test_a_second_heading_is_refused_and_what_follows_it_is_still_read() -> None:
    assert problems_in(f"{HEAD}{CARD}x = 1\n\n5. Databases\n\nShort.\n\nQuestion: R?") == [
        problem(9, refusals.SECOND_HEADING),
        problem(13, refusals.NO_ANSWER),
    ]


def test_a_numbered_sentence_is_no_heading() -> None:
    assert parse_document(f"{HEAD}{CARD}5. Close the queue.", "deck.txt").cards[0].answer.endswith("queue.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"4. {'T' * (MAX_TITLE + 1)}\n\n{CARD}", problem(1, refusals.LONG_TITLE, limit=MAX_TITLE)),
        (f"{HEAD}Only words.", problem(1, refusals.NO_QUESTION)),
        (f"{HEAD}import asyncio\n\n{CARD}", problem(3, refusals.CODE_BEFORE_QUESTION)),
        (f"{HEAD}```\nx = 1\n```\n\n{CARD}", problem(3, refusals.CODE_BEFORE_QUESTION)),
        (f"{HEAD}Question: Q?\n\n{CARD.replace('Q?', 'R?')}", problem(3, refusals.NO_ANSWER)),
        (f"{HEAD}Question: Q?", problem(3, refusals.NO_ANSWER)),
        (f"{HEAD}Answer: A.", problem(3, refusals.NO_QUESTION_ABOVE, label="Answer")),
        (f"{HEAD}Explanation: E.", problem(3, refusals.NO_QUESTION_ABOVE, label="Explanation")),
        (
            f"{HEAD}{CARD}Explanation: E.\n\nAnswer: B.\n\nExplanation: F.",
            problem(9, refusals.NO_QUESTION_ABOVE, label="Answer"),
        ),
        (f"{HEAD}{CARD}Answer: B.", problem(7, refusals.DUPLICATE_LABEL, label="Answer", first=3)),
        (
            f"{HEAD}{CARD}Explanation: E.\n\nExplanation: F.",
            problem(9, refusals.DUPLICATE_LABEL, label="Explanation", first=3),
        ),
        (
            f"{HEAD}Question: Q?\n\nExplanation: E.\n\nAnswer: A.",
            problem(7, refusals.WRONG_ORDER, label="Answer"),
        ),
        (f"{HEAD}Question: Q?\n\nAnswer:", problem(5, refusals.EMPTY_LABEL, label="Answer")),
        (f"{HEAD}{CARD}{CARD}", problem(7, refusals.DUPLICATE_QUESTION, first=3)),
        (f"{HEAD}{CARD}{CARD.replace('Q?', ' q?')}", problem(7, refusals.DUPLICATE_QUESTION, first=3)),
        (
            f"{HEAD}Question: {'Q' * (MAX_QUESTION + 1)}\n\nAnswer: A.",
            problem(3, refusals.LONG_QUESTION, limit=MAX_QUESTION),
        ),
        (f"{HEAD}Question: Q?\n\nMore.\n\nAnswer: A.", problem(5, refusals.TEXT_BELOW_QUESTION)),
        (f"{HEAD}{CARD}x = 1\n\nExplanation: E.", problem(7, refusals.CODE_NOT_LAST)),
        (f"{HEAD}{CARD}```\n\n```", problem(7, refusals.EMPTY_CODE)),
        (
            f"{HEAD}{CARD}```\nx = '{'a' * MAX_CODE_BYTES}'\n```",
            problem(8, refusals.LONG_CODE, limit=MAX_CODE_BYTES),
        ),
        (f"{HEAD}{CARD}```\nx = 1", problem(7, refusals.UNCLOSED_FENCE)),
        (f"{HEAD}{CARD}```rust\nx = 1\n```", problem(7, refusals.BAD_FENCE)),
        (f"{HEAD}{CARD}- an item\n  ```\n  x = 1", problem(8, refusals.BAD_FENCE)),
    ],
)
def test_one_slip_gives_one_problem_on_its_line(text: str, expected: str) -> None:
    assert problems_in(text) == [expected]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Anser: A.", "Answer"),
        ("ANSWER: A.", "Answer"),
        ("Answer : A.", "Answer"),
        ("Answer:A.", "Answer"),
        ("Answers: A.", "Answer"),
        ("Answer\uff1a A.", "Answer"),
    ],
)
def test_a_misspelt_label_is_told_once_and_understood(written: str, meant: str) -> None:
    ((line, message),) = [
        (int(text.split(":")[1]), text) for text in problems_in(f"{HEAD}Question: Q?\n{written}")
    ]
    assert line == 4
    assert f"write '{meant}:'" in message


@pytest.mark.parametrize("written", ["answer: A.", "  Answer: A.", "**Answer:** A.", "## Answer: A."])
def test_a_label_in_disguise_is_told(written: str) -> None:
    expected = problem(5, refusals.MISSPELT_LABEL, written="Answer:", label="Answer").lower()
    assert expected in [text.lower() for text in problems_in(f"{HEAD}Question: Q?\n\n{written}")]


@pytest.mark.parametrize("place", ["", "Question: Q?\n\n", CARD, f"{CARD}Explanation: E.\n\n"])
def test_an_unknown_label_is_told_wherever_it_stands(place: str) -> None:
    text = f"{HEAD}{place}Hint: think of it"
    line = text.count("\n") + 1
    assert problem(line, refusals.UNKNOWN_LABEL, word="Hint") in problems_in(text)


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    cards = ["Question: Q?", "Hint: h", "Question: R?", "Answer: A.", "x = (", "Question: q?", "Answer: B."]
    text = "\n\n".join(["Title", *cards])
    assert [int(told.split(":")[1]) for told in problems_in(text)] == [1, 3, 5, 11, 13]


def test_the_error_as_a_whole_is_one_line_for_each_problem() -> None:
    with pytest.raises(DocumentErrors) as caught:
        parse_document("Title\n\nQuestion: Q?", "deck.txt")
    assert str(caught.value).splitlines() == [str(error) for error in caught.value.errors]
