"""What a benchmark hands back, and how it is printed."""

from collections.abc import Sequence
from typing import TypedDict


class Row(TypedDict):
    """One measured thing: a median, the reference run measured beside it, and value ÷ reference."""

    name: str
    value: float
    unit: str
    reference: str
    ratio: float | None


HEADINGS = ("measured", "value", "unit", "÷ reference", "reference")


def as_table(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def cells(row: Row) -> tuple[str, str, str, str, str]:
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    return row["name"], f"{row['value']:.4g}", row["unit"], ratio, row["reference"]
