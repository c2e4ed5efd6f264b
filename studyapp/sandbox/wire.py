"""What travels through the runner's socket: JSON Lines, one connection for one run.

Client to runner: `{"type": "run", "job": {…}}` once, then `{"type": "stop"}` at any time.
Runner to client: `queued`, `started`, `events`, `stopping`, and last either `end` or `refused`.
A closed connection means that nobody wants the run any more.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.limits import JobError
from studyapp.sandbox.pieces import EndReason, Events, Outcome, Piece, Queued, Started, Stopping

LONGEST_REQUEST = 1024 * 1024
LONGEST_ANSWER = 1024 * 1024


class WireError(ValueError):
    """Bytes that are not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The client asks the runner to stop its run."""


def parse_json(line: bytes) -> object:
    """Strict JSON from untrusted bytes; raises WireError, also for NaN, Infinity and absurd nesting."""
    try:
        return json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from None


def dump_json(value: object) -> bytes:
    """Compact JSON without a line break."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _refuse_constant(name: str) -> NoReturn:
    raise WireError(f"not JSON: {name}")


def dump_request(request: Job | Stop) -> bytes:
    """One line for the runner."""
    if isinstance(request, Stop):
        return b'{"type":"stop"}\n'
    return dump_json({"type": "run", "job": request.to_wire()}) + b"\n"


def parse_request(line: bytes) -> Job | Stop:
    """One line of a client. Raises Refused, naming the field, for anything else."""
    try:
        raw = parse_json(line)
    except WireError as error:
        raise Refused("bad_json", str(error)) from None
    match raw:
        case {"type": "stop", **rest} if not rest:
            return Stop()
        case {"type": "run", "job": job, **rest} if not rest:
            return _parse_job(job)
        case {"type": "run" | "stop" as kind}:
            fields = "type and job" if kind == "run" else "type"
            raise Refused("bad_field", f"a {kind} message must have exactly the fields {fields}")
    raise Refused("unknown_type", 'a message must be an object with type "run" or "stop"', "type")


def _parse_job(raw: object) -> Job:
    try:
        return Job.from_wire(raw)
    except JobError as error:
        raise Refused("bad_field", str(error), error.field) from None


def dump_events(encoded: Iterable[bytes]) -> bytes:
    """One line with events that are JSON already."""
    return b'{"type":"events","events":[' + b",".join(encoded) + b"]}\n"


def dump_refusal(refusal: Refused) -> bytes:
    """One line that says why there is no run."""
    fields = {"code": refusal.code, "message": refusal.message, "field": refusal.field}
    return dump_json({"type": "refused", **fields}) + b"\n"


def dump_piece(piece: Queued | Started | Stopping | Outcome) -> bytes:
    """One line with a piece; events go through `dump_events`."""
    return dump_json({"type": _TYPES[type(piece)], **asdict(piece)}) + b"\n"


def parse_answer(line: bytes) -> Piece:
    """One line of the runner. Raises Refused when it says so, WireError when it makes no sense."""
    raw = parse_json(line)
    if not isinstance(raw, dict):
        raise WireError("an answer must be an object")
    kind = raw.pop("type", None)
    try:
        if kind == "refused":
            raise Refused(**raw)
        return _PIECES[kind](**raw)
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"{kind}: {error}") from None


def _outcome(reason: str, **rest: Any) -> Outcome:
    return Outcome(reason=EndReason(reason), **rest)


_TYPES: Mapping[type, str] = {Queued: "queued", Started: "started", Stopping: "stopping", Outcome: "end"}
_PIECES: Mapping[object, Callable[..., Piece]] = {
    "queued": Queued,
    "started": Started,
    "events": Events,
    "stopping": Stopping,
    "end": _outcome,
}
