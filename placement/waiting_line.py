"""What somebody sees who waits: one line that is rewritten in place, or a plain line now and then. Standard library.

On a terminal in whose foreground we are the line is drawn anew each second. Ctrl-C and the like take it away before
they end us, as they would have done anyway: whoever waits for us is told by which signal. Elsewhere signals need no
care, and a plain line comes at once, when the reason changes, and every EVERY_S seconds.
"""

import _signal  # type: ignore[import-not-found] # see `shim`
import posix
import sys
import time

from placement.errors import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from placement.agent_socket import Answer

EVERY_S = 60
STDERR = 2
ENDING = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM)
ECHO = 2  # columns of `^C`, which the terminal writes behind the line
EIO, EPIPE = 5, 32
LEFT = "placement: the place is given up, nothing was submitted\n"


class WaitingLine:
    """The words about one who waits, on standard error."""

    __slots__ = ("_answer", "_began", "_drawn", "_handlers", "_heard", "_reason", "_told", "_trouble")

    def __init__(self) -> None:
        self._began = self._heard = time.monotonic()
        self._told: float | None = None  # when there was the last plain line
        self._answer: Answer | None = None
        self._reason: object = None
        self._trouble = ""
        self._drawn = 0  # columns
        self._handlers: dict[int, Any] = {}  # what was there before ours

    def show(self, answer: "Answer") -> None:
        """Tells what the agent says now."""
        limit = answer.get("limit")
        limit = limit if isinstance(limit, dict) else {}
        reason = [answer.get("queue"), limit.get("code"), limit.get("at")]
        if reason != self._reason or self._trouble:
            self._told = None
        self._answer, self._reason, self._trouble = answer, reason, ""
        self._heard = time.monotonic()
        self.tick()

    def trouble(self, words: str) -> None:
        """Tells that there is no agent for the moment."""
        if words != self._trouble:
            self._trouble, self._told = words, None
        self.tick()

    def tick(self) -> None:
        """A second has passed."""
        if self._answer is None and not self._trouble:
            return
        now = time.monotonic()
        columns = _columns()
        if columns:
            self._catch()
            self._draw(f"placement: {self._words(now, is_short=True)}", columns)
        elif self._told is None or now - self._told >= EVERY_S:
            self._told = now
            self._end_line()
            self._write(f"placement: waiting: {self._words(now)}\n")

    def end(self) -> None:
        """Takes the line away, and leaves everything as it was."""
        self._end_line()
        for number, handler in self._handlers.items():
            _signal.signal(number, handler)
        self._handlers.clear()

    def _words(self, now: float, is_short: bool = False) -> str:
        answer = self._answer or {}
        words = [f"{span(now - self._began)} waited"]
        queue, place, of = answer.get("queue"), answer.get("place"), answer.get("of")
        if _is_number(place):
            words.append(
                f"{place:.0f}"
                + (f" of {of:.0f}" if _is_number(of) else "")
                + (f" for {queue}" if isinstance(queue, str) else "")
            )
        words += expected(answer.get("expected"), now - self._heard)
        said = self._trouble or answer.get("message")
        ahead = answer.get("ahead")
        names = [each for each in ahead if isinstance(each, str)] if isinstance(ahead, list) else []
        more = f" (behind {', '.join(names[: 1 if is_short else 3])})" if names and not self._trouble else ""
        return visible(", ".join(words) + (f": {said}" if isinstance(said, str) else "") + more)

    def _draw(self, text: str, columns: int) -> None:
        room = max(columns - 1 - ECHO, 0)  # the last column would make some terminals begin a new line
        shown, width = cut(text, room)
        before, self._drawn = self._drawn, width  # first: a signal that ends us may come right behind the words
        self._write("\r" + shown + " " * (min(before, room) - width))

    def _end_line(self) -> None:
        if self._drawn:
            self._write("\r" + " " * (self._drawn + ECHO) + "\r")
            self._drawn = 0

    def _catch(self) -> None:
        if not self._handlers:
            for number in ENDING:
                if _signal.getsignal(number) != _signal.SIG_IGN:
                    self._handlers[number] = _signal.signal(number, self._leave)

    def _leave(self, number: int, _: object) -> None:
        self._end_line()
        self._write(LEFT)
        _signal.signal(number, _signal.SIG_DFL)
        posix.kill(posix.getpid(), number)

    def _write(self, text: str) -> None:
        """Where nobody can hear us any more we end as the command would; other faults are not our trouble."""
        if sys.stderr is None:
            return  # it was closed from the start, and its number may be something else by now
        try:
            posix.write(STDERR, text.encode())
        except OSError as error:
            ending = {EIO: _signal.SIGHUP, EPIPE: _signal.SIGPIPE}.get(error.errno or 0)
            if ending is None or (ending == _signal.SIGHUP and _signal.getsignal(ending) == _signal.SIG_IGN):
                return
            _signal.signal(ending, _signal.SIG_DFL)
            posix.kill(posix.getpid(), ending)


def expected(said: object, ago_s: float) -> list[str]:
    """When the turn comes, in words, by an answer that came `ago_s` ago; nothing if that is not known."""
    if not isinstance(said, dict) or not (_is_number(said.get("from_s")) and _is_number(said.get("to_s"))):
        return []
    soonest, latest = (max(said[key] - int(ago_s), 0) for key in ("from_s", "to_s"))
    when = f"starts in {span(soonest)} to {span(latest)}" if latest else "should start any moment"
    kept, of = said.get("kept"), said.get("of")
    return [when + (f" ({kept:.0f} of {of:.0f} such promises kept)" if _is_number(kept) and _is_number(of) else "")]


def span(seconds: float) -> str:
    """A time as people say it: `45s`, `12m`, `3h 5m`."""
    whole = int(seconds)
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    return f"{minutes}m" if minutes < 120 else f"{minutes // 60}h {minutes % 60}m"


def cut(text: str, columns: int) -> tuple[str, int]:
    """As much of the text as there are columns for, and how many it takes."""
    if text.isascii():
        return text[:columns], min(len(text), columns)
    from unicodedata import combining, east_asian_width

    width = end = 0
    for character in text:
        takes = 0 if combining(character) else 1 + (east_asian_width(character) in "WF")
        if width + takes > columns:
            break
        width += takes
        end += 1
    return text[:end], width


def _columns() -> int:
    """How wide the terminal of standard error is; 0 if that is none, or we are in its background."""
    if sys.stderr is None:
        return 0
    try:
        if posix.tcgetpgrp(STDERR) != posix.getpgrp():
            return 0
        return posix.get_terminal_size(STDERR).columns or 80
    except OSError:
        return 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
