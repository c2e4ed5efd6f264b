"""The customer's code stands in the lessons byte for byte, but for indentation and one filled gap."""

import pytest

from studyapp.content.lessons.catalogue import FOLDER, all_lessons, get_lesson
from studyapp.content.lessons.reading import DOCUMENT_BEGINS, DOCUMENT_ENDS

DOCUMENT = (FOLDER / "concurrency" / "concurrency.txt").read_bytes().decode("utf-8")
FILLING = '  # ours: fills the "..." above'


def code_of_card(question: str) -> str:
    """All that the document says after the explanation, up to the next question."""
    card = DOCUMENT.partition(f"Question: {question}\n")[2].partition("\n\nQuestion: ")[0]
    return card.partition("\n\nExplanation: ")[2].partition("\n\n")[2]


def marked_lines(source: str) -> list[str]:
    lines = source.split("\n")
    markers = [line.strip() for line in lines]
    begin, end = markers.index(DOCUMENT_BEGINS), markers.index(DOCUMENT_ENDS)
    return lines[begin + 1 : end]


def without_common_indentation(lines: list[str]) -> str:
    depth = min(len(line) - len(line.lstrip(" ")) for line in lines if line)
    assert all(line[:depth] == " " * depth for line in lines if line)
    return "\n".join(line[depth:] for line in lines)


WITH_CODE = [lesson.slug for lesson in all_lessons() if code_of_card(lesson.question)]


def test_five_cards_have_code() -> None:
    assert WITH_CODE == ["fetch-fan-out", "semaphore", "timeouts", "task-group", "to-thread"]


@pytest.mark.parametrize("slug", WITH_CODE)
def test_the_documents_code_is_in_the_lesson_verbatim(slug: str) -> None:
    lesson = get_lesson(slug)
    lines = [line for line in marked_lines(lesson.source) if not line.endswith(FILLING)]
    assert without_common_indentation(lines) == code_of_card(lesson.question).rstrip("\n")


def test_only_the_gap_in_limited_task_is_filled() -> None:
    filled = {
        slug: [line for line in marked_lines(get_lesson(slug).source) if line.endswith(FILLING)]
        for slug in WITH_CODE
    }
    assert {slug for slug, lines in filled.items() if lines} == {"semaphore"}
    assert len(filled["semaphore"]) == 1


def test_the_filling_follows_the_gap_inside_the_semaphore() -> None:
    lines = marked_lines(get_lesson("semaphore").source)
    gap = next(number for number, line in enumerate(lines) if line.strip().startswith("..."))
    assert lines[gap + 1].endswith(FILLING)
    assert lines[gap + 1].index("await") == lines[gap].index("...")


@pytest.mark.parametrize("slug", ["gil", "free-threading"])
def test_a_lesson_of_our_own_marks_nothing_as_the_documents(slug: str) -> None:
    assert DOCUMENT_BEGINS not in get_lesson(slug).source
