"""The agent as its clients see it: a socket, one request, and answers to it, each a JSON object on a line.

Adapter, imported on the hot path where a site has admission on: standard library only, and of that what `socket` and
`json` stand on, as these take longer to import than a decision takes.
"""

import _json
import _socket
import posix
import stat
import time

from placement.audit import encoded
from placement.errors import Place, PlacementError, Problem, quoted
from placement.files import parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

    from placement.audit import Json

    Answer: TypeAlias = "dict[str, Any]"

VERSION = 1
CONNECT_S = 1.0
LONGEST_LINE = 64 * 1024  # bytes
LONGEST_SNAPSHOT = 64 * 2**20
FULL_PAUSE_S = 0.02  # while more connect than the kernel keeps for the agent
AWAY = "agent-away"
FAULTS = (AWAY, "agent-untrusted", "agent-silent", "agent-answer", "agent-refuses")


class Conversation:
    """A request that was sent to the agent at `path`, and its answers. `owner`: who may own the socket besides root.

    Raises PlacementError `agent-untrusted` or `agent-away`. Closing it takes the request back, where it still waits.
    """

    __slots__ = ("_heard", "_longest", "_path", "_socket")

    def __init__(self, path: str, owner: int, request: "dict[str, Json]", longest: int = LONGEST_LINE) -> None:
        self._path = path
        self._longest = longest
        self._heard = b""
        refuse_untrusted(path, owner)
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            self._socket.settimeout(CONNECT_S)
            self._connect()
            self._socket.sendall(encoded({"v": VERSION, **request}).encode() + b"\n")
        except BrokenPipeError:
            pass  # we are one too many: it says so before it closes, which is still to be read
        except OSError as error:
            self.close()
            raise away(path, error) from error

    def answer(self, within_s: float) -> "Answer | None":
        """The next answer; None if none comes in time.

        Raises ConnectionError if the agent ended the conversation, PlacementError `agent-answer` if it makes no sense.
        """
        until = time.monotonic() + within_s
        while b"\n" not in self._heard:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            try:
                chunk = self._socket.recv(self._longest)
            except TimeoutError:
                return None
            if not chunk:
                raise ConnectionResetError("the agent ended the conversation")
            self._heard += chunk
            if len(self._heard) > self._longest:
                self._refuse("it is too long")
        line, _, self._heard = self._heard.partition(b"\n")
        try:
            value = loaded(line.decode())
        except (ValueError, RecursionError):
            self._refuse("it is no JSON")
        if not isinstance(value, dict):
            self._refuse("it is no JSON object")
        return value

    def close(self) -> None:
        """Ends the conversation."""
        self._socket.close()

    def _connect(self) -> None:
        until = time.monotonic() + CONNECT_S
        while True:
            try:
                self._socket.connect(self._path)
                return
            except BlockingIOError:  # so many wait to be let in that there is no room for one more
                if time.monotonic() > until:
                    raise
                time.sleep(FULL_PAUSE_S)

    def _refuse(self, why: str) -> "NoReturn":
        raise PlacementError(nonsense(self._path, why))


def ask(path: str, owner: int, request: "dict[str, Json]", within_s: float) -> "Answer":
    """The one answer to a request that has one; if that is an error, with the key `error`.

    Raises PlacementError `agent-untrusted`, `agent-away`, `agent-silent` or `agent-answer`.
    """
    conversation = Conversation(path, owner, request, LONGEST_SNAPSHOT)
    try:
        answer = conversation.answer(within_s)
    except OSError as error:
        raise away(path, error) from error
    finally:
        conversation.close()
    if answer is None:
        raise PlacementError(silent(path, within_s))
    return answer


def refuse_untrusted(path: str, owner: int) -> None:
    """Raises PlacementError `agent-untrusted` if others than root and `owner` may have put the socket there.

    Raises `agent-away` if there is none.
    """
    try:
        status = posix.lstat(path)
        if not stat.S_ISSOCK(status.st_mode):
            raise _untrusted(path, "this is no socket")
        if status.st_uid not in (0, owner):
            raise _untrusted(path, f"the socket belongs to user id {status.st_uid}, not to root or the policy's owner")
        folder = parent(path)
        while folder:
            above = posix.stat(folder)
            is_open = above.st_mode & 0o022 and not above.st_mode & stat.S_ISVTX
            if is_open or above.st_uid not in (0, owner):
                raise _untrusted(folder, f"others may put a socket in the place of {path}")
            folder = parent(folder) if folder != "/" else ""
    except (OSError, ValueError) as error:
        raise away(path, error) from error


def loaded(text: str) -> object:
    """The value of a JSON text. Raises ValueError, or RecursionError where it is too deep."""
    text = text.strip()
    try:
        value, end = _json.make_scanner(_Reading)(text, 0)  # type: ignore[arg-type]
    except (
        StopIteration,
        SystemError,
    ) as error:  # it takes the class of its errors from `json`, where that is imported
        raise ValueError(text) from error
    if end != len(text):
        raise ValueError(text)
    found: object = value
    return found


def refused(path: str, answer: "Answer") -> PlacementError:
    """The error of an answer with the key `error`."""
    code, said = answer.get("error"), answer.get("message")
    message = f"the agent refuses the request: {code if isinstance(code, str) else 'it does not say why'}"
    message += f", {said}" if isinstance(said, str) else ""
    remedy = "see whether the agent and this command are of one version"
    return PlacementError(Problem("agent-refuses", message, Place(path), remedy))


def away(path: str, error: Exception) -> PlacementError:
    """Nobody listens."""
    why = getattr(error, "strerror", None) or str(error)
    remedy = "`systemctl status placement-agent` says what became of it"
    return PlacementError(Problem("agent-away", f"the agent cannot be reached: {why}", Place(path), remedy))


def silent(path: str, waited_s: float) -> Problem:
    """Somebody listens, and says nothing."""
    message = f"the agent has not said anything for {waited_s:.0f} s"
    return Problem("agent-silent", message, Place(path), "restart it: systemctl restart placement-agent")


def nonsense(path: str, why: str) -> Problem:
    """Somebody listens, and says what cannot be understood."""
    message = f"the agent's answer cannot be understood: {why}"
    return Problem("agent-answer", message, Place(path), "see whether it is `placement agent` that listens there")


def _untrusted(path: str, message: str) -> PlacementError:
    remedy = "stop whoever listens there, and see `socket` of `admission` in site.yaml"
    return PlacementError(Problem("agent-untrusted", message, Place(path), remedy))


class _Reading:
    """How `_json` reads: as `json.loads` does, without the numbers that JSON does not have."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int

    @staticmethod
    def parse_constant(name: str) -> "NoReturn":
        raise ValueError(quoted(name))
