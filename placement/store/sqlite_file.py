"""The file of a ledger on SQLite: ours alone, as whoever writes it gives turns."""

import os
import stat

from placement.errors import Place, PlacementError, Problem

_BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite reads and writes
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


def prepare(path: str) -> None:
    """Makes the file, empty, if there is none; its folder has to be there.

    Raises PlacementError: `ledger-not-ours` where another account owns or may write it, its folder, or what SQLite
    keeps beside it; `ledger-unwritable` where it cannot be made or is no file.
    """
    try:
        folder = os.path.dirname(path)
        _check(folder, os.stat(folder), (0, os.geteuid()))
        for beside in _BESIDE:
            try:
                there = os.lstat(path + beside)
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(there.st_mode):
                remedy = "name a file of its own for the ledger"
                raise PlacementError(
                    Problem("ledger-not-ours", "this is no regular file", Place(path + beside), remedy)
                )
            _check(path + beside, there, (os.geteuid(),))
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except (OSError, ValueError) as error:  # ValueError: a path that is none
        why = getattr(error, "strerror", None) or str(error)
        remedy = "make its folder, for the agent's account alone, or name another"
        problem = Problem("ledger-unwritable", f"the ledger cannot be opened: {why}", Place(path), remedy)
        raise PlacementError(problem) from error


def _check(path: str, there: os.stat_result, owners: tuple[int, ...]) -> None:
    if there.st_uid not in owners:
        message = f"this belongs to user id {there.st_uid}, not to {os.geteuid()}, who runs the agent"
        remedy = "run the agent as the owner, or name another ledger"
    elif there.st_mode & _WRITABLE:
        message = "others may write here"
        remedy = f"take the right away: chmod go-w {path}"
    else:
        return
    raise PlacementError(Problem("ledger-not-ours", message, Place(path), remedy))
