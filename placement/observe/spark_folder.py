"""Spark's event logs in a folder (`spark.eventLog.dir`, mounted or local): those of an application, and its account.

Adapter. Sources: Spark `SingleEventLogFileWriter`, `RollingEventLogFilesWriter`, `EventLogFileCompactor`.
"""

import os
import pwd
import re
from collections.abc import Iterator

from placement.errors import Place, PlacementError, Problem
from placement.observe import log_file
from placement.observe.run import Account, Run
from placement.observe.spark_log import SparkLog

IN_PROGRESS, ROLLED, COMPACT = ".inprogress", "eventlog_v2_", ".compact"
_NAME = re.compile(r"(?:eventlog_v2_)?(application_\d+_\d+)(?:_(\d+))?(?:\.[a-z0-9.]+)?")
_PART = re.compile(r"events_(\d+)_")
_OTHER = "it belongs to {}, not to who ran the application"


class SparkFolder:
    """The logs in `folder`, as they are now.

    `is_of_owner`: a log counts for the account alone to which the file belongs. Everybody may write there, and could
    else tell of another's application; to be switched off only where accounts of the cluster are none of this machine.
    Raises PlacementError `no-event-logs` where the folder cannot be listed.
    """

    def __init__(self, folder: str, is_of_owner: bool = True) -> None:
        self._is_of_owner = is_of_owner
        try:
            with os.scandir(folder) as found:
                named = [(match, entry.path) for entry in found if (match := _NAME.fullmatch(entry.name))]
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            remedy = "name the folder of spark.eventLog.dir, and let this account read it"
            raise PlacementError(
                Problem("no-event-logs", f"the event logs cannot be listed: {why}", Place(folder), remedy)
            ) from error
        self._logs: dict[str, list[tuple[int, str]]] = {}
        for match, path in named:
            self._logs.setdefault(match[1], []).append((int(match[2] or 0), path))

    def account(self, run: Run) -> Account:
        """What the logs of the run's attempts tell together; never raises for a log."""
        found = SparkLog()
        why = "" if run.id in self._logs else "there is no event log of it"
        for _, path in sorted(self._logs.get(run.id, ())):
            try:
                self._read(path, run, found)
            except log_file.UnreadError as error:
                why = f"its event log {os.path.basename(path)} cannot be read: {error}"
        return found.account(why)

    def _read(self, path: str, run: Run, found: SparkLog) -> None:
        owner = _owner(path)
        if self._is_of_owner and owner != run.user:
            raise log_file.UnreadError(_OTHER.format(owner))
        found.read(_lines(path))


def _lines(path: str) -> Iterator[bytes | None]:
    """Of one log, or of all parts of a rolled one."""
    if not os.path.basename(path).startswith(ROLLED):
        yield from log_file.lines(path)
        return
    try:
        names = os.listdir(path)
    except OSError as error:
        raise log_file.UnreadError(error.strerror or str(error)) from error
    for name in parts(names):
        yield from log_file.lines(os.path.join(path, name))


def parts(names: list[str]) -> list[str]:
    """The parts of a rolled log in their order, from the last that was compacted on: that has all before it."""
    numbered = sorted((int(match[1]), COMPACT in name, name) for name in names if (match := _PART.match(name)))
    first = max((number for number, is_compact, _ in numbered if is_compact), default=0)
    return list({number: name for number, _, name in numbered if number >= first}.values())


def _owner(path: str) -> str:
    try:
        found = os.stat(path, follow_symlinks=False).st_uid
        return pwd.getpwuid(found).pw_name
    except OSError as error:
        raise log_file.UnreadError(error.strerror or str(error)) from error
    except KeyError:
        return "nobody who is known here"
