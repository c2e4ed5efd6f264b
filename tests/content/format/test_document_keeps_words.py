"""No word of a document gets lost: it is on a card, or there is an error with its line."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from studyapp.content.format import Document, DocumentErrors, parse_document

CUSTOMER_TEXT = (
    Path(__file__).parents[3] / "studyapp/content/lessons/concurrency/concurrency.txt"
).read_text()

PIECES = [
    "4. Concurrency",
    "5. Databases",
    "Question: Why?",
    "Question: How?",
    "Question:",
    "question: how?",
    "Answer: Because.",
    "Answer:Because.",
    "Anser: Because.",
    "Explanation: It is so.",
    "Hint: think",
    "Some words of prose.",
    "result",
    "- an item",
    "import asyncio",
    "async def f():",
    "    await g()",
    "\tpass",
    "x = 1",
    "# a comment",
    "```",
    "```python",
    "   ```",
    "",
    "",
    "",
    "\x0c",
    "\u2028",
]


def words_of(document: Document) -> list[str]:
    """Every word of a document in its order, labels included."""
    words = f"{document.number}. {document.title} {document.introduction}".split()
    for card in document.cards:
        words += ["Question:", *card.question.split(), "Answer:", *card.answer.split()]
        if card.explanation:
            words += ["Explanation:", *card.explanation.split()]
        words += card.code.split()
    return words


def words_in(text: str) -> list[str]:
    """Every word of a text but for the lines that fence code."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return " ".join(line for line in plain.split("\n") if not line.startswith("```")).split()


def read_or_refusal(data: str | bytes) -> Document | DocumentErrors:
    try:
        return parse_document(data, "deck.txt")
    except DocumentErrors as refusal:
        return refusal


def is_read_or_refused(text: str) -> None:
    result = read_or_refusal(text)
    if isinstance(result, Document):
        assert words_of(result) == words_in(text)
        return
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert result.errors
    assert all(1 <= error.line <= lines for error in result.errors)
    assert all("\n" not in str(error) for error in result.errors)


def test_no_word_of_the_customers_document_is_lost() -> None:
    assert words_of(parse_document(CUSTOMER_TEXT, "concurrency.txt")) == CUSTOMER_TEXT.split()


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    is_read_or_refused(text)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30))
def test_any_pieces_of_documents_are_read_or_refused(pieces: list[str]) -> None:
    is_read_or_refused("\n".join(["4. Concurrency", "", *pieces]))


@given(st.lists(st.sampled_from(PIECES[7:]) | st.text(max_size=8), max_size=6))
def test_any_pieces_below_an_answer_are_read_or_refused(pieces: list[str]) -> None:
    is_read_or_refused("\n".join(["4. Concurrency", "", "Question: Why?", "", "Answer: So.", "", *pieces]))


@given(st.data())
def test_the_customers_document_with_lines_cut_or_put_in_is_read_or_refused(data: st.DataObject) -> None:
    lines = CUSTOMER_TEXT.split("\n")
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.lists(st.sampled_from(PIECES), max_size=3)
        )
    is_read_or_refused("\n".join(lines))


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    result = read_or_refusal(data)
    assert isinstance(result, Document) or result.errors


@given(st.lists(st.sampled_from(PIECES[2:14]), min_size=2, max_size=8).map("\n\n".join))
def test_what_is_accepted_has_a_question_and_an_answer_on_every_card(body: str) -> None:
    result = read_or_refusal(f"4. T\n\n{body}")
    assert isinstance(result, DocumentErrors) or all(card.question and card.answer for card in result.cards)
