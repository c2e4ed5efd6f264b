"""Reads a question-and-answer document."""

import re
from itertools import takewhile

from studyapp.content.format import refusals
from studyapp.content.format.blocks import Block, Fence, Paragraph, split_blocks
from studyapp.content.format.cards import read_cards
from studyapp.content.format.code import Verdict, judge_paragraph
from studyapp.content.format.document import Card, Document
from studyapp.content.format.errors import Problems
from studyapp.content.format.sections import refuse_unknown_label
from studyapp.content.format.source import read_text

MAX_BYTES = 4 * 1024 * 1024
MAX_TITLE = 200
_HEADING = re.compile(r"(0|[1-9][0-9]{0,3})\.\s+(\S.*)$")


def parse_document(data: bytes | str, filename: str) -> Document:
    """The document in `data`; `filename` is only for the errors.

    Raises DocumentErrors with every problem found. Each word of the document is in the result, or
    there is an error.
    """
    problems = Problems(filename)
    lines = read_text(data, limit=MAX_BYTES, problems=problems).split("\n")
    blocks = split_blocks(lines, problems)
    if not blocks:
        problems.stop(1, refusals.EMPTY)
    number, title, blocks = _read_heading(blocks, problems)
    own, *further = _split_parts(blocks, number)
    introduction, cards = _read_part(own, lines, problems)
    if not cards:
        problems.add(1, refusals.NO_QUESTION)
    for part in further:
        problems.add(part[0].line, refusals.SECOND_HEADING)
        _read_part(part[1:], lines, problems)
    problems.raise_any()
    return Document(number, title, introduction, cards)


def _read_heading(blocks: list[Block], problems: Problems) -> tuple[int, str, list[Block]]:
    """The number, the title and the blocks below the heading."""
    first = blocks[0]
    heading = _match_heading(first)
    if heading is None:
        problems.add(first.line, refusals.MISSING_HEADING)
        return 0, "", blocks
    title = heading[2].rstrip()
    if len(title) > MAX_TITLE:
        problems.add(first.line, refusals.LONG_TITLE, limit=MAX_TITLE)
    below = [Paragraph(first.line + 1, first.lines[1:])] if len(first.lines) > 1 else []
    return int(heading[1]), title, [*below, *blocks[1:]]


def _match_heading(block: Block) -> re.Match[str] | None:
    if isinstance(block, Fence) or block.label:
        return None
    return _HEADING.match(block.lines[0])


def _split_parts(blocks: list[Block], number: int) -> list[list[Block]]:
    """The blocks of the document, then those from each further heading on."""
    parts: list[list[Block]] = [[]]
    for block in blocks:
        if _is_next_heading(block, number):
            parts.append([])
        parts[-1].append(block)
    return parts


def _read_part(blocks: list[Block], lines: list[str], problems: Problems) -> tuple[str, tuple[Card, ...]]:
    """The introduction and the cards below one heading."""
    opening = list(takewhile(lambda block: isinstance(block, Fence) or not block.label, blocks))
    introduction = _read_introduction(opening, problems)
    return introduction, read_cards(blocks[len(opening) :], lines, problems)


def _is_next_heading(block: Block, number: int) -> bool:
    """A paragraph of one line with a higher number and no end of a sentence begins another section."""
    heading = _match_heading(block)
    if heading is None or len(block.lines) > 1:
        return False
    return int(heading[1]) > number and not heading[2].rstrip().endswith((".", "!", "?", ":", ";", ","))


def _read_introduction(blocks: list[Block], problems: Problems) -> str:
    for block in blocks:
        if isinstance(block, Fence) or judge_paragraph(block) is Verdict.CODE:
            problems.add(block.line, refusals.CODE_BEFORE_QUESTION)
        else:
            refuse_unknown_label(block, problems)
    return "\n\n".join(block.text for block in blocks if isinstance(block, Paragraph))
