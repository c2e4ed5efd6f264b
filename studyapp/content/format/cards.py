"""From the blocks of a document to its cards."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from studyapp.content.format import refusals
from studyapp.content.format.blocks import Block, Paragraph
from studyapp.content.format.document import Card, normalise_question
from studyapp.content.format.errors import Problems
from studyapp.content.format.labels import Label
from studyapp.content.format.sections import Section, read_section

MAX_QUESTION = 500


@dataclass(slots=True)
class OpenCard:
    """The sections of one card while they are gathered."""

    line: int
    sections: dict[Label, Section] = field(default_factory=dict)


def read_cards(blocks: list[Block], lines: list[str], problems: Problems) -> tuple[Card, ...]:
    """The cards of all blocks, of which the first is labelled."""
    open_cards: list[OpenCard] = []
    for labelled, followers, ends_card in split_sections(blocks):
        section = read_section(labelled, followers, lines, ends_card=ends_card, problems=problems)
        add_section(open_cards, labelled, section, problems)
    cards = tuple(close_card(open_card, problems) for open_card in open_cards)
    refuse_duplicates(cards, problems)
    return cards


def split_sections(blocks: list[Block]) -> Iterator[tuple[Paragraph, list[Block], bool]]:
    """Each labelled paragraph, the blocks under it, and whether it is the last of its card."""
    sections: list[tuple[Paragraph, list[Block]]] = []
    for block in blocks:
        if isinstance(block, Paragraph) and block.label:
            sections.append((block, []))
        else:
            sections[-1][1].append(block)
    for (labelled, followers), following in zip_longest(sections, sections[1:]):
        yield labelled, followers, following is None or following[0].label == "Question"


def add_section(
    open_cards: list[OpenCard], labelled: Paragraph, section: Section, problems: Problems
) -> None:
    """Puts the section on the card it belongs to, which may be a new one."""
    label = section.label
    card = open_cards[-1] if open_cards else None
    if label == "Question":
        open_cards.append(OpenCard(labelled.line, {label: section}))
    elif card is None or (label == "Answer" and "Answer" in card.sections and "Explanation" in card.sections):
        problems.add(labelled.line, refusals.NO_QUESTION_ABOVE, label=label)
        open_cards.append(OpenCard(labelled.line, {label: section}))
    elif label in card.sections:
        problems.add(labelled.line, refusals.DUPLICATE_LABEL, label=label, first=card.line)
    else:
        if label == "Answer" and "Explanation" in card.sections:
            problems.add(labelled.line, refusals.WRONG_ORDER, label=label)
        card.sections[label] = section


def close_card(card: OpenCard, problems: Problems) -> Card:
    """The finished card; its problems are added, so that one with problems is never used."""
    question, answer, explanation = (
        card.sections.get(label) for label in ("Question", "Answer", "Explanation")
    )
    if question and not answer:
        problems.add(card.line, refusals.NO_ANSWER)
    if question and len(question.text) > MAX_QUESTION:
        problems.add(card.line, refusals.LONG_QUESTION, limit=MAX_QUESTION)
    coded = next((section for section in card.sections.values() if section.code), None)
    return Card(
        question=question.text if question else "",
        answer=answer.text if answer else "",
        explanation=explanation.text if explanation else "",
        code=coded.code if coded else "",
        line=card.line,
        code_line=coded.code_line if coded else 0,
    )


def refuse_duplicates(cards: Iterable[Card], problems: Problems) -> None:
    """Adds a problem for each question that was asked before."""
    first_lines: dict[str, int] = {}
    for card in cards:
        key = normalise_question(card.question)
        if key and first_lines.setdefault(key, card.line) != card.line:
            problems.add(card.line, refusals.DUPLICATE_QUESTION, first=first_lines[key])
