"""The socket file: made with its mode in one step, held by one agent, taken over from a dead one."""

import contextlib
import errno
import fcntl
import os
import socket
import stat

from placement.errors import Place, PlacementError, Problem

MODE = 0o666  # every user of the gateway submits
LOCK = ".lock"


class SocketFile:
    """The right to listen at `path`, which ends with the process, however that ends.

    Raises PlacementError `agent-running` if another one has it, `socket-folder` if others could put another socket
    there, `socket-unusable` if it cannot be had.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            _check_folder(path)
            self._lock = os.open(path + LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except (OSError, ValueError) as error:  # ValueError: a path that is none
            raise _unusable(path, error) from error
        try:
            # The kernel lets go of it when its holder dies. Not readable by others, so that they cannot hold it.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            if error.errno != errno.EWOULDBLOCK:
                raise _unusable(path, error) from error
            message = "another agent listens here"
            remedy = "stop it first: `systemctl stop placement-agent`, or see `fuser` for the file"
            raise PlacementError(Problem("agent-running", message, Place(path), remedy)) from error
        self._inode: int | None = None

    def listen(self) -> socket.socket:
        """A socket that listens here, in the place of one that a dead agent left."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        temporary = f"{self.path}.new"
        try:
            if os.path.lexists(self.path) and not stat.S_ISSOCK(os.lstat(self.path).st_mode):
                raise OSError(errno.EEXIST, "there is something else than a socket")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            listening.bind(temporary)
            os.chmod(temporary, MODE)
            listening.listen()  # before anybody can find it
            os.rename(temporary, self.path)
            self._inode = os.lstat(self.path).st_ino
        except OSError as error:
            listening.close()
            raise _unusable(self.path, error) from error
        return listening

    def close(self) -> None:
        """Takes away the socket that `listen` made, and lets another agent come."""
        with contextlib.suppress(OSError):
            if self._inode is not None and os.lstat(self.path).st_ino == self._inode:
                os.unlink(self.path)
        os.close(self._lock)


def _check_folder(path: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    found = os.stat(folder)
    if found.st_uid not in (0, os.geteuid()) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = "others may write in the folder of the socket, and could put theirs there"
        remedy = f"give {folder} to the account of the agent, with mode 0755"
        raise PlacementError(Problem("socket-folder", message, Place(folder), remedy))


def _unusable(path: str, error: OSError | ValueError) -> PlacementError:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    remedy = (
        "see `admission: {socket: ...}` in site.yaml, and whether the folder is there and the agent may write in it"
    )
    return PlacementError(Problem("socket-unusable", f"cannot listen: {words}", Place(path), remedy))
