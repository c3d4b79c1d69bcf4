"""What was applied, and from what to what: one folder for each apply, numbered. Adapter.

An entry is begun before anything is changed, with the content before and after, and ended with its outcome; one that
was never ended, or FAILED, tells the next caller that what is in force is not known to be taken up.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from placement import whole_file
from placement.errors import Place, PlacementError, Problem, visible

BEGUN, APPLIED, RESTORED, FAILED = "begun", "applied", "restored", "failed"
ROLLBACK = "rollback"  # how `what` begins of an entry that is one
BEFORE, AFTER, RECORD, LOCK = "before.xml", "after.xml", "record.json", "lock"
LARGEST = 64 * 2**20  # bytes of one file
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One apply or rollback. `when` is UTC in ISO 8601, `who` the account, and who became it if that is known.

    `what` says in words what was asked for; `outcome` is one of the words above, `said` what was seen besides.
    `before` and `after` are versions of what was in force, and was to be; `before` is never what an apply that was
    interrupted has left halfway, but what was there before that.
    """

    number: int
    when: str
    who: str
    what: str
    target: str
    scheduler: str
    revision: str
    before: str
    after: str
    outcome: str
    said: str = ""

    @property
    def is_ended(self) -> bool:
        """Whether what is in force since then is what the ResourceManager was seen to work by."""
        return self.outcome in (APPLIED, RESTORED)

    @property
    def is_rollback(self) -> bool:
        """Whether it was to go back."""
        return self.what.startswith(ROLLBACK)

    def as_data(self) -> dict[str, Any]:
        """The entry as plain data."""
        return asdict(self)


class History:
    """The entries in `folder`, which is made when the first is begun.

    Every method raises PlacementError: `history-unreadable`, `history-unwritable`.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def entries(self) -> list[Entry]:
        """All of them, the oldest first. A folder without its record was left by somebody killed before the start."""
        try:
            names = sorted(name for name in os.listdir(self.folder) if name.isdigit())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreadable(self.folder, error.strerror or str(error)) from error
        found = (self._entry(name) for name in names)
        return [entry for entry in found if entry]

    def entries_of(self, target: str) -> list[Entry]:
        """Those of one target, by its name."""
        return [entry for entry in self.entries() if entry.target == target]

    def file(self, entry: Entry, which: str) -> str:
        """The path of the content BEFORE or AFTER an entry."""
        return os.path.join(self._place(entry.number), which)

    def content(self, entry: Entry, which: str) -> bytes:
        """The content BEFORE or AFTER an entry."""
        return self._read(self.file(entry, which))

    def begin(self, entry: Entry, before: bytes, after: bytes) -> Entry:
        """The entry with its number, once all of it is on the disk."""
        try:
            os.makedirs(self.folder, mode=0o750, exist_ok=True)
            taken = [int(name) for name in os.listdir(self.folder) if name.isdigit()]
            numbered = Entry(**{**asdict(entry), "number": max(taken, default=0) + 1})
            os.mkdir(self._place(numbered.number), 0o750)
        except OSError as error:
            raise self._unwritable(error) from error
        for name, content in ((BEFORE, before), (AFTER, after)):
            self._write(numbered, name, content)
        self._write_record(numbered)
        try:
            whole_file.settle(self.folder)
        except OSError as error:
            raise self._unwritable(error) from error
        return numbered

    def end(self, entry: Entry, outcome: str, said: str = "") -> Entry:
        """The entry with its outcome, on the disk."""
        ended = Entry(**{**asdict(entry), "outcome": outcome, "said": said})
        self._write_record(ended)
        return ended

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else applies meanwhile. Raises PlacementError `apply-running`; the lock ends with its holder."""
        try:
            os.makedirs(self.folder, mode=0o750, exist_ok=True)
            descriptor = os.open(os.path.join(self.folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            problem = self._taken(descriptor, fcntl.LOCK_EX)
            if problem:
                raise PlacementError(problem)
            self._sign(descriptor)
            yield
        finally:
            os.close(descriptor)

    def running(self) -> Problem | None:
        """The warning `apply-running` if somebody applies now."""
        try:
            descriptor = os.open(os.path.join(self.folder, LOCK), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None  # nobody ever did, or it is not for us to see
        try:
            return self._taken(descriptor, fcntl.LOCK_SH, "warning")
        finally:
            os.close(descriptor)

    def _sign(self, descriptor: int) -> None:
        """Says in the lock who holds it."""
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        except OSError as error:
            raise self._unwritable(error) from error

    def _taken(self, descriptor: int, how: int, severity: str = "error") -> Problem | None:
        """Takes the lock; `apply-running` if somebody has it."""
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            message = f"another apply is under way{f', process {holder}' if holder.isdigit() else ''}"
            return Problem(
                "apply-running", message, Place(os.path.join(self.folder, LOCK)), "wait for its end", severity
            )
        return None

    def _entry(self, name: str) -> Entry | None:
        path = os.path.join(self.folder, name, RECORD)
        if not os.path.exists(path):
            return None
        try:
            return Entry(**json.loads(self._read(path)))
        except (ValueError, TypeError, RecursionError) as error:
            raise self._unreadable(path, "it is no record of this release") from error

    def _place(self, number: int) -> str:
        return os.path.join(self.folder, f"{number:0{_DIGITS}d}")

    def _write_record(self, entry: Entry) -> None:
        self._write(entry, RECORD, json.dumps(entry.as_data(), ensure_ascii=False, indent=2).encode() + b"\n")

    def _write(self, entry: Entry, name: str, content: bytes) -> None:
        whole_file.write(os.path.join(self._place(entry.number), name), content, 0o640)

    def _read(self, path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.read(LARGEST)
        except OSError as error:
            raise self._unreadable(path, error.strerror or str(error)) from error

    def _unreadable(self, path: str, why: str) -> PlacementError:
        remedy = (
            f"give this user the right to read {visible(self.folder)}, or say `sync: {{history: ...}}` in site.yaml"
        )
        return PlacementError(Problem("history-unreadable", f"this file cannot be read: {why}", Place(path), remedy))

    def _unwritable(self, error: OSError) -> PlacementError:
        need = "make room in" if error.errno in whole_file.NO_ROOM else "give this user the right to write"
        remedy = f"{need} {visible(self.folder)}, or say `sync: {{history: ...}}` in site.yaml"
        why = f"the history cannot be written: {error.strerror or error}"
        return PlacementError(Problem("history-unwritable", why, Place(self.folder), remedy))
