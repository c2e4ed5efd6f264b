"""The table of the cases on the page about security, made from the catalogue."""

import re
from pathlib import Path

from tests.sandbox.abuse.catalogue import CASES, MUST_WORK, SECTIONS, SOURCES, UNTESTABLE, Case

PAGE = Path(__file__).parents[3] / "docs" / "security.md"
BEGIN = "<!-- the abuse table, written by `python -m tests.sandbox.abuse` -->"
END = "<!-- end of the abuse table -->"


def make_table() -> str:
    """All cases as Markdown, a heading to each letter."""
    letters = ", ".join(f"{letter} {source}" for letter, source in SOURCES.items())
    parts = [f"{len(CASES)} cases. Known from: {letters}."]
    for letter, heading in SECTIONS.items():
        rows = [_row(case) for case in CASES.values() if case.id.startswith(letter)]
        head = [
            "| case | what is tried | what must come of it | kind | known from |",
            "| --- | --- | --- | --- | --- |",
        ]
        parts.append("\n".join([f"### {letter} {heading}", "", *head, *rows]))
    return "\n\n".join(parts)


def write_table(page: str) -> str:
    """The page with the present table between its two marks."""
    return re.sub(
        f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})",
        lambda _: f"\n\n{make_table()}\n\n",
        page,
        count=1,
        flags=re.DOTALL,
    )


def _row(case: Case) -> str:
    kind = "must work" if case.must_work else "attack"
    must = case.must.removeprefix(MUST_WORK)
    if case.id in UNTESTABLE:
        must += f" (not tried: {UNTESTABLE[case.id]})"
    return f"| {case.id} | {case.title} | {must} | {kind} | {' '.join(case.sources)} |"
