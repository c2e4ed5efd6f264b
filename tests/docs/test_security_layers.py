"""docs/security.md tells of every layer that is tried, of every limit and of every end."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from studyapp.sandbox.checks import NAMES
from studyapp.sandbox.jobs import EndReason
from studyapp.sandbox.limits import RANGES

PAGE = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text()
TOLD_APART = {"system call filter"}
"""It has a paragraph of its own, not a row."""


def section(title: str) -> str:
    """The text below a heading of the second rank."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[str]:
    """What the first column of the tables names."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_the_page_tells_of_every_layer_that_is_tried_and_of_no_other() -> None:
    assert sorted([*rows(section("Layers")), *TOLD_APART]) == sorted(NAMES)
    assert all(f"`{name}`" in section("Layers") for name in TOLD_APART)


@pytest.mark.parametrize(("title", "names"), [("Limits", RANGES), ("End reasons", [*EndReason])])
def test_the_page_tells_of_every_limit_and_end(title: str, names: list[str]) -> None:
    assert rows(section(title)) == list(names)
