"""Tells a fork that was refused from a socket that would block: Python raises the very same exception."""

import re
import traceback
from collections import deque

from .fields import MOST_ERRORS

FORKS = re.compile(r"(fork\w*|posix_spawnp?)\(")


def is_refused_fork(error: BaseException) -> bool:
    """Whether it is one, or a group with one among its members: a fork is refused at a limit only.

    How many processes there are would not tell: those of a fork bomb end all at once, just then. What tells
    is the line where it was raised, unless the call goes by another name there.
    """
    members = deque([error])
    for _ in range(MOST_ERRORS):
        if not members:
            break
        member = members.popleft()
        if isinstance(member, BaseExceptionGroup):
            members.extend(member.exceptions[:MOST_ERRORS])
        elif isinstance(member, BlockingIOError) and FORKS.search(_read_innermost_line(member)):
            return True
    return False


def _read_innermost_line(error: BaseException) -> str:
    innermost = traceback.extract_tb(error.__traceback__, limit=-1)
    return (innermost[0].line or "").partition("#")[0] if innermost else ""
