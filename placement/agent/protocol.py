"""What is said on the agent's socket, version 1: one JSON object a line, read into a request, written from an answer.

Pure. Nothing of what a client says is trusted: see `server` for who it is.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import force_setattr

from placement.admission.demand import Demand
from placement.admission.resources import Resources
from placement.errors import PlacementError, Problem, quoted, visible

SPEAKS = 1
LINE_MOST = 64 * 1024  # bytes of a request, without its end
COMMAND_MOST = 500  # characters of the command that are kept, to be shown to others

Shape = TypeVar("Shape")
Answer = Mapping[str, Any]
Id = Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=1024)]
Whole = Annotated[int, Meta(ge=0, le=2**53)]
Seconds = Annotated[float, Meta(ge=0)]
Priority = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]  # Hadoop `Priority`


class Amount(Struct, frozen=True):
    """Memory (MiB) and vcores of a container."""

    memory_mib: Whole
    vcores: Whole


class Asked(Struct, frozen=True):
    """What an application asks for: its master's container, and `containers` others of the size of `container`."""

    master: Amount
    containers: Whole
    container: Amount


class Submit(Struct, frozen=True, gc=False):
    """Asks for a turn for the decision `id`. `candidates`: queues, the first best. `wait_s` None: however long.

    `command` is printable, and no longer than COMMAND_MOST.
    """

    id: Id
    user: Name
    candidates: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=100)]
    asked: Asked | None = field(name="demand", default=None)
    command: str = ""
    priority: Priority = 0
    wait_s: Seconds | None = None

    def __post_init__(self) -> None:
        for name in (self.user, *self.candidates):
            _printable(name)
        force_setattr(self, "command", visible(self.command[:COMMAND_MOST])[:COMMAND_MOST])

    @property
    def demand(self) -> Demand | None:
        """What it asks for, as admission counts it and not rounded; None where that is not known."""
        if self.asked is None:
            return None
        master, container = (
            Resources(amount.memory_mib, amount.vcores) for amount in (self.asked.master, self.asked.container)
        )
        return Demand(master, self.asked.containers, container)


class Queue(Struct, frozen=True):
    """Asks who waits, holds a turn and runs: those of the account, or `all`."""

    all: bool = False


class Cancel(Struct, frozen=True):
    """Takes the decision `id` out of the queue."""

    id: Id


class Status(Struct, frozen=True):
    """Asks how the agent is."""


class Why(Struct, frozen=True):
    """Asks what became of an application, or of a decision, by its id."""

    application: Annotated[str, Meta(min_length=1, max_length=100)]

    def __post_init__(self) -> None:
        _printable(self.application)


class Snapshot(Struct, frozen=True):
    """Asks for the cluster as it was last seen."""


Request = Submit | Queue | Cancel | Status | Why | Snapshot


class _Envelope(Struct):
    v: int
    op: Any = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_OPS: dict[str, msgspec.json.Decoder[Request]] = {
    "submit": msgspec.json.Decoder(Submit),
    "queue": msgspec.json.Decoder(Queue),
    "cancel": msgspec.json.Decoder(Cancel),
    "status": msgspec.json.Decoder(Status),
    "why": msgspec.json.Decoder(Why),
    "snapshot": msgspec.json.Decoder(Snapshot),
}


def read(line: bytes) -> Request:
    """The request of a line without its end. Raises PlacementError `bad-request`, `version` or `unknown-op`."""
    if len(line) > LINE_MOST:
        raise too_long()
    envelope = _decoded(_ENVELOPE, line)
    if envelope.v > SPEAKS:
        message = f"expected version {SPEAKS} of the protocol, found {quoted(str(envelope.v))}"
        raise PlacementError(Problem("version", message, remedy="the agent is older than its client: update it"))
    if envelope.v < SPEAKS or not isinstance(envelope.op, str):
        raise bad_request(f'expected `"v": {SPEAKS}` and an `op` that is a string')
    if envelope.op not in _OPS:
        message = f"expected `op` to be one of {', '.join(_OPS)}, found {quoted(envelope.op)}"
        raise PlacementError(Problem("unknown-op", message))
    return _decoded(_OPS[envelope.op], line)


def written(answer: Answer) -> bytes:
    """The line of an answer; what is no text in UTF-8 becomes `?`."""
    whole = {"v": SPEAKS, **answer}
    try:
        return msgspec.json.encode(whole) + b"\n"
    except UnicodeEncodeError:  # bytes of a file's name, say, that Python kept as surrogates
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def refusal(error: PlacementError) -> Answer:
    """What is answered to a request that cannot be served."""
    problem = error.problems[0]
    answer = {"error": problem.code, "message": _words(problem)}
    return answer | {"speaks": SPEAKS} if problem.code == "version" else answer


def unknown(error: PlacementError) -> Answer:
    """The outcome of a submit that the agent cannot decide."""
    problem = error.problems[0]
    return {"outcome": "unknown", "reason": problem.code, "message": _words(problem)}


def is_last(answer: Answer) -> bool:
    """Whether nothing follows this answer to a submit: all but `wait`."""
    return answer.get("outcome") != "wait"


def bad_request(message: str) -> PlacementError:
    """The error `bad-request`."""
    return PlacementError(Problem("bad-request", message))


def too_long() -> PlacementError:
    """The error of a line that is longer than LINE_MOST."""
    return bad_request(f"expected a line of at most {LINE_MOST} bytes, found a longer one")


def _decoded(decoder: "msgspec.json.Decoder[Shape]", line: bytes) -> Shape:
    try:
        return decoder.decode(line)
    except RecursionError as error:
        raise bad_request("expected a JSON object, found one that is too deep") from error
    except UnicodeDecodeError as error:
        raise bad_request("expected a JSON object, found text that is not UTF-8") from error
    except msgspec.MsgspecError as error:
        words = str(error)
        raise bad_request(visible(f"expected a request, one JSON object: {words[:1].lower()}{words[1:]}")) from error


def _printable(name: str) -> None:
    if not name.isprintable():
        raise ValueError(f"expected a name that can be printed, found {quoted(name)}")


def _words(problem: Problem) -> str:
    return f"{problem.message} ({problem.remedy})" if problem.remedy else problem.message
