"""A text cut into paragraphs and fenced code, before any of it is understood."""

from bisect import bisect_right
from dataclasses import dataclass

from studyapp.content.format import refusals
from studyapp.content.format.errors import Problems
from studyapp.content.format.labels import Label, find_label

_FENCE = "```"
_OPENINGS = {_FENCE, f"{_FENCE}py", f"{_FENCE}python"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines without an empty one between them; with a `label`, the label itself is cut off."""

    line: int
    lines: tuple[str, ...]
    label: Label | None = None

    @property
    def last_line(self) -> int:
        return self.line + len(self.lines) - 1

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).strip()


@dataclass(frozen=True, slots=True)
class Fence:
    """The lines between two fences; `line` is that of the opening one."""

    line: int
    lines: tuple[str, ...]


Block = Paragraph | Fence


def split_blocks(lines: list[str], problems: Problems) -> list[Block]:
    """All lines as blocks. A label at the start of any line outside a fence begins a new one."""
    closings = [index for index, line in enumerate(lines) if line.rstrip() == _FENCE]
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        if lines[index].startswith(_FENCE):
            end = _end_of_fence(lines, index, closings, problems)
            if end > index + 1:
                blocks.append(Fence(index + 1, tuple(lines[index + 1 : end - 1])))
        elif lines[index].strip():
            end = _end_of_paragraph(lines, index)
            blocks.append(_read_paragraph(lines[index:end], index + 1, problems))
        else:
            end = index + 1
        index = end
    return blocks


def _end_of_fence(lines: list[str], index: int, closings: list[int], problems: Problems) -> int:
    """The index after the closing fence, or that of the next line when there is none."""
    if lines[index].rstrip() not in _OPENINGS:
        problems.add(index + 1, refusals.BAD_FENCE)
    following = bisect_right(closings, index)
    if following < len(closings):
        return closings[following] + 1
    problems.add(index + 1, refusals.UNCLOSED_FENCE)
    return index + 1


def _end_of_paragraph(lines: list[str], index: int) -> int:
    end = index + 1
    while end < len(lines) and not _ends_paragraph(lines[end]):
        end += 1
    return end


def _ends_paragraph(line: str) -> bool:
    return not line.strip() or line.startswith(_FENCE) or find_label(line) is not None


def _read_paragraph(lines: list[str], number: int, problems: Problems) -> Paragraph:
    found = find_label(lines[0])
    if found is None:
        return Paragraph(number, tuple(lines))
    label, rest, exact = found
    if not exact:
        written = lines[0].removesuffix(rest).strip()
        problems.add(number, refusals.MISSPELT_LABEL, written=written, label=label)
    return Paragraph(number, (rest, *lines[1:]), label)
