"""Reads a lesson from its program: the docstring, the parameters, the variants and the markers."""

import ast
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from .lesson import Lesson, Parameter, Value, Variant

DOCUMENT_BEGINS = "# --- from the document ---"
DOCUMENT_ENDS = "# --- end of the document's code ---"

_NUMBER = r"-?\d[\d_]*(?:\.\d+)?"
_PARAMETER = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*) = (?P<default>[^#]+?)  #: (?P<said>.+)")
_RANGE = re.compile(
    rf"(?P<minimum>{_NUMBER}) to (?P<maximum>{_NUMBER})(?: (?P<unit>[^\s.]+))?\. (?P<help>.+\.)"
)
_CHOICE = re.compile(r"one of (?P<choices>[^.]+)\. (?P<help>.+\.)")
_VARIANT = re.compile(r"#: variant (?P<name>[a-z0-9-]+) \((?P<label>[^)]+)\): (?P<values>.+)")
_BETWEEN_VALUES = re.compile(r", (?=[A-Z][A-Z0-9_]* = )")
_DOCSTRING = re.compile(
    r"(?P<title>[^\n]+)\n\nQuestion: (?P<question>[^\n]+)\n\nLook for: (?P<look_for>.+)", re.DOTALL
)


class LessonError(ValueError):
    """A lesson file that breaks the rules; says `file:line: what is wrong`."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line


class _Wrong(ValueError):
    """What is wrong in the line that is being read."""


def parse_lesson(source: str, *, slug: str, file: str) -> Lesson:
    """The lesson that `source` declares. Raises LessonError naming `file` and the line."""
    try:
        docstring = ast.get_docstring(ast.parse(source)) or ""
    except SyntaxError as error:
        raise LessonError(file, error.lineno or 1, error.msg) from None
    head = _DOCSTRING.fullmatch(docstring)
    if head is None:
        raise LessonError(file, 1, "must begin with a docstring of a title, 'Question: …' and 'Look for: …'")
    lines = source.splitlines()
    _check_markers(lines, file)
    parameters, variants = _read_declarations(lines, file)
    return Lesson(
        slug=slug,
        title=head["title"],
        question=head["question"],
        look_for=" ".join(head["look_for"].split()),
        source=source,
        parameters=tuple(parameters.values()),
        variants=tuple(variants.values()),
    )


def _check_markers(lines: list[str], file: str) -> None:
    begun = 0
    for number, line in enumerate(lines, 1):
        if line.strip() == DOCUMENT_BEGINS:
            if begun:
                raise LessonError(file, number, f"the document's code has begun in line {begun} already")
            begun = number
        elif line.strip() == DOCUMENT_ENDS:
            if not begun:
                raise LessonError(file, number, "the document's code ends here, but began nowhere")
            begun = 0
    if begun:
        raise LessonError(file, begun, f"the document's code begins here; no line says {DOCUMENT_ENDS!r}")


def _read_declarations(lines: list[str], file: str) -> tuple[dict[str, Parameter], dict[str, Variant]]:
    parameters: dict[str, Parameter] = {}
    variants: dict[str, Variant] = {}
    for number, line in enumerate(lines, 1):
        try:
            if line.startswith("#:"):
                variant = _read_variant(line, parameters)
                _refuse_second(variant.name, variants)
                variants[variant.name] = variant
            elif "  #: " in line:
                parameter = _read_parameter(line, number)
                _refuse_second(parameter.name, parameters)
                parameters[parameter.name] = parameter
        except _Wrong as wrong:
            raise LessonError(file, number, str(wrong)) from None
    return parameters, variants


def _refuse_second(name: str, declared: Mapping[str, object]) -> None:
    if name in declared:
        raise _Wrong(f"{name} is declared twice")


def _read_parameter(line: str, number: int) -> Parameter:
    match = _PARAMETER.fullmatch(line)
    if match is None:
        raise _Wrong("a parameter is written NAME = value  #: MINIMUM to MAXIMUM unit. Help.")
    name, default = match["name"], _read_literal(match["default"])
    make = _make_choice if isinstance(default, str) else _make_number
    parameter = make(name, default, match["said"], number)
    _check_value(parameter, default)
    return parameter


def _make_choice(name: str, default: Value, said: str, line: int) -> Parameter:
    match = _CHOICE.fullmatch(said)
    if match is None:
        raise _Wrong(f"{name}: behind #: must stand: one of a, b, c. Help.")
    choices = tuple(match["choices"].split(", "))
    return Parameter(name, default, "choice", None, None, "", choices, match["help"], line)


def _make_number(name: str, default: Value, said: str, line: int) -> Parameter:
    match = _RANGE.fullmatch(said)
    if match is None:
        raise _Wrong(f"{name}: behind #: must stand: MINIMUM to MAXIMUM unit. Help.")
    kind: Literal["int", "float"] = "int" if isinstance(default, int) else "float"
    number = int if kind == "int" else float
    try:
        minimum, maximum = number(match["minimum"]), number(match["maximum"])
    except ValueError:
        raise _Wrong(f"{name}: a whole number needs whole bounds") from None
    return Parameter(name, default, kind, minimum, maximum, match["unit"] or "", (), match["help"], line)


def _read_variant(line: str, parameters: Mapping[str, Parameter]) -> Variant:
    match = _VARIANT.fullmatch(line)
    if match is None:
        raise _Wrong("a variant is written #: variant name (Label): NAME = value, NAME = value")
    values: dict[str, Value] = {}
    for pair in _BETWEEN_VALUES.split(match["values"]):
        name, _, literal = pair.partition(" = ")
        if name not in parameters:
            raise _Wrong(f"variant {match['name']}: no parameter {name} is declared above it")
        values[name] = _read_literal(literal)
        _check_value(parameters[name], values[name])
    return Variant(match["name"], match["label"], MappingProxyType(values))


def _read_literal(text: str) -> Value:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _Wrong(f"{text} is neither a number nor a text in quotes")
    return value


def _check_value(parameter: Parameter, value: Value) -> None:
    try:
        parameter.check(value)
    except ValueError as error:
        raise _Wrong(f"{parameter.name} = {value!r}: {error}") from None
