"""The interpreters that learners may choose from, as the runner tells them."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from studyapp.runs.registry import find_runner
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.description import OfferedInterpreter
from studyapp.sandbox.errors import RunnerUnavailable

REMEMBERED_S = 10.0


@dataclass(frozen=True, slots=True)
class Offer:
    """The default interpreter is the first without a problem. `problem` says why no program can be run here,

    "" when one can.
    """

    interpreters: list[OfferedInterpreter]
    problem: str


_remembered: dict[Path, tuple[float, list[OfferedInterpreter]]] = {}


async def ask_for_interpreters(client: RunnerClient) -> list[OfferedInterpreter]:
    """What this runner said within the last seconds, or says now. Raises RunnerUnavailable."""
    at, interpreters = _remembered.get(client.socket_path, (0.0, []))
    if not interpreters or monotonic() - at > REMEMBERED_S:
        interpreters = (await client.describe()).interpreters
        _remembered.clear()
        _remembered[client.socket_path] = monotonic(), interpreters
    return interpreters


async def find_offer() -> Offer:
    """What can be run here. Starts the runner before the first run needs it."""
    try:
        return Offer(await ask_for_interpreters(RunnerClient(await find_runner())), problem="")
    except RunnerUnavailable as error:
        return Offer([], error.message)
