"""An assembler for the kernel's classic BPF, the language of its packet and system call filters.

Code is built from the inside out: what happens on a match is given to the comparison, which knows by its
length how far to jump over it. So no jump is counted by hand, and every jump goes forward.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LOAD_WORD, BITWISE_AND, RETURN = 0x20, 0x54, 0x06
JUMP_EQUAL, JUMP_ABOVE, JUMP_NOT_BELOW, JUMP_ANY_BIT = 0x15, 0x25, 0x35, 0x45
LONGEST_PROGRAM = 4096
LONGEST_JUMP = 255


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of a program: `if_so` and `if_not` count the instructions that a jump skips, 0 to 255."""

    code: int
    value: int
    if_so: int = 0
    if_not: int = 0


Code = list[Instruction]
Span = tuple[int, int]
"""A first and a last value, with all between them."""


def load_word(offset: int) -> Code:
    """Takes the 32 bit word at this offset, in bytes, of what the filter looks at."""
    return [Instruction(LOAD_WORD, offset)]


def bitwise_and(mask: int) -> Code:
    """Keeps only these bits of the word."""
    return [Instruction(BITWISE_AND, mask)]


def give_back(result: int) -> Code:
    """Ends the program."""
    return [Instruction(RETURN, result)]


def when_any(values: Iterable[int], then: Code) -> Code:
    """Runs `then`, at most 254 instructions, if the word is one of these values.

    Neighbours are compared at once: the kernel takes in a short program sooner.
    """
    code: Code = []
    for spans in _parted(_spans(values)):
        left = sum(map(_length, spans))
        for first, last in spans:
            left -= _length((first, last))
            skip = 0 if left else len(then)
            if first == last:
                code += [Instruction(JUMP_EQUAL, first, if_so=left, if_not=skip)]
            else:
                code += [Instruction(JUMP_NOT_BELOW, first, if_not=1 + skip)]
                code += [Instruction(JUMP_ABOVE, last, if_so=skip, if_not=left)]
        code += then
    return code


def _spans(values: Iterable[int]) -> list[Span]:
    """The values in order, those without a gap between them as one."""
    spans: list[Span] = []
    for value in sorted(set(values)):
        first = spans.pop()[0] if spans and spans[-1][1] == value - 1 else value
        spans.append((first, value))
    return spans


def _length(span: Span) -> int:
    """Instructions that it takes to compare."""
    return 1 if span[0] == span[1] else 2


def _parted(spans: list[Span]) -> Iterator[list[Span]]:
    """In parts short enough to be jumped out of."""
    most = LONGEST_JUMP // 2
    for start in range(0, len(spans), most):
        yield spans[start : start + most]


def unless(value: int, then: Code) -> Code:
    """Runs `then` if the word is not this value."""
    return [Instruction(JUMP_EQUAL, value, if_so=len(then)), *then]


def when_bits(mask: int, then: Code) -> Code:
    """Runs `then` if the word has any of these bits."""
    return [Instruction(JUMP_ANY_BIT, mask, if_not=len(then)), *then]


def assemble(code: Code) -> bytes:
    """An array of struct sock_filter. Raises ValueError for what the kernel would not take."""
    if not 0 < len(code) <= LONGEST_PROGRAM:
        raise ValueError(f"A filter has 1 to {LONGEST_PROGRAM} instructions, this one has {len(code)}.")
    too_far = [step for step in code if max(step.if_so, step.if_not) > LONGEST_JUMP]
    if too_far:
        raise ValueError(f"A jump skips at most {LONGEST_JUMP} instructions: {too_far[0]}.")
    return b"".join(struct.pack("=HBBI", step.code, step.if_so, step.if_not, step.value) for step in code)
