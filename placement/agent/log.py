"""The agent's log: one JSON object a line, which systemd's journal takes from standard error.

Fields are ids, numbers, codes and words of our own: callers hand in no command line, no request, no environment.
"""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from placement.errors import visible

BURST = 20  # lines of one event in PERIOD_S; more are counted, and the count is in the first line after that
PERIOD_S = 60
VALUE_MOST = 1000  # characters
INFO, WARNING, ERROR = "info", "warning", "error"
_JOURNAL = {INFO: "<6>", WARNING: "<4>", ERROR: "<3>"}  # sd-daemon(3)


class Log:
    """Writes to `stream`; `now` gives seconds since the epoch.

    `is_journal`: lines begin with the priority, which systemd's journal takes off again.
    """

    def __init__(self, stream: TextIO, now: Callable[[], float], is_journal: bool = False) -> None:
        self._stream = stream
        self._now = now
        self._is_journal = is_journal
        self._begun_s: dict[str, float] = {}
        self._written: dict[str, int] = {}

    def info(self, event: str, **fields: Any) -> None:
        """Something that an administrator may want to know later. `event` is a kebab-case word, always the same."""
        self._write(INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something that an administrator should look at."""
        self._write(WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Something that failed."""
        self._write(ERROR, event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        now = self._now()
        if not 0 <= now - self._begun_s.get(event, -PERIOD_S) < PERIOD_S:
            suppressed = self._written.get(event, 0) - BURST
            if suppressed > 0:
                fields = fields | {"suppressed": suppressed}
            self._begun_s[event], self._written[event] = now, 0
        self._written[event] += 1
        if self._written[event] > BURST:
            return
        time = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        shown = {name: _shown(value) for name, value in fields.items()}
        line = msgspec.json.encode({"time": time, "level": level, "event": event, **shown}).decode()
        with contextlib.suppress(OSError, ValueError):  # the stream is full or closed: there is nobody to tell
            self._stream.write(f"{_JOURNAL[level] if self._is_journal else ''}{line}\n")
            self._stream.flush()


def _shown(value: Any) -> Any:
    return value if isinstance(value, int | float | None) else visible(str(value))[:VALUE_MOST]
