"""The wire shapes of `/ws/runs/`, read and written. docs/protocol.md shows each with an example."""

import re
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

LONGEST_FRAME: Final = 128 * 1024
LONGEST_CODE: Final = 64 * 1024
LARGEST_NUMBER: Final = 2**53 - 1

Ref = Annotated[str, Meta(max_length=64)]
Word = Annotated[str, Meta(min_length=1, max_length=80)]
Whole = Annotated[int, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Value = Whole | float | Annotated[str, Meta(max_length=80)]
EventNumber = Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]


class ErrorCode(StrEnum):
    BAD_JSON = "bad_json"
    UNKNOWN_TYPE = "unknown_type"
    BAD_FIELD = "bad_field"
    TOO_LARGE = "too_large"
    BAD_PARAMETER = "bad_parameter"
    UNKNOWN_LESSON = "unknown_lesson"
    UNKNOWN_INTERPRETER = "unknown_interpreter"
    ONE_RUN_AT_A_TIME = "one_run_at_a_time"
    TOO_MANY = "too_many"
    SIGN_IN_NEEDED = "sign_in_needed"
    NOT_FOUND = "not_found"
    INPUT_ENDED = "input_ended"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    BUSY = "busy"


class FromClient(Struct, forbid_unknown_fields=True, tag=str.lower, kw_only=True):
    """What a browser may send. `ref` comes back in the direct answer."""

    ref: Ref | None = None


class Start(FromClient):
    lesson: Word
    parameters: Annotated[dict[Word, Value], Meta(max_length=32)]
    variant: Word | None = None
    code: Annotated[str, Meta(max_length=LONGEST_CODE)] | None = None
    interpreter: Annotated[str, Meta(max_length=40)] | None = None


class Stop(FromClient):
    run: UUID


class Input(FromClient):
    """Text for the standard input of the program, as typed: with the end of its line."""

    run: UUID
    text: str


class InputEnd(FromClient, tag="input_end"):
    run: UUID


class Watch(FromClient):
    """`after` is the number of the last event seen, 0 before the first."""

    run: UUID
    after: EventNumber


class FromServer(Struct, tag=str.lower, kw_only=True):
    """What the server sends."""


class Accepted(FromServer):
    run: UUID
    lesson: str
    code: str
    interpreter: str
    wall_s: float
    ref: str | UnsetType = UNSET


class Watching(FromServer):
    run: UUID
    state: str
    after: int
    ref: str | UnsetType = UNSET


class Queued(FromServer):
    run: UUID
    position: int


class Started(FromServer):
    run: UUID
    interpreter: str


class Stopping(FromServer):
    run: UUID
    signal: str


class Events(FromServer):
    """Events with consecutive numbers, each already JSON."""

    run: UUID
    events: list[Raw]


class End(FromServer):
    run: UUID
    reason: str
    exit: int | None
    error: dict[str, Any] | None
    last: int


class Error(FromServer):
    code: ErrorCode
    message: str
    ref: str | UnsetType = UNSET
    run: UUID | UnsetType = UNSET
    field: str | UnsetType = UNSET


ClientMessage = Start | Stop | Input | InputEnd | Watch
CLIENT_MESSAGES: Final = {
    "start": Start,
    "stop": Stop,
    "input": Input,
    "input_end": InputEnd,
    "watch": Watch,
}
SERVER_MESSAGES: Final = (Accepted, Watching, Queued, Started, Stopping, Events, End, Error)


class MessageError(ValueError):
    """A frame that is no message; carries the answer it deserves."""

    def __init__(self, code: ErrorCode, message: str, *, field: str = "", ref: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.ref = ref


def parse(text: str) -> ClientMessage:
    """The message in one text frame. Raises MessageError for anything else."""
    raw = _decode(text)
    ref = _find_ref(raw)
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in CLIENT_MESSAGES:
        known = ", ".join(CLIENT_MESSAGES)
        raise MessageError(ErrorCode.UNKNOWN_TYPE, f"type must be one of {known}", field="type", ref=ref)
    try:
        message: ClientMessage = msgspec.convert(raw, CLIENT_MESSAGES[kind])
    except msgspec.ValidationError as error:
        raise MessageError(ErrorCode.BAD_FIELD, str(error), field=_find_field(str(error)), ref=ref) from None
    return message


def dump(message: FromServer) -> str:
    """One text frame."""
    return msgspec.json.encode(message).decode()


def _decode(text: str) -> dict[str, object]:
    try:
        frame = text.encode()
    except UnicodeEncodeError:
        raise MessageError(ErrorCode.BAD_JSON, "the frame is not valid Unicode") from None
    if len(frame) > LONGEST_FRAME:
        raise MessageError(ErrorCode.TOO_LARGE, f"a frame may have at most {LONGEST_FRAME} bytes")
    try:
        raw = msgspec.json.decode(frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MessageError(ErrorCode.BAD_JSON, f"the frame is not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise MessageError(ErrorCode.BAD_JSON, "the frame must hold one JSON object")
    return raw


def _find_ref(raw: dict[str, object]) -> str:
    ref = raw.get("ref")
    return ref if isinstance(ref, str) and len(ref) <= 64 else ""


def _find_field(problem: str) -> str:
    """The field that msgspec's message is about: named by a path or, when missing or unknown, by itself."""
    found = re.search(r"at `\$\.(\w+)|in `\$\.(\w+)|field `(.{1,80}?)`", problem)
    return next(filter(None, found.groups()), "") if found else ""
