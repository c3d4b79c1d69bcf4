"""Two pages for monitoring: /metrics and /healthz, over HTTP, in the agent's own event loop.

So /healthz tells whether that loop still turns, and a request costs neither a thread nor a lock.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from placement.agent.metrics import CONTENT_TYPE, Metrics
from placement.errors import PlacementError, Problem, visible

REQUEST_MOST = 8 * 1024  # bytes
REQUEST_S = 10.0  # for the request, and for the answer to be read
CLIENTS_MOST = 50
PLAIN = "text/plain; charset=utf-8"

Health = Callable[[], str | None]


class Web:
    """`health` gives what is wrong, in words, None if nothing is: the snapshot is fresh, the ledger can be written."""

    def __init__(self, metrics: Metrics, health: Health) -> None:
        self._metrics = metrics
        self._health = health
        self._listening: asyncio.Server | None = None
        self.clients = 0

    async def open(self, host: str, port: int) -> tuple[str, int]:
        """Begins to answer; gives the address, with the port that port 0 became.

        Raises PlacementError `metrics-address` if it cannot listen there.
        """
        try:
            self._listening = await asyncio.get_running_loop().create_server(lambda: _Client(self), host, port)
        except (OSError, OverflowError, UnicodeError) as error:
            words = visible(str(error))
            message = f"cannot serve metrics at {visible(host)}:{port}: {words}"
            remedy = "see `admission: {metrics: ...}` in site.yaml, and what else listens there"
            raise PlacementError(Problem("metrics-address", message, remedy=remedy)) from error
        address: tuple[str, int] = self._listening.sockets[0].getsockname()[:2]
        return address

    async def close(self) -> None:
        """Stops answering."""
        if self._listening:
            self._listening.close()

    def answer(self, head: bytes) -> bytes:
        """The response to a request, of which the first line counts."""
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        path, _, version = rest.partition(b" ")
        if not version.startswith(b"HTTP/1."):
            return _response(HTTPStatus.BAD_REQUEST, "not a request of HTTP/1\n")
        if method not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, "GET or HEAD\n", more="Allow: GET, HEAD\r\n")
        whole = self._page(path.partition(b"?")[0])
        return whole if method == b"GET" else whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    def _page(self, path: bytes) -> bytes:
        if path == b"/metrics":
            return _response(HTTPStatus.OK, self._metrics.text(), CONTENT_TYPE)
        if path == b"/healthz":
            wrong = self._health()
            status = HTTPStatus.OK if wrong is None else HTTPStatus.SERVICE_UNAVAILABLE
            return _response(status, f"{wrong or 'ok'}\n")
        return _response(HTTPStatus.NOT_FOUND, "there are /metrics and /healthz\n")


class _Client(asyncio.Protocol):
    """One request, one response, and the connection ends."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._timer = asyncio.get_running_loop().call_later(REQUEST_S, self._transport.abort)
        self._web.clients += 1
        if self._web.clients > CLIENTS_MOST:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._head += data
        if b"\r\n\r\n" in self._head:
            self._transport.write(self._web.answer(self._head))
            self._transport.close()
        elif len(self._head) > REQUEST_MOST:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._timer.cancel()
        self._web.clients -= 1


def _response(status: HTTPStatus, body: str | bytes, content_type: str = PLAIN, more: str = "") -> bytes:
    content = body.encode("utf-8", "replace") if isinstance(body, str) else body
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n"
    )
    return (head + more + "Cache-Control: no-store\r\nConnection: close\r\n\r\n").encode() + content
