"""How a test says which case it tries, and how it says that this host cannot try it."""

import ast
from pathlib import Path
from typing import NoReturn

import pytest

from tests.sandbox.abuse.catalogue import CASES

FOLDER = Path(__file__).parent
CANNOT = "cannot be tried here: "


def case(case_id: str) -> pytest.MarkDecorator:
    """Marks a test as trying the case of the catalogue with this id; one test tries one case."""
    if case_id not in CASES:
        raise ValueError(f"there is no case {case_id} in the catalogue")
    return pytest.mark.case(case_id)


def cannot_test(case_id: str, reason: str) -> NoReturn:
    """Leaves the case out on this host; the summary names it with the reason."""
    pytest.skip(f"{case_id} {CANNOT}{reason}")


def cases_with_tests() -> set[str]:
    """Ids that some test of this folder names with `@case`, read from the source."""
    trees = (ast.parse(path.read_text()) for path in FOLDER.glob("test_*.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "case"
        and isinstance(call.args[0], ast.Constant)
    }
