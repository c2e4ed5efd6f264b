"""Runs the learner's program as Python runs a script, and says how it ended."""

import atexit
import builtins
import gc
import linecache
import marshal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import CodeType, ModuleType
from typing import Any

from .encode import Encoder
from .errors import describe_error, print_error
from .forks import is_refused_fork
from .pipe import EventPipe, make_pieces
from .session import start

INTERRUPTED = 130

TellFailed = Callable[[dict[str, Any]], object]


def run_program(
    *, fd: int, filename: str, source: str, traced: bool = True, begins: Callable[[], object] = lambda: None
) -> int:
    """Runs `source` to its very end, its threads and exit functions included, and returns its exit status.

    Traced, its events and its output go to the pipe `fd`. Untraced, its output goes where it always went,
    and the pipe only gets `failed` if an exception ended the program. `filename` is the name that tracebacks
    show; `begins` is called when nothing but the program is left to be done.
    """
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    if not traced:
        begins()
        return _run_to_the_end(source, filename, _make_teller(fd))
    session = start(fd, filename, source)
    begins()
    try:
        return _run_to_the_end(source, filename, session.tell_failed)
    finally:
        session.finish()


def _make_teller(fd: int) -> TellFailed:
    pipe, encoder = EventPipe(fd).open(), Encoder(time.monotonic_ns())

    def tell_failed(error: dict[str, Any]) -> None:
        lane = threading.get_native_id()
        event = encoder.event((None, "M", "meta", "failed", lane, time.monotonic_ns(), error))
        pipe.waiting.extend(make_pieces([event]))
        pipe.send()

    return tell_failed


def _run_to_the_end(source: str, filename: str, tell_failed: TellFailed) -> int:
    status = _run_main(source, filename, tell_failed)
    try:
        threading._shutdown()  # type: ignore[attr-defined]
    except KeyboardInterrupt:
        status = INTERRUPTED
    atexit._run_exitfuncs()
    _forget_main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or taken away, by the program
            stream.flush()
    return status


def _forget_main() -> None:
    """What Python does when it ends: the program's objects go, and those with a `__del__` may speak."""
    with suppress(BaseException):
        sys.modules["__main__"].__dict__.clear()
        gc.collect()


def _run_main(source: str, filename: str, tell_failed: TellFailed) -> int:
    try:
        exec(_compile(source, filename), _make_main(filename))  # noqa: S102
    except SystemExit as leave:
        return _read_status(leave.code)
    except BaseException as error:
        with suppress(BaseException):
            tell_failed(
                describe_error(error, filename) | ({"crowded": True} if is_refused_fork(error) else {})
            )
        with suppress(BaseException):
            print_error(error)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _compile(source: str, filename: str) -> CodeType:
    code = compile(source, filename, "exec", dont_inherit=True)
    if "t" in sys.abiflags:
        # A free-threaded Python shares the constants of compiled code between threads and counts their
        # users, which makes two threads slower than one. Constants that were unmarshalled are immortal.
        code = marshal.loads(marshal.dumps(code))  # noqa: S302
    return code


def _make_main(filename: str) -> dict[str, Any]:
    """A fresh `__main__`, known to the import system so that functions in it can be pickled by name."""
    module = ModuleType("__main__")
    module.__file__ = filename
    module.__dict__.update(__builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = module
    sys.argv = [filename]
    return module.__dict__


def _read_status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)  # noqa: T201
    return 1
