"""The catalogue: which lessons there are, what they declare, and what is wrong with a malformed one."""

import ast
from pathlib import Path

import pytest

from studyapp.content.lessons.catalogue import (
    FOLDER,
    Lesson,
    LessonError,
    LessonNotFound,
    Parameter,
    all_lessons,
    get_lesson,
    lesson_for_question,
    read_lessons,
)
from studyapp.content.lessons.reading import parse_lesson

SLUGS = ["gil", "fetch-fan-out", "semaphore", "timeouts", "task-group", "to-thread", "free-threading"]
DOCUMENT = FOLDER / "concurrency" / "concurrency.txt"

GOOD = '''"""A title

Question: Why?

Look for: Something to see.
"""

N = 3  #: 1 to 9 s. How long.
HOW = "fast"  #: one of fast, slow. Which way.

#: variant calm (Take it easy): HOW = "slow", N = 9
'''


def parse(source: str) -> Lesson:
    return parse_lesson(source, slug="x", file="x.py")


def test_there_is_a_lesson_for_every_question_in_the_documents_order() -> None:
    asked = [line[10:] for line in DOCUMENT.read_text().splitlines() if line.startswith("Question: ")]
    questions = [lesson.question for lesson in all_lessons()]
    assert questions == [question for question in asked if question in questions]
    assert [lesson.slug for lesson in all_lessons()] == SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_a_lesson_is_found_by_its_slug_and_by_its_question(slug: str) -> None:
    lesson = get_lesson(slug)
    assert lesson_for_question(lesson.question) is lesson


def test_an_unknown_slug_is_answered_with_the_slugs_there_are() -> None:
    with pytest.raises(LessonNotFound, match="'gul'; there are gil, fetch-fan-out, semaphore"):
        get_lesson("gul")


def test_a_question_without_a_lesson_has_none() -> None:
    assert lesson_for_question("How do you handle backpressure?") is None


@pytest.mark.parametrize("slug", SLUGS)
def test_every_constant_at_the_top_of_a_lesson_is_a_declared_parameter(slug: str) -> None:
    lesson = get_lesson(slug)
    tree = ast.parse(lesson.source)
    constants = [
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    declared = [parameter.name for parameter in lesson.parameters]
    assert declared == [name for name in constants if name.isupper() and name != "SITE"]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_line_of_help_is_a_sentence(slug: str) -> None:
    for parameter in get_lesson(slug).parameters:
        assert parameter.help[0].isupper()
        assert parameter.help.endswith(".")


@pytest.mark.parametrize("slug", SLUGS)
def test_what_to_look_for_is_two_to_four_sentences(slug: str) -> None:
    assert 2 <= get_lesson(slug).look_for.count(". ") + 1 <= 4


@pytest.mark.parametrize("slug", SLUGS)
def test_a_lesson_fits_a_page_and_its_lines_fit_the_editor(slug: str) -> None:
    lines = get_lesson(slug).source.splitlines()
    assert len(lines) <= 90
    assert max(map(len, lines)) <= 110


def test_a_lesson_declares_parameters_and_variants() -> None:
    lesson = parse(GOOD)
    assert lesson.parameters == (
        Parameter("N", 3, "int", 1, 9, "s", (), "How long.", 8),
        Parameter("HOW", "fast", "choice", None, None, "", ("fast", "slow"), "Which way.", 9),
    )
    (variant,) = lesson.variants
    assert (variant.name, variant.label, dict(variant.values)) == (
        "calm",
        "Take it easy",
        {"HOW": "slow", "N": 9},
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Question: Why?\n\n", "", "x.py:1: must begin with a docstring of a title"),
        ("N = 3 ", "N == = 3 ", "x.py:8: invalid syntax"),
        ("1 to 9 s. How", "1 bis 9 s. How", "x.py:8: N: behind #: must stand: MINIMUM to MAXIMUM"),
        ("1 to 9 s. How long.", "1 to 9 s.", "x.py:8: N: behind #: must stand: MINIMUM to MAXIMUM"),
        ("1 to 9", "1 to 9.5", "x.py:8: N: a whole number needs whole bounds"),
        ("N = 3 ", "N = 10 ", "x.py:8: N = 10: must be a whole number from 1 to 9"),
        ("N = 3 ", "N = [3] ", r"x.py:8: \[3\] is neither a number nor a text in quotes"),
        ("N = 3 ", "N = x ", "x.py:8: x is neither a number nor a text in quotes"),
        ("N = 3 ", "n = 3 ", "x.py:8: a parameter is written NAME = value"),
        ("one of fast, slow", "fast or slow", "x.py:9: HOW: behind #: must stand: one of a, b, c"),
        ('HOW = "fast"', 'HOW = "faster"', "x.py:9: HOW = 'faster': must be one of fast, slow"),
        ('HOW = "fast"', "N = 4", "x.py:9: N: behind #: must stand: MINIMUM"),
        ('HOW = "fast"  #: one of fast, slow', "N = 4  #: 1 to 5", "x.py:9: N is declared twice"),
        ("#: variant calm (", "#: variant Calm (", "x.py:11: a variant is written #: variant name"),
        (", N = 9", ", M = 9", "x.py:11: variant calm: no parameter M is declared above it"),
        (", N = 9", ", N = 10", "x.py:11: N = 10: must be a whole number from 1 to 9"),
        (
            "#: variant",
            "# --- from the document ---\n#: variant",
            "x.py:11: the document's code begins here; no",
        ),
        (
            "#: variant",
            "# --- end of the document's code ---\n#: variant",
            "x.py:11: the document's code ends here, but",
        ),
        (
            "#: variant",
            "# --- from the document ---\n# --- from the document ---\n#: variant",
            "x.py:12: the document's code has begun in line 11 already",
        ),
    ],
)
def test_a_malformed_lesson_is_refused_naming_file_and_line(old: str, new: str, said: str) -> None:
    with pytest.raises(LessonError, match=said):
        parse(GOOD.replace(old, new))


def test_two_variants_of_one_name_are_refused() -> None:
    with pytest.raises(LessonError, match=r"x\.py:12: calm is declared twice"):
        parse(GOOD + "#: variant calm (Again): N = 1\n")


def test_a_lesson_for_a_question_that_nobody_asks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(GOOD)
    (tmp_path / "x.txt").write_text("Question: Why not?\n")
    with pytest.raises(LessonError, match=r"x\.py:3: x\.txt asks no such question"):
        read_lessons(tmp_path, tmp_path / "x.txt")
