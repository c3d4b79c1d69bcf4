"""Sockets of clients in the event loop: as asyncio's transports, with what is needed here, for half their cost.

Most clients have said their line by the time they are accepted, and have their answer before the loop turns again: so
it is read at once, and only who stays after that is watched.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

READ_MOST = 64 * 1024  # bytes at once
ACCEPTED_MOST = 256  # clients in one turn of the loop
RETRY_S = 1.0  # until the next try where there are no descriptors or no memory for one more


class Reader(Protocol):
    """What is told of a channel, in this order; as `asyncio.Protocol`."""

    def connection_made(self, channel: "Channel") -> None:
        """It is there."""

    def data_received(self, data: bytes) -> None:
        """The client said this; any number of times."""

    def eof_received(self) -> None:
        """The client says no more; it is closed then."""

    def connection_lost(self, error: Exception | None) -> None:
        """It is over, by `error` if it failed. From the loop, not while something else is being told."""


class Channel:
    """One connected `socket`, which is closed in the end."""

    __slots__ = ("_is_closing", "_is_lost", "_is_watched", "_loop", "_reader", "_unsent", "is_silent", "socket")

    def __init__(self, there: socket.socket, reader: Reader, loop: asyncio.AbstractEventLoop) -> None:
        there.setblocking(False)
        self.socket = there
        self._reader = reader
        self._loop = loop
        self._unsent = bytearray()
        self._is_closing = self._is_lost = self._is_watched = False
        self.is_silent = True  # as long as nothing was read

    @property
    def is_closing(self) -> bool:
        """Whether nothing is read or can be written any more."""
        return self._is_closing

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return len(self._unsent)

    def begin(self) -> None:
        """Tells that it is there."""
        self._tell(self._reader.connection_made, self)

    def watch(self) -> None:
        """Reads what comes from now on."""
        if not self._is_closing:
            self._is_watched = True
            self._loop.add_reader(self.socket, self.read)

    def write(self, data: bytes) -> None:
        """Sends this, now or when the client has read enough; nothing once it is closing."""
        if self._is_closing:
            return
        if not self._unsent:
            sent = self._sent(data)
            if sent == len(data) or self._is_lost:
                return
            data = data[sent:]
            self._loop.add_writer(self.socket, self._go_on)
        self._unsent += data

    def close(self) -> None:
        """Ends it once everything is sent."""
        if not self._is_closing:
            self._is_closing = True
            self._unwatch()
            if not self._unsent:
                self._lose(None)

    def abort(self) -> None:
        """Ends it now."""
        self._lose(None)

    def read(self) -> None:
        """Tells what has come; does not wait for it."""
        if self._is_closing:
            return
        try:
            data = self.socket.recv(READ_MOST)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        self.is_silent = False
        if data:
            self._tell(self._reader.data_received, data)
        else:
            self._tell(self._reader.eof_received)
            self.close()

    def _go_on(self) -> None:
        del self._unsent[: self._sent(self._unsent)]
        if not self._unsent and not self._is_lost:
            self._loop.remove_writer(self.socket)
            if self._is_closing:
                self._lose(None)

    def _sent(self, data: bytes | bytearray) -> int:
        try:
            return self.socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._lose(error)
            return 0

    def _tell(self, what: Callable[..., None], *said: object) -> None:
        try:
            what(*said)
        except Exception as error:  # noqa: BLE001 # it ends this one alone
            self._loop.call_exception_handler({"message": "a client", "exception": error})
            self._lose(error)

    def _unwatch(self) -> None:
        if self._is_watched:
            self._is_watched = False
            self._loop.remove_reader(self.socket)

    def _lose(self, error: Exception | None) -> None:
        if self._is_lost:
            return
        self._is_closing = self._is_lost = True
        self._unwatch()
        if self._unsent:
            self._unsent.clear()
            self._loop.remove_writer(self.socket)
        self.socket.close()
        self._loop.call_soon(self._reader.connection_lost, error)


class Door:
    """Where clients come in: each at `listening` has a channel, told to what `reader` makes."""

    def __init__(self, listening: socket.socket, reader: Callable[[], Reader], backlog: int) -> None:
        self._listening = listening
        self._reader = reader
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._silent: list[Channel] = []
        listening.setblocking(False)
        listening.listen(backlog)
        self._attend()

    def close(self) -> None:
        """Lets nobody in any more."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._listening)
            self._listening.close()

    def _attend(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        """Reads in the order in which they came: who had not said a word when the last were let in, is before these."""
        came = [Channel(there, self._reader(), self._loop) for there in self._let_in()]
        for channel in came:
            channel.begin()
        for channel in (*self._silent, *came):
            channel.read()
        self._silent = [channel for channel in came if channel.is_silent]
        self._loop.call_soon(_watch, came)  # behind the answers to what they asked

    def _let_in(self) -> Iterator[socket.socket]:
        for _ in range(ACCEPTED_MOST):
            try:
                yield self._listening.accept()[0]
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._loop.call_exception_handler({"message": "nobody can be let in", "exception": error})
                self._loop.remove_reader(self._listening)
                self._loop.call_later(RETRY_S, self._attend)
                return


def _watch(channels: Iterable[Channel]) -> None:
    for channel in channels:
        channel.watch()
