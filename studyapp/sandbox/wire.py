"""What travels through the runner's socket: JSON Lines, one connection for one run.

Client to runner: `{"type": "run", "job": {…}}` once, then `{"type": "stop"}` at any time, and if the job is
interactive `{"type": "input", "text": "…"}` and `{"type": "input_end"}`.
Runner to client: `queued`, `started`, `events`, `stopping`, and last either `end` or `refused`.
A closed connection means that nobody wants the run any more.

Or client to runner: `{"type": "describe"}` and nothing else, answered by one `description`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, TypeVar

from studyapp.sandbox.description import Description
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.limits import JobError
from studyapp.sandbox.pieces import EndReason, Events, Outcome, Piece, Queued, Started, Stopping

LONGEST_REQUEST = 1024 * 1024
LONGEST_ANSWER = 1024 * 1024

Answer = TypeVar("Answer")


class WireError(ValueError):
    """Bytes that are not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The client asks the runner to stop its run."""


@dataclass(frozen=True, slots=True)
class Input:
    """Text for the standard input of the client's run."""

    text: str


@dataclass(frozen=True, slots=True)
class InputEnd:
    """The program is to find the end of its standard input after what it was sent."""


@dataclass(frozen=True, slots=True)
class Describe:
    """The client asks what the runner offers."""


Request = Job | Stop | Input | InputEnd | Describe


def parse_json(line: bytes) -> object:
    """Strict JSON from untrusted bytes; raises WireError, also for NaN, Infinity and absurd nesting."""
    try:
        return _decode(line.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from None


def dump_json(value: object) -> bytes:
    """Compact JSON without a line break."""
    return _encode(value).encode()


def _refuse_constant(name: str) -> NoReturn:
    raise WireError(f"not JSON: {name}")


# Made once: json.loads and json.dumps would make new ones for every line.
_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def dump_request(request: Request) -> bytes:
    """One line for the runner."""
    if isinstance(request, Job):
        return dump_json({"type": "run", "job": request.to_wire()}) + b"\n"
    return dump_json({"type": _REQUEST_TYPES[type(request)], **asdict(request)}) + b"\n"


def parse_request(line: bytes) -> Request:
    """One line of a client. Raises Refused, naming the field, for anything else."""
    try:
        raw = parse_json(line)
    except WireError as error:
        raise Refused("bad_json", str(error)) from None
    kind = raw.pop("type", None) if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(kind, str) or kind not in _REQUESTS:
        known = ", ".join(_REQUESTS)
        raise Refused("unknown_type", f"a message must be an object whose type is one of {known}", "type")
    fields, parse = _REQUESTS[kind]
    if raw.keys() != fields:
        wanted = " and ".join(["type", *fields])
        raise Refused("bad_field", f"a message of type {kind} must have exactly these fields: {wanted}")
    return parse(**raw)


def _parse_job(job: object) -> Job:
    try:
        return Job.from_wire(job)
    except JobError as error:
        raise Refused("bad_field", str(error), error.field) from None


def _parse_input(text: object) -> Input:
    if not isinstance(text, str):
        raise Refused("bad_field", "text must be text", "text")
    return Input(text)


_REQUEST_TYPES: Mapping[type, str] = {
    Stop: "stop",
    Input: "input",
    InputEnd: "input_end",
    Describe: "describe",
}
_REQUESTS: Mapping[str, tuple[set[str], Callable[..., Request]]] = {
    "run": ({"job"}, _parse_job),
    "stop": (set(), Stop),
    "input": ({"text"}, _parse_input),
    "input_end": (set(), InputEnd),
    "describe": (set(), Describe),
}


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


def dump_description(description: Description) -> bytes:
    """One line with what the runner says of itself."""
    return dump_json({"type": "description", **description.to_wire()}) + b"\n"


def parse_answer(line: bytes) -> Piece:
    """One line about a run. Raises Refused when it says so, WireError when it makes no sense."""
    return _parse_as(_PIECES, line)


def parse_description(line: bytes) -> Description:
    """The answer to `describe`. Raises Refused when the runner says so, WireError when it makes no sense."""
    return _parse_as({"description": lambda **raw: Description.from_wire(raw)}, line)


def _parse_as(makers: Mapping[object, Callable[..., Answer]], line: bytes) -> Answer:
    raw = parse_json(line)
    if not isinstance(raw, dict):
        raise WireError("an answer must be an object")
    kind = raw.pop("type", None)
    try:
        if kind == "refused":
            raise Refused(**raw)
        return makers[kind](**raw)
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
