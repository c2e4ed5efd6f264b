"""What the runner itself takes up while a program floods it."""

from studyapp.sandbox.client import RunHandle
from studyapp.sandbox.jobs import Events, Limits
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.footprint import find_server, resident_bytes
from tests.sandbox.abuse.trial import Trial

FLAT_BYTES = 5 * MIB

FIND_EVENT_PIPE = """
import os
def is_pipe(fd):
    try: return os.readlink(f'/proc/self/fd/{fd}').startswith(('pipe:', 'socket:'))
    except OSError: return False
fds = [fd for fd in range(3, 64) if is_pipe(fd)]
def write_event(line):
    for fd in fds:
        try: os.write(fd, line + b'\\n')
        except OSError: pass
"""


async def growth_bytes(trial: Trial, reasons: tuple[str, ...], code: str, limits: Limits) -> int:
    """How much the runner's memory grows, at most, while a second flood like a first goes through it.

    The first one does not count, since the pools of its interpreter grow to their size with it.
    """
    await trial.ends(reasons, code, limits=limits)
    server = find_server(trial.socket_path)
    before = resident_bytes(server)
    async with trial.attempt(limits) as attempt:
        handle = await attempt.start(code)
        most = await _most_resident_bytes(handle, server)
    return most - before


async def _most_resident_bytes(handle: RunHandle, pid: int) -> int:
    return max([resident_bytes(pid) async for piece in handle if isinstance(piece, Events)])
