"""Files written whole or not at all: whoever looks, and whenever the writer is killed, sees the old one or the new."""

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

TEMPORARY = ".placement."  # what the name of an unfinished file begins with
ABANDONED_S = 3600  # seconds after which the unfinished file of a killed process is deleted


@dataclass(frozen=True)
class NewFile:
    """`content` for `path`, with its permissions; `owner` (user id, group id), None for whoever writes it."""

    path: str
    content: bytes
    mode: int
    owner: tuple[int, int] | None = None


def write(files: Sequence[NewFile]) -> None:
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
    for entry in os.scandir(folder):
        if entry.name.startswith(TEMPORARY) and entry.stat(follow_symlinks=False).st_mtime < time.time() - ABANDONED_S:
            os.unlink(entry.path)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_out(temporary: str, file: NewFile) -> None:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(file.content)
        stream.flush()
        status = os.fstat(descriptor)
        if file.owner and file.owner != (status.st_uid, status.st_gid):
            os.fchown(descriptor, *file.owner)
        os.fchmod(descriptor, file.mode)
        os.fsync(descriptor)
