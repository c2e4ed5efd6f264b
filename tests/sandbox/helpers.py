"""A run told from its pieces, so that tests can say what they expect of it in a line."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.jobs import Events, Job, Limits, Outcome, Piece, Stopping


@dataclass(frozen=True)
class Run:
    """All pieces of a run that has ended."""

    pieces: list[Piece]

    @property
    def outcome(self) -> Outcome:
        last = self.pieces[-1]
        assert isinstance(last, Outcome)
        return last

    @property
    def reason(self) -> str:
        return self.outcome.reason.value

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(chain(*(piece.events for piece in self.pieces if isinstance(piece, Events))))

    @property
    def signals(self) -> list[str]:
        return [piece.signal for piece in self.pieces if isinstance(piece, Stopping)]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [event["args"] for event in self.events if event["ph"] == "M" and event["name"] == name]

    def printed(self, stream: str = "stdout") -> str:
        said = (event["args"] for event in self.events if event["cat"] == "out")
        return "".join(args["text"] for args in said if args["stream"] == stream)


async def run(client: RunnerClient, code: str, *, limits: Limits | None = None, **fields: Any) -> Run:
    """The code, run to its end."""
    return await follow(await client.start(Job(code, limits=limits or Limits(), **fields)))


async def follow(handle: RunHandle) -> Run:
    return Run([piece async for piece in handle])


async def until_printed(handle: RunHandle, text: str) -> str:
    """Reads on until the program has printed `text`, and the line end after it unless it ends in a space.

    A line comes in pieces, its end after the rest. Returns all that was printed so far.
    """
    wanted = text if text.endswith((" ", "\n")) else text + "\n"
    said = ""
    async for piece in handle:
        if isinstance(piece, Events):
            said += "".join(event["args"]["text"] for event in piece.events if event["cat"] == "out")
        if wanted in said:
            return said
    raise AssertionError(f"the run ended before it printed {text!r}: {said!r}")
