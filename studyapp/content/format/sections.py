"""One labelled part of a card: its prose and the code that may end it."""

from dataclasses import dataclass
from itertools import takewhile

from studyapp.content.format import refusals
from studyapp.content.format.blocks import Block, Fence, Paragraph
from studyapp.content.format.code import (
    BadSyntax,
    Verdict,
    holds_statement,
    judge_paragraph,
    line_of_hidden_code,
    parse_python,
)
from studyapp.content.format.errors import Problems
from studyapp.content.format.labels import Label, find_unknown_label

MAX_CODE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Section:
    """The text under a label. `code_line` is where its code begins, 0 without code."""

    label: Label
    text: str
    code: str = ""
    code_line: int = 0


def read_section(
    labelled: Paragraph, followers: list[Block], lines: list[str], *, ends_card: bool, problems: Problems
) -> Section:
    """The section of a labelled paragraph and the blocks under it; `lines` are the whole document's."""
    assert labelled.label  # noqa: S101 -- the caller cuts the blocks at the labels
    if not labelled.text:
        problems.add(labelled.line, refusals.EMPTY_LABEL, label=labelled.label)
    _refuse_hidden_code(labelled, problems)
    if labelled.label == "Question":
        _refuse_below_question(followers, ends_card=ends_card, problems=problems)
        return Section("Question", labelled.text)
    prose = list(takewhile(lambda block: _is_prose(block, problems), followers))
    text = "\n\n".join([labelled.text, *(block.text for block in prose if isinstance(block, Paragraph))])
    rest = followers[len(prose) :]
    if not rest:
        return Section(labelled.label, text)
    if not ends_card:
        problems.add(rest[0].line, refusals.CODE_NOT_LAST)
    code, line = _read_code(rest, lines, problems)
    return Section(labelled.label, text, code, line)


def _refuse_below_question(followers: list[Block], *, ends_card: bool, problems: Problems) -> None:
    for block in followers:
        if not refuse_unknown_label(block, problems) and not ends_card:
            problems.add(block.line, refusals.TEXT_BELOW_QUESTION)


def _is_prose(block: Block, problems: Problems) -> bool:
    if isinstance(block, Fence):
        return False
    if refuse_unknown_label(block, problems):
        return True
    verdict = judge_paragraph(block)
    if verdict is Verdict.UNCLEAR:
        problems.add(block.line, refusals.UNCLEAR)
    elif verdict is Verdict.PROSE:
        _refuse_hidden_code(block, problems)
    return verdict is not Verdict.CODE


def refuse_unknown_label(block: Block, problems: Problems) -> bool:
    """Whether the block begins with a label that does not exist; if so, a problem is added."""
    found = find_unknown_label(block.lines[0]) if isinstance(block, Paragraph) else None
    if found is None:
        return False
    word, meant = found
    if meant:
        problems.add(block.line, refusals.MISSPELT_LABEL, written=f"{word}:", label=meant)
    else:
        problems.add(block.line, refusals.UNKNOWN_LABEL, word=word)
    return True


def _refuse_hidden_code(paragraph: Paragraph, problems: Problems) -> None:
    line = line_of_hidden_code(paragraph)
    if line:
        problems.add(line, refusals.CODE_INSIDE_PROSE)
    for number, text in enumerate(paragraph.lines, paragraph.line):
        if text.lstrip().startswith("```"):
            problems.add(number, refusals.BAD_FENCE)


def _read_code(rest: list[Block], lines: list[str], problems: Problems) -> tuple[str, int]:
    """The code at the end of a card and its first line; what follows it is a problem each."""
    first = rest[0]
    if isinstance(first, Fence):
        after, start, code = rest[1:], first.line + 1, "\n".join(first.lines)
    else:
        bare = _bare_code(rest)
        after, start = rest[len(bare) :], first.line
        code = "\n".join(lines[start - 1 : bare[-1].last_line])
    _check_code(code, start, problems, fenced=isinstance(first, Fence))
    for block in after:
        if isinstance(block, Fence):
            problems.add(block.line, refusals.SECOND_CODE)
        elif not refuse_unknown_label(block, problems):
            problems.add(block.line, refusals.TEXT_AFTER_CODE)
    return code, start


def _bare_code(blocks: list[Block]) -> list[Paragraph]:
    """The paragraphs of bare code at the start of `blocks`.

    A paragraph "Hint: …" among them is a label; "LIMIT: int = 3" has a value, so it is code.
    """
    bare: list[Paragraph] = []
    for block in blocks:
        if isinstance(block, Fence):
            break
        if bare and "=" not in block.lines[0] and find_unknown_label(block.lines[0]):
            break
        bare.append(block)
    return bare


def _check_code(code: str, start: int, problems: Problems, *, fenced: bool) -> None:
    if not code.strip():
        problems.add(start - 1, refusals.EMPTY_CODE)
    elif len(code.encode()) > MAX_CODE_BYTES:
        problems.add(start, refusals.LONG_CODE, limit=MAX_CODE_BYTES)
    else:
        tree = parse_python(code)
        if isinstance(tree, BadSyntax):
            problems.add(start + tree.line - 1, refusals.BAD_CODE, reason=tree.reason)
        elif not fenced and not holds_statement(tree):
            problems.add(start, refusals.UNCLEAR)
