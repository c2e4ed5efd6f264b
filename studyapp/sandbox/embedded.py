"""A runner as a child process, for a web process or a command line that was given none."""

import asyncio
import contextlib
import logging
import os
import secrets
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from studyapp.sandbox.candidates import PLACES
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.layout import PROJECT
from studyapp.sandbox.plumbing import answers

READY_WITHIN_S = 30.0
GONE_WITHIN_S = 15.0
FORGOTTEN_AFTER_S = 60.0

logger = logging.getLogger(__name__)


class EmbeddedRunner:
    """Keeps one runner alive as long as it is asked for. Safe to use from several threads and loops.

    `runs` programs at once, `waiting` more in line, `stock` jails made ahead; None leaves it to the machine's
    size.
    """

    def __init__(
        self, *, runs: int | None = None, waiting: int | None = None, stock: int | None = None
    ) -> None:
        bounds = {"--runs": runs, "--waiting": waiting, "--stock": stock}
        self._bounds = [
            word for name, value in bounds.items() if value is not None for word in (name, str(value))
        ]
        self._lock = threading.Lock()
        self._child: _Child | None = None

    async def ensure(self) -> Path:
        """The socket of a living runner, started or started again if need be. Raises RunnerUnavailable."""
        return await asyncio.to_thread(self._ensure)

    def close(self) -> None:
        """Ends the runner and every jail of it. `ensure` would start a new one."""
        with self._lock:
            if self._child:
                self._child.close()
            self._child = None

    def _ensure(self) -> Path:
        with self._lock:
            if self._child and not self._child.is_alive():
                self._child.close()
                self._child = None
            if self._child is None:
                self._child = _Child(private_folder() / f"runner-{secrets.token_hex(8)}.sock", self._bounds)
            return self._child.socket_path


class _Child:
    """One runner process; it ends by itself when this process dies, since its stdin closes then."""

    def __init__(self, socket_path: Path, bounds: list[str]) -> None:
        self.socket_path = socket_path
        command = [sys.executable, "-m", "studyapp.sandbox", "serve", "--until-stdin-closes"]
        self._process = subprocess.Popen(  # noqa: S603  # a list of our own words, no shell
            [*command, "--socket", str(socket_path), *bounds],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=PROJECT,
            env={name: os.environ[name] for name in PLACES if name in os.environ},
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is for this process to act on
        )
        self._last_words = ""
        self._serves = False
        self._listener = threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()
        self._wait_until_ready()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        streams = self._process
        with contextlib.suppress(OSError):
            _close(streams.stdin)
        try:
            self._process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.socket_path.unlink(missing_ok=True)
        self._listener.join()
        _close(streams.stdout)
        _close(streams.stderr)

    def _wait_until_ready(self) -> None:
        late = threading.Timer(READY_WITHIN_S, self._process.kill)
        late.start()
        ready = self._process.stdout and self._process.stdout.readline()
        late.cancel()
        if not ready:
            self.close()
            raise RunnerUnavailable(self._last_words or "The runner did not start.")
        self._serves = True

    def _listen(self, stderr: IO[str]) -> None:
        for line in stderr:
            self._last_words = line.strip()
            if self._serves:  # what it says before is told by RunnerUnavailable
                logger.info("runner: %s", line.rstrip())


def _close(stream: IO[str] | None) -> None:
    if stream:
        stream.close()


def private_folder() -> Path:
    """A folder for sockets that only this user can enter, cleared of those whose runners were killed."""
    folder = Path(tempfile.gettempdir()) / f"interleave-{os.geteuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise RunnerUnavailable(f"{folder} belongs to somebody else or is open to others; remove it.")
    for path in folder.glob("runner-*.sock"):
        _clear(path)
    return folder


def _clear(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        old = time.time() - path.lstat().st_mtime > FORGOTTEN_AFTER_S
        if old and not answers(path):
            path.unlink()
