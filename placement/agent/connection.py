"""One client on the socket: its line is read, its answers are written, and its going is noticed."""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from placement.agent import protocol
from placement.agent.channel import Channel
from placement.agent.desk import Desk, Peer
from placement.agent.names import Account, Names
from placement.agent.protocol import Answer, Request, Submit
from placement.errors import PlacementError, Problem

BACKLOG_MOST = 64 * 1024  # bytes that a waiting client has not read, beside what the kernel keeps for it
_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid; see unix(7)


@dataclass(frozen=True, slots=True)
class Limits:
    """`per_account`: connections of one account at once. `line_s`: seconds for the request, from the connection on.

    `last_answer_s`: seconds that a client has to read its last answer.
    """

    per_account: int = 1000
    line_s: float = 10.0
    last_answer_s: float = 10.0


class Host(Protocol):
    """Whoever accepts connections."""

    desk: Desk
    limits: Limits
    accounts: Names[int, Account]

    def admit(self, client: "Connection") -> bool:
        """Whether there is room for one more connection; counts it in any case, until `lost`."""

    def lost(self, client: "Connection", ticket: Any) -> None:
        """A connection is over. `ticket`: of a submission that did not get its last answer, else None."""

    def is_greedy(self, uid: int) -> bool:
        """Whether the account has more unread answers than anyone needs."""

    def asked(self, request: Request, peer: Peer) -> Answer:
        """The answer of the desk to anything but a submission."""

    def refused(self, code: str, uid: int) -> None:
        """A client was sent away."""

    def failed(self, error: BaseException) -> None:
        """Something of ours is wrong."""

    def later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Does `action` in some seconds."""


class Connection:
    """Reads one channel, which carries one request. It is no task, so that thousands of them may wait."""

    __slots__ = ("_channel", "_host", "_is_answered", "_is_cut", "_line", "_peer", "_ticket", "_timer")

    _channel: Channel
    _peer: tuple[int, int, int]  # user id, group id, process id

    def __init__(self, host: Host) -> None:
        self._host = host
        self._line: bytearray | None = bytearray()  # None once the request is read
        self._timer: asyncio.TimerHandle | None = None
        self._ticket: Any = None
        self._is_answered = self._is_cut = False

    @property
    def uid(self) -> int:
        """The user id of whoever connected, as the kernel says."""
        return self._peer[0]

    @property
    def unread(self) -> int:
        """Bytes of answers that not even the kernel has taken yet."""
        return self._channel.unsent

    def connection_made(self, channel: Channel) -> None:
        """The client is there: it has some seconds for its line."""
        self._channel = channel
        said = channel.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, uid, gid = _CREDENTIALS.unpack(said)
        self._peer = uid, gid, pid
        if self._host.admit(self):
            self._timer = self._host.later(self._host.limits.line_s, self._channel.abort)
        else:
            message = "there are too many connections at once"
            self._refuse(PlacementError(Problem("too-many", message, remedy="wait until some have ended")))

    def data_received(self, data: bytes) -> None:
        """Reads on until the line ends."""
        if self._line is None:
            self._refuse(protocol.bad_request("expected one request, found more after it"))
            return
        line, end, rest = data.partition(b"\n")
        self._line += line
        if len(self._line) > protocol.LINE_MOST:
            self._refuse(protocol.too_long())
        elif rest.strip():
            self._refuse(protocol.bad_request("expected one line, found more after it"))
        elif end:
            self._read()

    def eof_received(self) -> None:
        """Says why half a line is no request; whatever else was going on ends as the connection does."""
        if self._line:
            self._refuse(protocol.bad_request("expected a line, found no end of it"))

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is over, whoever ended it."""
        self._stop_timer()
        self._line = None
        is_told = self._is_answered and not self._is_cut and error is None
        self._host.lost(self, None if is_told else self._ticket)
        self._ticket = None

    def close(self) -> None:
        """Ends it as the agent does, without a word."""
        self._ticket = None
        self._channel.close()

    def _read(self) -> None:
        line, self._line = bytes(self._line or b""), None
        self._stop_timer()
        try:
            request = protocol.read(line)
        except PlacementError as error:
            self._refuse(error)
            return
        account = self._host.accounts.known(self.uid)
        if account is not None:
            self._serve(request, account)
            return

        def found(asked: "asyncio.Task[Account]") -> None:
            if asked.cancelled():  # the agent ends
                return
            error = asked.exception()
            if isinstance(error, Exception):
                self._fail(request, error)
            elif not self._channel.is_closing:
                self._serve(request, asked.result())

        self._host.accounts.ask(self.uid).add_done_callback(found)

    def _serve(self, request: Request, account: Account) -> None:
        peer = Peer(*self._peer, *account)
        try:
            if isinstance(request, Submit):
                self._ticket = self._host.desk.submit(request, peer, self._send)
            else:
                self._send(self._host.asked(request, peer))
        except Exception as error:  # noqa: BLE001 # whatever fails in one request, the others go on
            self._fail(request, error)

    def _send(self, answer: Answer) -> None:
        if self._is_answered or self._channel.is_closing:
            return
        if self.unread > BACKLOG_MOST:
            self._cut()
            return
        self._channel.write(protocol.written(answer))
        if self.unread and self._host.is_greedy(self.uid):
            self._cut()
        elif protocol.is_last(answer):
            self._end()

    def _fail(self, request: Request, error: Exception) -> None:
        if not isinstance(error, PlacementError):
            self._host.failed(error)
            message = "the agent failed at this request"
            remedy = "see its log, `journalctl -u placement-agent`"
            error = PlacementError(Problem("agent-failed", message, remedy=remedy))
        self._send(protocol.unknown(error) if isinstance(request, Submit) else protocol.refusal(error))

    def _refuse(self, error: PlacementError) -> None:
        """Answers an error instead, and ends; a submission that waited here has gone."""
        self._line = None
        if not self._is_answered and not self._channel.is_closing:
            self._host.refused(error.problems[0].code, self.uid)
            self._is_cut = True
            self._channel.write(protocol.written(protocol.refusal(error)))
            self._end()

    def _end(self) -> None:
        """Closes once the client has read everything, for which it has some seconds."""
        self._is_answered = True
        self._stop_timer()
        self._channel.close()
        if self.unread:
            self._timer = self._host.later(self._host.limits.last_answer_s, self._cut)

    def _cut(self) -> None:
        """Gives up a client that does not read."""
        self._is_cut = True
        self._host.refused("slow-reader", self.uid)
        self._channel.abort()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
