"""What systemd and a service of it say to each other: sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)."""

import contextlib
import os
import socket
from collections.abc import Mapping

from placement.errors import PlacementError, Problem

FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START
READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


class Systemd:
    """The service manager of this process, as `environ` has it; without one, nobody is told anything."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def tell(self, state: str) -> None:
        """Sends one state. Nothing waits for it, and nothing breaks when it cannot be sent."""
        address = self._environ.get("NOTIFY_SOCKET", "")
        if not address:
            return
        if address.startswith("@"):
            address = "\0" + address[1:]
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.setblocking(False)
            there.sendto(state.encode(), address)

    @property
    def watchdog_s(self) -> float | None:
        """Seconds within which ALIVE is expected, again and again; None: it is not."""
        if not self._is_for_us("WATCHDOG_PID", default=str(os.getpid())):
            return None
        microseconds = self._environ.get("WATCHDOG_USEC", "")
        return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) else None

    def listening(self) -> socket.socket | None:
        """The socket that systemd listens on for us, if it does.

        Raises PlacementError `socket-unusable` if it is another one than a stream socket of the Unix domain.
        """
        if not self._is_for_us("LISTEN_PID", default=""):
            return None
        count = self._environ.get("LISTEN_FDS", "0")
        if count == "0":
            return None
        try:
            if count != "1":
                raise OSError(f"there are {count} of them")
            given = socket.socket(fileno=FIRST_DESCRIPTOR)
            given.set_inheritable(False)
            if (given.family, given.type) != (socket.AF_UNIX, socket.SOCK_STREAM):
                given.detach()
                raise OSError("it is another kind of socket")
        except OSError as error:
            message = f"expected one stream socket from systemd: {error}"
            remedy = "see `ListenStream` in placement-agent.socket"
            raise PlacementError(Problem("socket-unusable", message, remedy=remedy)) from error
        return given

    def _is_for_us(self, name: str, default: str) -> bool:
        """A process that we started would find the variables too."""
        return self._environ.get(name, default) == str(os.getpid())
