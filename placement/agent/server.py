"""The agent's socket: who may connect, how many, and how it begins and ends."""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Callable
from typing import Any

from placement.agent.channel import Door
from placement.agent.connection import Connection, Limits
from placement.agent.desk import Desk, Peer
from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.agent.names import Account, Names
from placement.agent.protocol import Answer, Cancel, Queue, Request, Snapshot, Status, Submit, Why
from placement.agent.systemd import ALIVE, READY, STOPPING, Systemd

BACKLOG = 4096  # clients that the kernel keeps until they are accepted; the kernel's own bound is net.core.somaxconn
DESCRIPTORS_KEPT = 100  # for everything but clients: the ledger, the ResourceManager, metrics
CLOSING_S = 2.0  # for answers under way when the agent ends
UNREAD_MOST = 64 * 1024 * 1024  # bytes of answers that one account has asked for and does not read


class Server:
    """Serves `desk` on a socket; lives in one event loop."""

    def __init__(
        self,
        desk: Desk,
        log: Log,
        metrics: Metrics,
        accounts: Names[int, Account],
        limits: Limits | None = None,
    ) -> None:
        self.desk = desk
        self.limits = limits or Limits()
        self.accounts = accounts
        self._log = log
        self._metrics = metrics
        self._clients: dict[int, set[Connection]] = {}  # by user id
        self._count = 0
        self._most = 0
        self._door: Door | None = None

    async def open(self, listening: socket.socket) -> None:
        """Begins to accept; raises the limit of open files of this process for that."""
        self._most = _descriptors() - DESCRIPTORS_KEPT
        asyncio.get_running_loop().set_exception_handler(self._in_the_loop)
        self._door = Door(listening, lambda: Connection(self), BACKLOG)

    async def close(self) -> None:
        """Stops accepting and ends every connection, telling neither clients nor desk: those who wait come again."""
        if self._door:
            self._door.close()
        for client in [client for clients in self._clients.values() for client in clients]:
            client.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                while self._clients:
                    await asyncio.sleep(0.01)

    def admit(self, client: Connection) -> bool:
        """Whether there is room for one more connection; counts it in any case, until `lost`."""
        theirs = self._clients.setdefault(client.uid, set())
        theirs.add(client)
        self._count += 1
        self._metrics.connected(self._count)
        return len(theirs) <= self.limits.per_account and self._count <= self._most

    def lost(self, client: Connection, ticket: Any) -> None:
        """A connection is over. `ticket`: of a submission that did not get its last answer, else None."""
        theirs = self._clients[client.uid]
        theirs.discard(client)
        if not theirs:
            del self._clients[client.uid]
        self._count -= 1
        self._metrics.connected(self._count)
        if ticket is not None:
            try:
                self.desk.gone(ticket)
            except Exception as error:  # noqa: BLE001 # as for any request
                self.failed(error)

    def is_greedy(self, uid: int) -> bool:
        """Whether the account has more unread answers than anyone needs."""
        return sum(client.unread for client in self._clients.get(uid, ())) > UNREAD_MOST

    def asked(self, request: Request, peer: Peer) -> Answer:
        """The answer of the desk to anything but a submission."""
        match request:
            case Queue():
                return self.desk.queue(request, peer)
            case Cancel():
                return self.desk.cancel(request, peer)
            case Status():
                return self.desk.status(request, peer)
            case Why():
                return self.desk.why(request, peer)
            case Snapshot():
                return self.desk.snapshot(request, peer)
            case Submit():
                raise TypeError("a submission has a ticket")

    def refused(self, code: str, uid: int) -> None:
        """A client was sent away."""
        self._metrics.refused(code)
        self._log.warning("client-refused", reason=code, uid=uid)

    def failed(self, error: BaseException) -> None:
        """Something of ours is wrong."""
        self._log.error("failed", error=f"{type(error).__name__}: {error}", where=_where(error))

    def later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Does `action` in some seconds."""
        return asyncio.get_running_loop().call_later(seconds, action)

    def _in_the_loop(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.failed(error)
        else:
            self._log.error("failed", error=context.get("message", ""))


async def serve(server: Server, listening: socket.socket, systemd: Systemd) -> None:
    """Serves until SIGTERM or SIGINT, or until it is cancelled."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await server.open(listening)
    systemd.tell(READY)
    try:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(systemd.watchdog_s and systemd.watchdog_s / 2):
                    await stop.wait()
            systemd.tell(ALIVE)
    finally:
        systemd.tell(STOPPING)
        await server.close()


def _descriptors() -> int:
    """How many files this process may have open, once the limit is raised as far as it goes."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
