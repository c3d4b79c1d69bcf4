"""The one shape of everything that is wrong: a problem with a code, a place and a remedy, and how it is shown.

Part of the hot path: standard library only, and nothing of it that is slow to import.
"""

SHOWN_WORD = 60  # characters of a user's word that a message repeats
SHOWN_LINE = 76  # characters of a source line that are shown around the caret


class Place:
    """Where a problem is: `line` and `column` count from 1 (column in characters), `width` characters of `text`.

    `text` is the whole source line without its end. `line` 0 means the file as a whole.
    """

    __slots__ = ("column", "file", "line", "text", "width")

    def __init__(self, file: str, line: int = 0, column: int = 1, width: int = 1, text: str = "") -> None:
        self.file = file
        self.line = line
        self.column = column
        self.width = width
        self.text = text

    def __str__(self) -> str:
        file = visible(self.file)
        return f"{file}:{self.line}:{self.column}" if self.line else file


class Problem:
    """One finding: `severity` is `error`, `warning` or `note`, `code` a stable kebab-case word, `remedy` what to do."""

    __slots__ = ("code", "message", "place", "remedy", "severity")

    def __init__(
        self, code: str, message: str, place: Place | None = None, remedy: str = "", severity: str = "error"
    ) -> None:
        self.code = code
        self.message = message
        self.place = place
        self.remedy = remedy
        self.severity = severity

    def as_data(self) -> dict[str, object]:
        """The problem as plain data, for `--json`."""
        place = self.place or Place("")
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "file": place.file,
            "line": place.line,
            "column": place.column,
            "remedy": self.remedy,
        }

    def in_one_line(self) -> str:
        """Place, severity, code, message and remedy, for a wrapper's single line on standard error."""
        where = f"{self.place}: " if self.place else ""
        what_to_do = f" ({self.remedy})" if self.remedy else ""
        return f"{where}{self.severity}[{self.code}]: {self.message}{what_to_do}"

    def __str__(self) -> str:
        """The problem over several lines: the message, the source line with a caret under the spot, the remedy."""
        where = f"{self.place}: " if self.place else ""
        lines = [f"{where}{self.severity}[{self.code}]: {self.message}"]
        if self.place and self.place.text:
            lines += [f"    {line}".rstrip() for line in _excerpt(self.place)]
        if self.remedy:
            lines.append(f"  remedy: {self.remedy}")
        return "\n".join(lines)


class PlacementError(Exception):
    """Something that keeps us from deciding; `problems` has at least one entry, all that were found in one go."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    def and_more(self) -> str:
        """What stands behind the first problem where only that is told: how many more there are."""
        more = len(self.problems) - 1
        return f"; {more} more: run `placement check`" if more else ""


def visible(text: str) -> str:
    """`text` with every character that a terminal would not print, or would obey, replaced by its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def quoted(word: str) -> str:
    """A user's word as messages show it: in backticks, printable, cut when it is very long."""
    if len(word) > SHOWN_WORD:
        word = f"{word[:SHOWN_WORD]}… ({len(word)} characters)"
    return f"`{visible(word)}`"


def nearest(word: str, known: list[str]) -> str | None:
    """The known word closest to `word`, if one is close enough to have been meant."""
    import difflib  # slow to import, and needed only for messages

    close = difflib.get_close_matches(word, known, n=1)
    return close[0] if close else None


def _excerpt(place: Place) -> tuple[str, str]:
    """The source line and the line with the caret, both cut to a window around the spot."""
    spot = min(place.column - 1, len(place.text))
    start = max(0, spot - SHOWN_LINE // 2) if len(place.text) > SHOWN_LINE else 0
    end = min(len(place.text), start + SHOWN_LINE)
    before, after = place.text[start:spot], place.text[spot:end]
    lead = "…" if start else ""
    shown = lead + "".join(map(_one_cell, before + after)) + ("…" if end < len(place.text) else "")
    padding = " " * len(lead) + "".join(map(_blank, before))
    marked = "".join(map(_blank, after[1 : place.width])).replace(" ", "~")
    return shown, f"{padding}^{marked}"


def _one_cell(character: str) -> str:
    """`character` if it prints or is a tab, else a replacement of the same width, so that the caret stays true."""
    return character if character.isprintable() or character == "\t" else "\ufffd"


def _blank(character: str) -> str:
    """Blanks as wide on a terminal as `character`."""
    from unicodedata import combining, east_asian_width

    if character == "\t":
        return "\t"
    if combining(character):
        return ""
    return "  " if east_asian_width(character) in "WF" else " "
