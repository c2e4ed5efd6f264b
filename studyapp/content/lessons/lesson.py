"""A lesson: a program with declared parameters, and the program that results from chosen values."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Value = int | float | str


class ParameterErrors(ValueError):
    """Values that a lesson does not take; `errors` holds a (name, message) pair for each."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constant at the top of a lesson's program. `minimum` and `maximum` are None for a choice."""

    name: str
    default: Value
    kind: Literal["int", "float", "choice"]
    minimum: int | float | None
    maximum: int | float | None
    unit: str
    choices: tuple[str, ...]
    help: str
    line: int

    def check(self, value: object) -> Value:
        """The value in this parameter's type. Numbers may come as text, as from a form.

        Raises ValueError saying which values fit.
        """
        if self.kind == "choice":
            if value not in self.choices:
                raise ValueError(f"must be one of {', '.join(self.choices)}")
            return str(value)
        number = _read_number(value, whole=self.kind == "int")
        if number is None or not self._holds(number):
            word = "a whole number" if self.kind == "int" else "a number"
            raise ValueError(f"must be {word} from {self.minimum} to {self.maximum}")
        return number

    def _holds(self, number: int | float) -> bool:
        return (
            self.minimum is not None and self.maximum is not None and self.minimum <= number <= self.maximum
        )


@dataclass(frozen=True, slots=True)
class Variant:
    """A named set of values, shown as a button."""

    name: str
    label: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Lesson:
    slug: str
    title: str
    question: str
    look_for: str
    source: str
    parameters: tuple[Parameter, ...]
    variants: tuple[Variant, ...]

    def program(
        self, values: Mapping[str, object], variant: str | None = None, code: str | None = None
    ) -> str:
        """The lesson's source, or the learner's own `code`, with the chosen values written into it.

        `values` win over the variant's. A parameter whose line is no longer in `code` is left alone.
        Raises ParameterErrors naming every value that does not fit, under "variant" for an unknown variant.
        """
        program = self.source if code is None else code
        for name, value in self._check({**self._variant_values(variant), **values}).items():
            program = _replace_literal(program, name, value)
        return program

    def _variant_values(self, name: str | None) -> Mapping[str, Value]:
        if name is None:
            return {}
        for variant in self.variants:
            if variant.name == name:
                return variant.values
        known = ", ".join(variant.name for variant in self.variants)
        problem = f"must be one of {known}" if known else "must be left out: this lesson has none"
        raise ParameterErrors([("variant", problem)])

    def _check(self, values: Mapping[str, object]) -> dict[str, Value]:
        parameters = {parameter.name: parameter for parameter in self.parameters}
        checked: dict[str, Value] = {}
        errors: list[tuple[str, str]] = []
        for name, value in values.items():
            if name not in parameters:
                errors.append((name, f"is no parameter of this lesson; there are {', '.join(parameters)}"))
                continue
            try:
                checked[name] = parameters[name].check(value)
            except ValueError as error:
                errors.append((name, str(error)))
        if errors:
            raise ParameterErrors(errors)
        return checked


def _read_number(value: object, *, whole: bool) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        return None
    try:
        number = float(value)
        return int(value) if whole and number == int(number) else None if whole else number
    except (ValueError, OverflowError):
        return None


def _replace_literal(program: str, name: str, value: Value) -> str:
    match = re.search(rf"^{name}[ \t]*=[ \t]*([^#\n]*?)(?=[ \t]*(?:#.*)?$)", program, re.MULTILINE)
    if match is None or not _is_literal(match[1]):
        return program
    literal = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    return program[: match.start(1)] + literal + program[match.end(1) :]


def _is_literal(text: str) -> bool:
    try:
        return isinstance(ast.literal_eval(text), int | float | str)
    except (ValueError, SyntaxError):
        return False
