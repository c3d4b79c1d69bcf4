"""Files written whole or not at all: whoever looks, and whenever the writer is killed, sees the old one or the new."""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass

from placement.errors import Place, PlacementError, Problem, visible

TEMPORARY = ".placement."  # what the name of an unfinished file begins with
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ABANDONED_S = 3600  # seconds after which the unfinished file of a killed process is deleted


@dataclass(frozen=True)
class NewFile:
    """`content` for `path`, with its permissions; `owner` (user id, group id), None for whoever writes it.

    A symbolic link at `path` is replaced, not followed.
    """

    path: str
    content: bytes
    mode: int
    owner: tuple[int, int] | None = None


def write(path: str, content: bytes, mode: int = 0o644) -> None:
    """Puts `content` in the place of the file at `path`, which keeps its owner and mode; a new one gets `mode`.

    Where `path` is a symbolic link, the file that it leads to is replaced, and the link stays. Raises PlacementError
    `unwritable`, and leaves the old file as it was, unless its folder alone could not be brought to disk.
    """
    try:
        target = os.path.realpath(path)
        owner = None
        if os.path.lexists(path):
            there = os.stat(target)
            if not stat.S_ISREG(there.st_mode):
                raise OSError(errno.EINVAL, "it is no regular file")
            mode, owner = stat.S_IMODE(there.st_mode), (there.st_uid, there.st_gid)
        write_all([NewFile(target, content, mode, owner)])
    except (OSError, ValueError) as error:  # ValueError: a path that is none
        raise _unwritable(path, error) from error


def write_all(files: Sequence[NewFile]) -> None:
    """Writes all files: each is brought to disk under another name before the first takes its place.

    Raises OSError, and leaves no unfinished file behind; those that have their place by then keep it.
    """
    unfinished: list[tuple[str, str]] = []
    try:
        for file in files:
            folder, name = os.path.split(file.path)
            temporary = os.path.join(folder, f"{TEMPORARY}{name}.{os.getpid()}.{os.urandom(4).hex()}")
            unfinished.append((temporary, file.path))
            _write_out(temporary, file)
        while unfinished:
            os.rename(*unfinished[0])
            del unfinished[0]
    finally:
        for temporary, _ in unfinished:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    for folder in {os.path.dirname(file.path) for file in files}:
        settle(folder)


def settle(folder: str) -> None:
    """Brings renamings and deletions in `folder` to disk, and deletes what killed writers left there."""
    there = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(there)
        for name in os.listdir(there):
            if name.startswith(TEMPORARY):
                _delete_abandoned(name, there)
    finally:
        os.close(there)


def _write_out(temporary: str, file: NewFile) -> None:
    """Content, owner and permissions, whatever the umask, onto the disk."""
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(file.content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        status = os.fstat(descriptor)
        if file.owner and file.owner != (status.st_uid, status.st_gid):
            os.fchown(descriptor, *file.owner)
        os.fchmod(descriptor, file.mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _delete_abandoned(name: str, there: int) -> None:
    with contextlib.suppress(OSError):  # it can wait for who may
        if os.stat(name, dir_fd=there, follow_symlinks=False).st_mtime < time.time() - ABANDONED_S:
            os.unlink(name, dir_fd=there)


def _unwritable(path: str, error: OSError | ValueError) -> PlacementError:
    number, words = (error.errno, error.strerror or str(error)) if isinstance(error, OSError) else (None, str(error))
    folder = visible(os.path.dirname(os.path.abspath(path.replace("\0", ""))))
    if number in NO_ROOM:
        remedy = f"make room in {folder}; the file is as it was"
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = f"run it as who may write in {folder}, as the owner of the file, or as root"
    else:
        remedy = f"see what is in {folder}"
    return PlacementError(Problem("unwritable", f"cannot be written: {words}", Place(path), remedy))
