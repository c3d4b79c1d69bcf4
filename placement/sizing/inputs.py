"""How large the files of this machine are that a command line names, asked in a bounded time. Adapter on the hot path.

A file system that hangs holds up a thread, never the command: an exec ends it.
"""

import _thread
import posix
import stat
import time

MOST_S = 0.05
MOST_ENTRIES = 1000  # of folders and files, all together
FILE = "file:"


def input_bytes(arguments: list[str]) -> float | None:
    """Bytes of all files and folders that `arguments` name: `file:` URIs, and absolute paths that are there.

    None if there are none, if another file system is named beside them, or if it takes too long to tell. What HDFS has
    is not known here: that would take a connection.
    """
    values = [_value(argument) for argument in arguments]
    if any("://" in value and not value.startswith(FILE) for value in values):
        return None
    paths = [path for value in values if (path := _local(value))]
    if not paths:
        return None
    found: list[float | None] = []
    done = _thread.allocate_lock()
    done.acquire()

    def work() -> None:
        try:
            found.append(_size(paths, time.monotonic() + MOST_S))
        except (OSError, ValueError):
            pass
        finally:
            done.release()

    try:
        _thread.start_new_thread(work, ())
    except RuntimeError:  # this account may have no more of them
        return None
    return found[0] if done.acquire(timeout=MOST_S) and found else None


def _value(argument: str) -> str:
    """The argument, or what stands behind the `=` of an option."""
    return argument.partition("=")[2] if argument.startswith("-") else argument


def _local(value: str) -> str:
    """The path that a value names on this machine, empty if it may be none."""
    if value.startswith(FILE):
        value = value.removeprefix(FILE)
        return "/" + value.lstrip("/") if value.startswith("/") else ""
    return value if value.startswith("/") else ""


def _size(paths: list[str], until: float) -> float | None:
    """Bytes of what is there of `paths`; None if nothing is, or if that is too much to look at."""
    total, seen, entries = 0, False, 0
    folders: list[str] = []
    for path in paths:
        try:
            status = posix.stat(path)
        except (OSError, ValueError):
            continue
        seen = True
        if stat.S_ISDIR(status.st_mode):
            folders.append(path)
        elif stat.S_ISREG(status.st_mode):
            total += status.st_size
    while folders:
        with posix.scandir(folders.pop()) as listed:
            for entry in listed:
                entries += 1
                if entries > MOST_ENTRIES or time.monotonic() > until:
                    return None
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file():
                    total += entry.stat().st_size
    return float(total) if seen else None
