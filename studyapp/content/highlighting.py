"""Python code as HTML, for pages that only show it."""

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer


def highlight_python(code: str) -> SafeString:
    """A `div.highlight` with class names of Pygments and no inline style; the code is escaped."""
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    return mark_safe(highlight(code, lexer, HtmlFormatter()))  # noqa: S308 -- the formatter escapes the code
