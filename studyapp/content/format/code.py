"""Tells bare code from prose, since a document need not mark its code.

The rule, for the paragraphs that follow the labelled one at the end of a card:

1. Code begins at the first paragraph that looks like code: its first line is built like a Python
   statement (an import, a definition, a block header ending in a colon, an assignment, a call that
   is the whole line, a comment, a triple quote), or one of its lines is indented, or Python can parse
   the whole paragraph and finds a statement in it that nobody writes as prose.
2. From there to the end of the card all is code, empty lines included, and Python must be able to
   parse it, top-level `await` allowed. If it cannot, that is an error with the line, never prose.
3. A paragraph that Python parses but that may as well be prose ("result", "this is important") is an
   error that asks for a fence. A list, whose lines begin with "-", "*", "•" or a number, is prose.
4. Everything else is prose. The labelled paragraph itself always is, so an empty line parts
   it from code; a definition, import or decorator inside a paragraph of prose is an error.
"""

import ast
import re
import warnings
from dataclasses import dataclass
from enum import Enum

from studyapp.content.format.blocks import Paragraph

_DEFINITION = re.compile(
    r"""  (?:async[ ]+def|def|class)[ ]+\w+[ ]*[(:\[]
        | import[ ]+[\w.]+(?:[ ]+as[ ]+\w+)?(?:[ ]*,.*)?[ ]*(?:\#.*)?$
        | from[ ]+[\w.]+[ ]+import[ ]+[\w(*]
        | @\w[\w.]*(?:\(.*)?$
    """,
    re.VERBOSE,
)
_STATEMENT = re.compile(
    r"""  \#
        | \"\"\" | '''
        | (?:(?:async[ ]+)?(?:with|for)|while|if|try|match)\b.*:[ ]*(?:\#.*)?$
        | [A-Za-z_][\w.]*(?:\[[^\]]*\])?(?:[ ]*,[ ]*[\w.]+)*(?:[ ]*:[ ]*[\w.\[\]|]+)?[ ]*
          (?:[-+*/%&|^@]|//|\*\*|<<|>>)?=(?!=)
        | (?:await|return|yield|raise)[ ]+[\w.]+[(\[]
    """,
    re.VERBOSE,
)
# A call is a statement only when it is the whole line: "gather(a) and wait(b)" may be prose.
_CALL = re.compile(r"[A-Za-z_][\w.]*\((?!.*\)[ ]+[A-Za-z]).*[\](){},\\][ ]*(?:\#.*)?$")
_LIST_ITEM = re.compile(r"(?:[-*\u2022>]|[0-9]+[.)])\s")
_WORTH_A_STATEMENT = (ast.Call, ast.Attribute, ast.Subscript, ast.Compare, ast.BinOp)
_EXPRESSIONS = (
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Lambda,
    ast.JoinedStr,
    ast.NamedExpr,
)
_WORDY = (ast.Return, ast.Raise, ast.Delete, ast.Assert)
_EMPTY = (ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal)


class Verdict(Enum):
    PROSE = "prose"
    CODE = "code"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class BadSyntax:
    """Why Python refuses a source; `line` counts from 1 within it."""

    line: int
    reason: str


def judge_paragraph(paragraph: Paragraph) -> Verdict:
    """Whether code begins with this paragraph, by the rule above."""
    lines = paragraph.lines
    if all(_LIST_ITEM.match(line) or line[0].isspace() for line in lines) and _LIST_ITEM.match(lines[0]):
        return Verdict.PROSE
    if any(pattern.match(lines[0]) for pattern in (_DEFINITION, _STATEMENT, _CALL)):
        return Verdict.CODE
    if any(line[0].isspace() for line in lines):
        return Verdict.CODE
    tree = parse_python("\n".join(lines))
    if isinstance(tree, BadSyntax):
        return Verdict.PROSE
    return Verdict.CODE if holds_statement(tree) else Verdict.UNCLEAR


def line_of_hidden_code(paragraph: Paragraph) -> int | None:
    """The line of a definition, import or decorator inside a paragraph of prose."""
    inside = enumerate(paragraph.lines[1:], paragraph.line + 1)
    return next((number for number, line in inside if _DEFINITION.match(line)), None)


def parse_python(source: str) -> ast.Module | BadSyntax:
    """The tree of a piece of Python in which `await` may stand at the top level."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(source, "<document>", "exec", flags)
    except SyntaxError as error:
        return BadSyntax(min(max(error.lineno or 1, 1), source.count("\n") + 1), error.msg)
    except (MemoryError, RecursionError):
        return BadSyntax(1, "nested too deeply")
    except (ValueError, OverflowError) as error:
        return BadSyntax(1, str(error))
    assert isinstance(tree, ast.Module)  # noqa: S101 -- PyCF_ONLY_AST with "exec" gives nothing else
    return tree


def holds_statement(tree: ast.Module) -> bool:
    """Whether a statement stands at the top that nobody writes as prose."""
    return any(_is_plain(statement) for statement in tree.body)


def _is_plain(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Await(value=value)) | ast.Expr(value=value):
            return isinstance(value, (ast.Call, *_EXPRESSIONS))
        case ast.AnnAssign():
            return statement.value is not None
        case _ if isinstance(statement, _WORDY):
            return any(isinstance(node, _WORTH_A_STATEMENT) for node in ast.walk(statement))
        case _:
            return not isinstance(statement, _EMPTY)
