"""The audit trail, as it is read: the record of one decision, newest first, from files that may be large or damaged.

`placement.audit` writes them: one JSON object a line, which a full disk may have cut.
"""

import glob
import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

USER = "%user"  # in the path of a file: one for each user
BLOCK = 64 * 1024  # bytes that are read at a time
LONGEST_LINE = 4 * 2**20  # bytes; no command line is longer (Linux: 128 KiB an argument, 2 MiB in all)


@dataclass
class Found:
    """`record` of the decision, None if it is in none of the files; `file` that has it.

    `looked_through` are the files that could be read, as far as the record; `damaged` the lines of them that are no
    whole record; `unread` {file: why} those that could not be read.
    """

    record: dict[str, Any] | None = None
    file: str = ""
    damaged: int = 0
    looked_through: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def files(path: str) -> list[str]:
    """The files of a trail, those written to last first; `path` may hold %user, and then there are several."""
    found = glob.glob(glob.escape(path).replace(USER, "*")) if USER in path else [path]
    return sorted(found, key=_changed, reverse=True)


def find(paths: Iterable[str], decision_id: str) -> Found:
    """The newest record of the decision in the first file that has one.

    Each file is read from its end, as far as the record: O(file) at worst, with two blocks and a line in memory.
    """
    found = Found()
    for path in paths:
        try:
            with open(path, "rb", opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    found.unread[path] = "it is no regular file"
                    continue
                found.looked_through.append(path)
                if _look_through(file, decision_id, found):
                    found.file = path
                    return found
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            found.unread[path] = getattr(error, "strerror", None) or str(error)
    return found


def lines_backwards(file: BinaryIO, block: int = BLOCK, longest: int = LONGEST_LINE) -> Iterator[bytes | None]:
    """The lines of a file without their ends, the last one first; None for one that is longer than `longest` bytes.

    Empty lines are left out, and what is appended meanwhile is not seen. O(block + longest) memory.
    """
    at = file.seek(0, os.SEEK_END)
    pieces: list[bytes] = []  # of the line whose beginning is not reached yet, the last one first
    size = 0  # bytes of that line, those included that are too many to be kept
    while at:
        start = max(0, at - block)
        file.seek(start)
        head, *rest = file.read(at - start).split(b"\n")
        at = start
        for piece in reversed(rest):
            size += len(piece)
            if size:
                yield _joined([*pieces, piece], size, longest)
            pieces, size = [], 0
        size += len(head)
        pieces = [*pieces, head] if size <= longest else []
    if size:
        yield _joined(pieces, size, longest)


def _joined(pieces: list[bytes], size: int, longest: int) -> bytes | None:
    return b"".join(reversed(pieces)) if size <= longest else None


def _look_through(file: BinaryIO, decision_id: str, found: Found) -> bool:
    sought = decision_id.encode()
    for line in lines_backwards(file):
        if line is not None and not line.strip():
            continue
        if line is None or not line.rstrip().endswith(b"}"):
            found.damaged += 1
        elif sought in line:  # else it is not parsed: that would take twenty times as long
            record = _record(line)
            found.damaged += record is None
            if record and record.get("id") == decision_id:
                found.record = record
                return True
    return False


def _record(line: bytes) -> dict[str, Any] | None:
    """The object of a line, or the last of one that begins with something else: a line cut short, or syslog's words."""
    for start in (0, line.rfind(b'{"time"')):
        try:
            value = json.loads(line[max(start, 0) :])
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, dict) else None
    return None


def _changed(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except (OSError, ValueError):
        return 0.0


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO in the file's place keeps nobody waiting
