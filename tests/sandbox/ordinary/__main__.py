"""What concurrent programs are made of, one program a function, for any CPython since 3.11 and no package.

`python -m tests.sandbox.ordinary` prints how each went: {"name": "" or its traceback}.
"""

import json
import sys
import traceback
from collections.abc import Callable

from tests.sandbox.ordinary import network, processes, system


def outcome(program: Callable[[], None]) -> str:
    try:
        program()
    except Exception:
        return traceback.format_exc()
    return ""


if __name__ == "__main__":
    programs = (*processes.PROGRAMS, *network.PROGRAMS, *system.PROGRAMS)
    json.dump({program.__name__: outcome(program) for program in programs}, sys.stdout)
