"""What a benchmark hands back, and how it is printed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Target:
    """What a row must reach: its value, or its ratio to the reference, at most or at least `bound`."""

    figure: Literal["value", "ratio"]
    sense: Literal["most", "least"]
    bound: float

    def holds(self, figure: float) -> bool:
        return figure <= self.bound if self.sense == "most" else figure >= self.bound

    def say(self, unit: str) -> str:
        sign = "≤" if self.sense == "most" else "≥"
        return f"{sign} {self.bound:g} {unit if self.figure == 'value' else 'x'}"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing: a value, the reference measured beside it, and value ÷ reference.

    `value` is None for what could not be measured; `reason` says why.
    """

    name: str
    value: float | None
    unit: str = ""
    reference: str = ""
    ratio: float | None = None
    target: Target | None = None
    reason: str = ""

    @property
    def verdict(self) -> str:
        """`pass`, `MISSED`, `not measured: …`, or nothing for a row without a target."""
        if self.value is None:
            return f"not measured: {self.reason}"
        if self.target is None:
            return ""
        figure = self.value if self.target.figure == "value" else self.ratio
        return "pass" if figure is not None and self.target.holds(figure) else "MISSED"

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object, with its verdict."""
        return {**asdict(self), "verdict": self.verdict}


HEADINGS = ("measured", "value", "unit", "÷ reference", "reference", "must be", "verdict")


def as_table(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def cells(row: Row) -> tuple[str, ...]:
    value = "" if row.value is None else f"{row.value:.4g}"
    ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
    target = "" if row.target is None else row.target.say(row.unit)
    return row.name, value, row.unit, ratio, row.reference, target, row.verdict
