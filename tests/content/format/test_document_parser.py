"""What a document's text becomes."""

from pathlib import Path

import pytest

from studyapp.content.format import Card, Document, parse_document

HEADING = "4. Concurrency\n\nShort.\n\n"
CUSTOMER_DOCUMENT = Path(__file__).parents[3] / "studyapp/content/lessons/concurrency/concurrency.txt"


def parse(text: str | bytes) -> Document:
    return parse_document(text, "deck.txt")


def card_with(after_answer: str) -> Card:
    """The only card of a document in which `after_answer` stands below the answer."""
    (card,) = parse(f"{HEADING}Question: Why?\n\nAnswer: Because.\n\n{after_answer}").cards
    return card


def test_the_customers_document_has_seven_cards_of_which_five_have_code() -> None:
    cards = parse(CUSTOMER_DOCUMENT.read_bytes()).cards
    assert [bool(card.code) for card in cards] == [False, True, True, True, True, True, False]


def test_the_customers_code_is_kept_byte_for_byte() -> None:
    source = CUSTOMER_DOCUMENT.read_text()
    assert all(card.code in source for card in parse(source).cards)


def test_code_keeps_its_empty_lines_and_its_closing_comment() -> None:
    code = parse(CUSTOMER_DOCUMENT.read_text()).cards[1].code
    assert code.startswith("import asyncio, aiohttp\n\nasync def fetch(session, url):\n    async with")
    assert code.endswith('\n\n# asyncio.run(main(["https://example.com"]))')


def test_heading_and_introduction_are_read() -> None:
    document = parse("4. Concurrency & Parallelism\n\nOne.\n\nTwo\nlines.\n\nQuestion: Q?\n\nAnswer: A.")
    assert (document.number, document.title) == (4, "Concurrency & Parallelism")
    assert document.introduction == "One.\n\nTwo\nlines."


def test_the_introduction_may_stand_right_below_the_heading() -> None:
    assert parse("4. Title\nShort.\n\nQuestion: Q?\n\nAnswer: A.").introduction == "Short."


def test_answer_and_explanation_may_have_several_paragraphs() -> None:
    card = card_with("More of it.\n\nExplanation: Three.\n\nAnd four: five.\n\nSix.")
    assert card.answer == "Because.\n\nMore of it."
    assert card.explanation == "Three.\n\nAnd four: five.\n\nSix."


def test_labels_need_no_empty_line_between_them() -> None:
    (card,) = parse("4. T\nQuestion: Q?\nAnswer: A.\nExplanation: E.\n\nx = 1").cards
    assert (card.question, card.answer, card.explanation, card.code) == ("Q?", "A.", "E.", "x = 1")


def test_text_may_begin_on_the_line_below_its_label() -> None:
    (card,) = parse("4. T\n\nQuestion:\nQ?\n\nAnswer:\nA.").cards
    assert (card.question, card.answer) == ("Q?", "A.")


def test_the_explanation_may_be_missing() -> None:
    card = card_with("x = 1")
    assert (card.explanation, card.code) == ("", "x = 1")


def test_a_card_knows_the_lines_of_its_question_and_its_code() -> None:
    card = card_with("Explanation: E.\n\nx = 1")
    assert (card.line, card.code_line) == (5, 11)


@pytest.mark.parametrize("line_end", ["\r\n", "\r"], ids=["windows", "old mac"])
def test_line_ends_of_other_systems_are_read_alike(line_end: str) -> None:
    text = CUSTOMER_DOCUMENT.read_text()
    assert parse(text.replace("\n", line_end).encode()) == parse(text)


def test_a_byte_order_mark_is_passed_over() -> None:
    data = CUSTOMER_DOCUMENT.read_bytes()
    assert parse(b"\xef\xbb\xbf" + data) == parse(data)


def test_tabs_are_kept_in_code() -> None:
    assert card_with("Explanation:\tE.\n\nif x:\n\ty = 1").code == "if x:\n\ty = 1"


def test_words_of_any_language_are_read() -> None:
    (card,) = parse("4. Nebenläufigkeit\n\nQuestion: ¿Por qué?\n\nAnswer: 因为。").cards
    assert (card.question, card.answer) == ("¿Por qué?", "因为。")
