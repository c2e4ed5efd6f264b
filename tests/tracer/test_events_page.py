"""docs/events.md tells of every event and every field there is, with examples that are true."""

import json
import re
from pathlib import Path

import pytest

from studyapp.tracer.events import ANY_NAME, VOCABULARY, WAITS, Kind, check_event

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE))


def title(kind: Kind) -> str:
    return f"`{kind.ph}` `{kind.cat if kind.name == ANY_NAME else kind.name}`"


@pytest.mark.parametrize("kind", VOCABULARY, ids=title)
def test_every_event_has_its_section_with_all_its_fields(kind: Kind) -> None:
    table = SECTIONS[title(kind)].partition("| field | meaning |\n")[2].partition("\n\n")[0]
    names = {name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert names == {*kind.required, *kind.optional}


@pytest.mark.parametrize("kind", VOCABULARY, ids=title)
def test_every_example_is_an_event_of_its_kind(kind: Kind) -> None:
    (example,) = re.findall(r"```json\n(.+?)\n```", SECTIONS[title(kind)])
    event = check_event(json.loads(example), maker=kind.makers[0])
    assert (event["ph"], event["cat"]) == (kind.ph, kind.cat)
    assert kind.name in (event["name"], ANY_NAME)


def test_the_page_tells_of_no_event_that_is_not() -> None:
    assert set(SECTIONS) == {title(kind) for kind in VOCABULARY}


def test_every_word_for_a_wait_is_explained() -> None:
    rows = SECTIONS["`X` `step`"]
    assert all(f"`{word}`" in rows for word in WAITS)
