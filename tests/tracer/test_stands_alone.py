"""The tracer is mounted into a jail as a package of its own: it may lean on nothing but Python."""

import ast
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "studyapp" / "tracer"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_a_module_imports_the_standard_library_and_its_neighbours_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported = {name.name.partition(".")[0] for name in node.names}
            assert imported <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1 or str(node.module).partition(".")[0] in sys.stdlib_module_names
