"""Files and the environment. Adapter on the hot path: standard library only.

`os` takes as long to import as all that we do ourselves, so the hot path takes from `posix`, on which `os` stands, what
it needs, and from here what `posix` lacks. What a policy says is read only where it can be trusted.
"""

import posix
import stat
import sys

from placement.errors import Place, PlacementError, Problem
from placement.rules.index import fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from placement.rules.index import Fingerprint

MAP, SITE, QUEUES = "map.txt", "site.yaml", "queues.yaml"  # of a policy folder
LARGEST_FILE = 64 * 2**20  # bytes; a map of 100,000 rules has four million


def environment() -> dict[str, str]:
    """The environment of this process; bytes that are no text as `os.environ` has them."""
    encoding = sys.getfilesystemencoding()
    return {
        name.decode(encoding, "surrogateescape"): value.decode(encoding, "surrogateescape")
        for name, value in posix.environ.items()
    }


def join(folder: str, name: str) -> str:
    """The path of `name` in `folder`."""
    if not folder or name.startswith("/"):
        return name
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def parent(path: str) -> str:
    """The folder that a path leads to, without a slash at its end; empty if there is none."""
    folder, slash, _ = path.rpartition("/")
    return folder.rstrip("/") or folder + slash


def is_file(path: str) -> bool:
    """Whether there is a regular file, directly or behind links."""
    try:
        return stat.S_ISREG(posix.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def fingerprint_of(path: str) -> "Fingerprint | None":
    try:
        return fingerprint(posix.stat(path))
    except (FileNotFoundError, NotADirectoryError):
        return None


def trusted_bytes(path: str) -> "tuple[bytes | None, Fingerprint | None]":
    """The content of a regular file that not everybody may write or replace, and its fingerprint; None: there is none.

    The fingerprint is from before the reading: a file changed meanwhile has another one afterwards. Raises
    PlacementError for anything else. Never waits: a FIFO in the file's place is refused, not opened for reading.
    """
    opened = open_trusted(path)
    if opened is None:
        return None, None
    descriptor, status = opened
    try:
        if status.st_size > LARGEST_FILE:
            raise _unreadable(path, f"it has {status.st_size} bytes, more than any policy needs")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST_FILE), fingerprint(status)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    finally:
        posix.close(descriptor)


def open_trusted(path: str) -> "tuple[int, posix.stat_result] | None":
    """A regular file that not everybody may write or replace: its descriptor, to be closed, and its status.

    None: there is none. Raises PlacementError `unreadable` or `writable-by-all`. Never waits.
    """
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_NONBLOCK | posix.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    try:
        status = posix.fstat(descriptor)
        _refuse_untrusted(path, status)
    except OSError as error:
        posix.close(descriptor)
        raise _unreadable(path, error.strerror or str(error)) from error
    except PlacementError:
        posix.close(descriptor)
        raise
    return descriptor, status


def _refuse_untrusted(path: str, status: "posix.stat_result") -> None:
    """Raises PlacementError, or OSError, unless it is a regular file that not everybody may write or replace."""
    if not stat.S_ISREG(status.st_mode):
        raise _unreadable(path, "it is no regular file")
    if is_open_to_all(status.st_mode):
        raise _open_to_all(path, "everybody may write here")
    for folder in _folders(path):
        there = posix.stat(folder)
        if is_open_to_all(there.st_mode):
            raise _open_to_all(folder, "everybody may write here")
        if there.st_mode & stat.S_IWOTH and status.st_uid not in (0, there.st_uid, posix.geteuid()):
            message = f"everybody may add files here, and {path} belongs to user id {status.st_uid}"
            raise _open_to_all(folder, message)


def _folders(path: str) -> "Iterator[str]":
    """The folder of a file, and those of what it links to."""
    for _ in range(40):  # what the kernel follows
        yield parent(path) or "."
        try:
            path = join(parent(path), posix.readlink(path))
        except OSError:
            return


def _open_to_all(path: str, message: str) -> PlacementError:
    return PlacementError(Problem("writable-by-all", message, Place(path), f"take the right away: chmod o-w {path}"))


def mode_of(path: str) -> int:
    return posix.stat(path).st_mode


def is_open_to_all(mode: int) -> bool:
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _unreadable(path: str, why: str) -> PlacementError:
    remedy = "give this user the right to read it, or name another folder by PLACEMENT_POLICY"
    return PlacementError(Problem("unreadable", f"this file cannot be read: {why}", Place(path), remedy))
