"""Starts a runner: as an unprivileged process in a bubblewrap of its own, which hides the rest of the host.

What needs trust happens here, before that: the socket is bound, so that only the user who starts it can
connect, and the certificates are made. The database, the secret key and root's power stay outside.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from studyapp.sandbox import policy
from studyapp.sandbox.certificates import Certificates, make_certificates
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.interpreters import own_interpreter
from studyapp.sandbox.jail import python_command
from studyapp.sandbox.layout import PROJECT, ROOM, find_packages
from studyapp.sandbox.plumbing import answers, make_feed, memory_file
from studyapp.sandbox.remedies import BUBBLEWRAP_MISSING, explain

FIRST_SPARE_ID = 64_000
ROOTS_POWERS = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
GONE_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve: on which socket, how many runs at once, how many more in the line."""

    socket_path: Path
    runs: int
    waiting: int
    until_stdin_closes: bool


def serve(options: ServeOptions) -> int:
    """Runs a runner until it ends and returns its exit code. Raises RunnerUnavailable if it cannot listen."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    wrap = wrap_command()
    with ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        listener = bind(options.socket_path, stack)
        process = start(wrap, make_certificates(), listener, options, stack)
        listener.close()
        if not (process.stdout and process.stdout.readline()):
            return process.wait()
        sys.stdout.write(f"listening on {options.socket_path}\n")
        sys.stdout.flush()
        return process.wait()
    return 0


def wrap_command() -> list[str]:
    """bubblewrap and its arguments for the runner, tried once. Raises RunnerUnavailable with the remedy."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise RunnerUnavailable(BUBBLEWRAP_MISSING)
    wrap = [bwrap, "--die-with-parent", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    wrap += keep_powers() if os.geteuid() == 0 else ["--unshare-user"]
    wrap += room_mounts(Path(bwrap))
    tried = subprocess.run(  # noqa: S603  # a list of our own words, no shell
        [*wrap, "--", *give_up_root(), "/usr/bin/true"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        raise RunnerUnavailable(explain(tried.stderr))
    return wrap


def room_mounts(bwrap: Path) -> list[str]:
    """What the runner may see: the system's programs, the interpreter, and of ours what it runs itself."""
    ours = {
        bwrap.resolve(): ROOM / "bwrap",
        find_packages(own_interpreter()): ROOM / "packages",
        **{
            PROJECT / "studyapp" / part: ROOM / "studyapp" / part
            for part in ("__init__.py", "sandbox", "tracer")
        },
    }
    check_readable(*ours)
    return [
        *policy.system_mounts(Path(sys.base_prefix)),
        *policy.read_only(ours),
        *("--bind", "/proc", "/proc"),
        *policy.device_mounts(),
        *policy.make_folders([Path("/tmp")]),  # noqa: S108  # where bubblewrap builds the roots of jails
        *("--chdir", "/", "--clearenv", "--setenv", "LANG", "C.UTF-8", "--setenv", "PYTHONPATH", str(ROOM)),
    ]


def check_readable(*paths: Path) -> None:
    """Raises RunnerUnavailable if the user that root becomes could not read what it is to run."""
    closed = [path for path in paths if os.geteuid() == 0 and not path.stat().st_mode & stat.S_IROTH]
    if closed:
        raise RunnerUnavailable(
            f"The runner gives root up and could not read {closed[0]} then: run `chmod -R go+rX {PROJECT}`."
        )


def keep_powers() -> list[str]:
    """Of root's power only what it takes to give root up."""
    return ["--cap-drop", "ALL", *(word for name in ROOTS_POWERS for word in ("--cap-add", name))]


def give_up_root() -> list[str]:
    """A command that starts the next one as a user that owns nothing; empty for an ordinary user."""
    if os.geteuid() != 0:
        return []
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    spare = next(number for number in range(FIRST_SPARE_ID, 2**16) if number not in taken)
    return [
        *("/usr/bin/setpriv", f"--reuid={spare}", f"--regid={spare}", "--clear-groups", "--inh-caps=-all"),
        *("--bounding-set=-all", "--no-new-privs"),
    ]


def bind(path: Path, stack: ExitStack) -> socket.socket:
    """A listening socket that only the current user can connect to; removed with the stack."""
    listener = stack.enter_context(socket.socket(socket.AF_UNIX))
    try:
        if path.is_socket() and not answers(path):
            path.unlink()
        listener.bind(str(path))
        stack.callback(path.unlink, missing_ok=True)
        path.chmod(0o600)
        listener.listen(512)
    except OSError as error:
        raise RunnerUnavailable(f"Cannot listen on {path}: {error.strerror or error}.") from None
    return listener


def start(
    wrap: list[str],
    certificates: Certificates,
    listener: socket.socket,
    options: ServeOptions,
    stack: ExitStack,
) -> subprocess.Popen[str]:
    """The runner's process. It ends when a pipe closes of which this process alone holds the writing end.

    The kernel's own signal at a parent's death does not do: it may not be sent to a user that root became.
    """
    with ExitStack() as passed_on:
        lifeline_fd, lifeline = make_feed(stack, passed_on)
        authority = memory_file(certificates.authority, passed_on)
        identity = memory_file(certificates.identity, passed_on)
        command = [
            *(*wrap, "--perms", "0444", "--file", str(authority), str(ROOM / "authority.pem")),
            *("--perms", "0444", "--file", str(identity), str(ROOM / "identity.pem")),
            *("--remount-ro", "/", "--", *give_up_root(), *python_command(own_interpreter())),
            *("-m", "studyapp.sandbox.runner", "--socket-fd", str(listener.fileno())),
            *("--lifeline-fd", str(lifeline_fd)),
            *("--runs", str(options.runs), "--waiting", str(options.waiting)),
            *(["--until-stdin-closes"] if options.until_stdin_closes else []),
        ]
        process = subprocess.Popen(  # noqa: S603  # a list of our own words, no shell
            command,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(authority, identity, lifeline_fd, listener.fileno()),
        )
    stack.callback(end, process, lifeline)
    return process


def end(process: subprocess.Popen[str], lifeline: IO[bytes]) -> None:
    """Lets the runner end its jails and itself, and waits for that."""
    lifeline.close()
    try:
        process.wait(GONE_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
