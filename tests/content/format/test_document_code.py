"""Where prose ends and code begins."""

import pytest

from studyapp.content.format import DocumentErrors, parse_document

CARD = "4. T\n\nQuestion: Q?\n\nAnswer: A.\n\nExplanation: E.\n\n"
FIRST_LINE = 9


def code_in(text: str) -> str:
    return parse_document(CARD + text, "deck.txt").cards[0].code


def explanation_in(text: str) -> str:
    return parse_document(CARD + text, "deck.txt").cards[0].explanation


def problems_in(text: str) -> list[tuple[int, str]]:
    """Line, counted from the first line of `text`, and message of each problem."""
    with pytest.raises(DocumentErrors) as caught:
        parse_document(CARD + text, "deck.txt")
    return [(error.line - FIRST_LINE + 1, error.message) for error in caught.value.errors]


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio",
        "from asyncio import sleep",
        "result = await asyncio.to_thread(work, data)",
        "await asyncio.sleep(1)",
        "async with session.get(url) as response:\n    pass",
        "async for item in queue:\n    print(item)",
        "sem = asyncio.Semaphore(50)\nasync def task():\n    async with sem:\n        ... # filled in",
        "# set up first\n\nimport asyncio",
        '"""A program."""\n\nimport asyncio',
        "@dataclass\nclass Point:\n    x: int\n\n    y: int",
        "def f():\n    '''\n\n    Not prose.\n    '''",
        "limit: int = 3\nprint(limit)",
        "tasks[0] = start()",
        "a, b = 1, 2",
        "print('hello')",
        "[job() for job in jobs]",
        "return await gather(a, b)",
        "raise asyncio.TimeoutError",
        "x = '\\d'",
    ],
)
def test_bare_code_is_recognised(code: str) -> None:
    assert code_in(code) == code


@pytest.mark.parametrize(
    "prose",
    [
        "It waits, and then it goes on.",
        "asyncio.gather() collects the results (in order)",
        "asyncio.wait(…) and asyncio.gather(…)",
        "asyncio: one thread, many tasks.",
        "For I/O-bound tasks: use asyncio.",
        "- threading\n- asyncio",
        "* one\n  hanging line\n* two",
        "1. Make a queue.\n2. Fill it.",
        "result.",
        "If it fails, the rest is cancelled:",
        "See https://example.com/a?b=c for more.",
        "The rule is x == y.",
    ],
)
def test_prose_stays_prose(prose: str) -> None:
    assert explanation_in(prose) == f"E.\n\n{prose}"


@pytest.mark.parametrize(
    "text",
    [
        "result",
        "this is important",
        "raise awareness",
        "await completion",
        "1, 2, 3",
        '"A quoted line"',
        "# Only this",
    ],
)
def test_what_may_be_either_asks_for_a_fence(text: str) -> None:
    ((line, message),) = problems_in(text)
    assert line == 1
    assert message.startswith("cannot tell whether this is prose or code")


def test_prose_before_code_belongs_to_the_explanation() -> None:
    (card,) = parse_document(f"{CARD}More of it.\n\nx = 1", "deck.txt").cards
    assert (card.explanation, card.code) == ("E.\n\nMore of it.", "x = 1")


def test_fenced_code_needs_no_guessing() -> None:
    assert code_in("```python\nresult\n\nQuestion: str\n```") == "result\n\nQuestion: str"


def test_a_fence_may_hold_only_a_comment() -> None:
    assert code_in("```\n# later\n```") == "# later"


def test_the_wrong_line_of_code_is_named() -> None:
    ((line, message),) = problems_in("import asyncio\n\ndef f():\n    return (1 +\n\nx = 1")
    assert line == 4
    assert message.startswith("code that does not parse ('(' was never closed)")


def test_the_wrong_line_of_fenced_code_is_named() -> None:
    ((line, message),) = problems_in("```python\nx = 1\ny = = 2\n```")
    assert line == 3
    assert message.startswith("code that does not parse")


@pytest.mark.parametrize(
    "code",
    ["def f(:\n    pass", "for x in y:\nprint(x)", "x = [1,\n\n2", "async def f()\n    pass", "  indented"],
)
def test_broken_code_is_never_taken_for_prose(code: str) -> None:
    assert any("does not parse" in message for _, message in problems_in(code))


@pytest.mark.parametrize("code", ["-" * 60_000 + "1", "x = " + "a." * 30_000 + "b", "x = " + "(" * 300])
def test_code_too_deep_for_python_is_an_error_of_the_document(code: str) -> None:
    ((line, _),) = problems_in(f"```\n{code}\n```")
    assert line == 2


def test_text_below_the_code_is_not_swallowed() -> None:
    ((line, message),) = problems_in("x = 1\n\nThat was all.")
    assert line == 3
    assert "does not parse" in message


def test_text_below_a_fence_is_told() -> None:
    assert problems_in("```\nx = 1\n```\n\nThat was all.") == [
        (5, "text after the code; move it above the code, which ends a card")
    ]


def test_a_second_code_block_is_told() -> None:
    assert problems_in("```\nx = 1\n```\n\n```\ny = 1\n```") == [
        (5, "second code block in one card; join it to the first")
    ]


def test_code_glued_to_prose_is_told() -> None:
    assert problems_in("Like this:\nimport asyncio") == [
        (2, "code inside a paragraph of prose; put an empty line before the code")
    ]


def test_a_label_below_bare_code_is_not_taken_for_an_annotation() -> None:
    ((line, message),) = problems_in("x = 1\n\nHint: think")
    assert line == 3
    assert message.startswith("unknown label 'Hint:'")


def test_an_annotation_with_a_value_below_bare_code_is_code() -> None:
    assert code_in("x = 1\n\nLimit: int = 3") == "x = 1\n\nLimit: int = 3"
