"""All lessons, read from the programs that lie beside their documents."""

from functools import cache
from operator import itemgetter
from pathlib import Path

from .lesson import Lesson, Parameter, ParameterErrors, Variant
from .reading import LessonError, parse_lesson

__all__ = [
    "Lesson",
    "LessonError",
    "LessonNotFound",
    "Parameter",
    "ParameterErrors",
    "Variant",
    "all_lessons",
    "get_lesson",
    "lesson_for_question",
    "read_lessons",
]

FOLDER = Path(__file__).parent


class LessonNotFound(LookupError):
    """No lesson has this slug; the message lists those that exist."""


@cache
def all_lessons() -> tuple[Lesson, ...]:
    """Every lesson, in the order of the questions in the document. Raises LessonError for a malformed one."""
    return read_lessons(FOLDER / "concurrency", FOLDER / "concurrency" / "concurrency.txt")


def get_lesson(slug: str) -> Lesson:
    for lesson in all_lessons():
        if lesson.slug == slug:
            return lesson
    known = ", ".join(lesson.slug for lesson in all_lessons())
    raise LessonNotFound(f"no lesson is called {slug!r}; there are {known}")


def lesson_for_question(question: str) -> Lesson | None:
    return next((lesson for lesson in all_lessons() if lesson.question == question), None)


def read_lessons(folder: Path, document: Path) -> tuple[Lesson, ...]:
    """The lessons of the programs in `folder`, ordered by where `document` asks their questions."""
    asked = document.read_text(encoding="utf-8").splitlines()
    placed: list[tuple[int, Lesson]] = []
    for path in sorted(folder.glob("*.py")):
        lesson = parse_lesson(path.read_text(encoding="utf-8"), slug=path.stem, file=str(path))
        if f"Question: {lesson.question}" not in asked:
            raise LessonError(str(path), 3, f"{document.name} asks no such question")
        placed.append((asked.index(f"Question: {lesson.question}"), lesson))
    return tuple(lesson for _, lesson in sorted(placed, key=itemgetter(0)))
