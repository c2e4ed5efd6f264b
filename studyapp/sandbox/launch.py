"""Starts a runner: as an unprivileged process in a bubblewrap of its own, which hides the rest of the host.

What needs trust happens here, before that: the socket is bound, so that only the user who starts it can
connect, and the certificates are made. The database, the secret key and root's power stay outside.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from studyapp.sandbox import policy
from studyapp.sandbox.certificates import Certificates, make_certificates
from studyapp.sandbox.cgroups.delegate import Delegation, delegate
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.layout import ROOM
from studyapp.sandbox.plumbing import answers, memory_file
from studyapp.sandbox.room import Room, prepare_room

GONE_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve: on which socket, how many runs at once, how many more in line, how many jails ahead."""

    socket_path: Path
    runs: int
    waiting: int
    stock: int
    until_stdin_closes: bool


def serve(options: ServeOptions) -> int:
    """Runs a runner until it ends and returns its exit code. Raises RunnerUnavailable if it cannot listen."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    room = prepare_room()
    with ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        listener = bind(options.socket_path, stack)
        delegation = delegate(room.ids.first if room.ids else None, stack)
        process = start(room, make_certificates(), listener, delegation, options, stack)
        listener.close()
        if not (process.stdout and process.stdout.readline()):
            return process.wait()
        sys.stdout.write(f"listening on {options.socket_path}\n")
        sys.stdout.flush()
        return process.wait()
    return 0


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
    room: Room,
    certificates: Certificates,
    listener: socket.socket,
    delegation: Delegation,
    options: ServeOptions,
    stack: ExitStack,
) -> subprocess.Popen[str]:
    """The runner's process. It ends when a pipe closes of which this process alone holds the writing end.

    The kernel's own signal at a parent's death does not do: it may not be sent to a user that root became.
    """
    with ExitStack() as passed_on:
        lifeline_fd, lifeline = os.pipe()
        passed_on.callback(os.close, lifeline_fd)
        authority = memory_file(certificates.authority, passed_on)
        identity = memory_file(certificates.identity, passed_on)
        command = [
            *(*room.wrap, *mount_groups(delegation)),
            *("--perms", "0444", "--file", str(authority), str(ROOM / "authority.pem")),
            *("--perms", "0444", "--file", str(identity), str(ROOM / "identity.pem")),
            *("--remount-ro", "/", "--", *room.enter, *room.python, "-m", "studyapp.sandbox.runner"),
            *("--socket-fd", str(listener.fileno()), "--lifeline-fd", str(lifeline_fd)),
            *("--runs", str(options.runs), "--waiting", str(options.waiting), "--stock", str(options.stock)),
            *("--outside-ids", str(room.ids.count if room.ids else 1)),
            *("--interpreters", json.dumps([each.to_wire() for each in room.interpreters])),
            *("--lacking", delegation.problem),
            *(["--until-stdin-closes"] if options.until_stdin_closes else []),
        ]
        process = subprocess.Popen(  # noqa: S603  # a list of our own words, no shell
            command,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(authority, identity, lifeline_fd, listener.fileno()),
            preexec_fn=delegation.join,  # this process has no threads
        )
    stack.callback(end, process, lifeline)
    return process


def mount_groups(delegation: Delegation) -> list[str]:
    """Arguments that show the runner its control groups, which it may divide further."""
    top = ROOM / "cgroup"
    binds = ((str(folder), str(top / names)) for names, folder in delegation.folders.items())
    return [
        *policy.make_folders([*top.parents, top]),
        *(word for source, place in binds for word in ("--bind", source, place)),
    ]


def end(process: subprocess.Popen[str], lifeline: int) -> None:
    """Lets the runner end its jails and itself, and waits for that."""
    os.close(lifeline)
    try:
        process.wait(GONE_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
