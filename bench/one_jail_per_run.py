"""The reference mode: a bubblewrap of its own for every run, with the imports done inside it.

Nothing is made ahead and nothing shared. It confines less than the product does (no filter of system calls,
no limits but the disk's) and checks nothing of what comes back, so it is faster than a full jail of this
kind would be: what is measured against it has no unfair advantage.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from studyapp.sandbox import policy
from studyapp.sandbox.certificates import make_certificates
from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.jail import host_packages
from studyapp.sandbox.layout import find_packages

PROJECT = Path(__file__).resolve().parents[1]
LIBRARY = Path("/opt/bench/lib")
PACKAGES = Path("/opt/bench/packages")
CERTIFICATES = Path("/opt/bench/certificates")
HOME = Path("/home/learner")
WRITABLE = (HOME, Path("/tmp"), Path("/dev/shm"))  # noqa: S108  # places inside a jail
ENTRY = (
    f"import sys; sys.path[:0] = [{str(LIBRARY)!r}, {str(PACKAGES)!r}]; "
    "from bench.inside_one_jail import main; sys.exit(main(*sys.argv[1:]))"
)


OUTPUT = re.compile(rb"\[\d+,\d+,[0-9.]+,1,")
"""How the tracer tells what was written to standard output; see `expand_output` of its events."""


class OneJailPerRun:
    """Runs programs traced, each in a new bubblewrap with our modules and the certificates in `folder`."""

    def __init__(self, interpreter: Interpreter, folder: Path) -> None:
        self._interpreter = interpreter
        self._folder = folder

    def run(self, program: str) -> float:
        """Seconds from the asking to the last byte. Raises RuntimeError if it failed or told no output."""
        began = time.perf_counter()
        reading, writing = os.pipe()
        command = self._command(program, writing)
        with subprocess.Popen(command, pass_fds=[writing], env={}) as process:  # noqa: S603  # our own words
            os.close(writing)
            with open(reading, "rb") as events:
                told = events.read()
        if process.returncode != 0 or OUTPUT.search(told) is None:
            raise RuntimeError(f"a program in the reference mode ended with {process.returncode}: {told!r}")
        return time.perf_counter() - began

    def time_together(self, programs: Sequence[str], at_once: int) -> float:
        """Seconds for all of them, so many at once."""
        began = time.perf_counter()
        with ThreadPoolExecutor(at_once) as threads:
            list(threads.map(self.run, programs))
        return time.perf_counter() - began

    def _command(self, program: str, event_fd: int) -> list[str]:
        python = str(self._interpreter.path)
        return [
            *(shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session"),
            *("--uid", "1000", "--gid", "1000", "--cap-add", "CAP_NET_BIND_SERVICE"),
            *_mounts(self._interpreter, self._folder),
            *("--remount-ro", "/", "--chdir", str(HOME), "--clearenv", "--setenv", "HOME", str(HOME)),
            *(
                "--setenv",
                "LANG",
                "C.UTF-8",
                "--setenv",
                "SSL_CERT_FILE",
                str(CERTIFICATES / "authority.pem"),
            ),
            *("--", python, "-I", "-B", "-c", ENTRY),
            *(str(event_fd), str(CERTIFICATES / "identity.pem"), program),
        ]


def _mounts(interpreter: Interpreter, folder: Path) -> list[str]:
    ours = {
        folder / "lib": LIBRARY,
        find_packages(interpreter): PACKAGES,
        folder / "certificates": CERTIFICATES,
    }
    words = [
        *policy.system_mounts(interpreter.prefix),
        *policy.account_mounts(),
        *policy.read_only(ours),
        *policy.cover_folders(host_packages(interpreter)),  # whose .pth files would only slow it
        *("--proc", "/proc", *policy.device_mounts()),
        *policy.make_folders(parent for place in WRITABLE for parent in place.parents),
    ]
    for place in WRITABLE:
        words += ["--size", str(32 * 2**20), "--perms", "1777", "--tmpfs", str(place)]
    return words


@contextmanager
def one_jail_per_run(interpreter: Interpreter) -> Iterator[OneJailPerRun]:
    """The mode, ready to run programs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _put_certificates(folder / "certificates")
        _put_modules(folder / "lib", interpreter)
        yield OneJailPerRun(interpreter, folder)


def _put_certificates(folder: Path) -> None:
    folder.mkdir()
    certificates = make_certificates()
    (folder / "authority.pem").write_bytes(certificates.authority)
    (folder / "identity.pem").write_bytes(certificates.identity)


def _put_modules(folder: Path, interpreter: Interpreter) -> None:
    """Compiled ahead: in a jail nothing can be kept, so each run would compile them anew."""
    for part in ("studyapp", "bench"):
        shutil.copytree(
            PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "results")
        )
    compile_all = [str(interpreter.path), "-I", "-m", "compileall", "-q", str(folder)]
    subprocess.run(compile_all, check=True)  # noqa: S603  # words of our own, no shell
