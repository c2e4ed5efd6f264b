"""Commands, links and files that the README and the pages under docs/ name do exist."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

SOURCE_FILE = re.compile(r"`((?:studyapp|templates|static|tests|docs|deploy|bench)/[\w./-]*\w)`")
# Made by a command, so not in the repository.
MADE = {"bench/results/latest.json"}


def name(document: Path) -> str:
    return document.name


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_every_make_command_named_exists(document: Path) -> None:
    named = set(re.findall(r"`(?:\w+=\S+ )*make ([a-z-]+)", document.read_text()))
    assert named <= COMMANDS


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_every_source_file_named_exists(document: Path) -> None:
    named = set(SOURCE_FILE.findall(document.read_text()))
    missing = [path for path in named - MADE if not (ROOT / path).exists()]
    assert missing == []
