"""The text of a map into rules; every faulty line is reported, in one go.

map    = { line "\\n" }
line   = [ rule ] [ "#" comment ]
rule   = target queue
target = user ":" [ group ] | ":" group | "*"
queue  = part { "." part }
"""

import unicodedata
from collections.abc import Iterator
from typing import NoReturn

import pyparsing as pp

from placement.errors import Place, PlacementError, Problem, quoted
from placement.rules.model import EVERYONE, GROUP, USER, Rule, Rules

LONGEST_NAME = 255  # characters of a user's or group's name
LONGEST_QUEUE = 1024  # characters of a queue's path
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def parse(source: bytes, file: str) -> tuple[Rules, tuple[Problem, ...]]:
    """The rules of a map, and the warnings about them.

    `source` is the file's content, `file` its path as messages show it. Raises PlacementError with every problem of
    every line if one of them is an error: a map is taken whole or not at all.
    """
    rules: list[Rule] = []
    problems: list[Problem] = []
    lines = source.split(b"\n")
    for number, raw in enumerate(lines, start=1):
        line = raw.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        if number == 1 and line.startswith(BYTE_ORDER_MARK):
            problems.append(_byte_order_mark(file, line))
            line = line.removeprefix(BYTE_ORDER_MARK)
        if raw.endswith(b"\r") and not any(problem.code == "crlf" for problem in problems):
            problems.append(_crlf(file, number, line, sum(each.endswith(b"\r") for each in lines)))
        for found in _read_line(line, number, file):
            if isinstance(found, Rule):
                rules.append(found)
            else:
                problems.append(found)
    if any(problem.severity == "error" for problem in problems):
        raise PlacementError(*problems)
    return Rules(file, tuple(rules)), tuple(problems)


class _Fault(pp.ParseFatalException):
    """A line that no rule can look like; `width` characters from `loc` on are to blame."""

    def __init__(self, line: str, loc: int, code: str, message: str, remedy: str, width: int = 1) -> None:
        super().__init__(line, loc, message)
        self.code = code
        self.remedy = remedy
        self.width = width


def _read_line(line: str, number: int, file: str) -> Iterator[Rule | Problem]:
    """The rule of a line, if it has one, and what is to be said about it."""
    try:
        _refuse_invisible(line)
        parsed = _LINE.parse_string(line)
    except _Fault as fault:
        place = Place(file, number, fault.loc + 1, fault.width, line)
        yield Problem(fault.code, str(fault.msg), place, fault.remedy)
        return
    if not parsed:
        return
    kind, name, ignored_group, queue = parsed
    text = line.partition("#")[0].strip()
    yield Rule(kind, name, queue, number, text)
    if ignored_group:
        column = line.index(":") + 2
        yield Problem(
            "group-ignored",
            f"the group {quoted(ignored_group)} is ignored: the rule is for the user {quoted(name)} in any group",
            Place(file, number, column, len(ignored_group), line),
            remedy=f"write {quoted(name + ':')}, or {quoted(':' + ignored_group)} for the group",
            severity="warning",
        )


def _refuse_invisible(line: str) -> None:
    """What an editor does not show, outside comments, is a fault of its own; otherwise names would differ unseen."""
    for position, character in enumerate(line.partition("#")[0]):
        if character.isprintable() or character == "\t":
            continue
        if "\udc80" <= character <= "\udcff":
            byte = ord(character) - 0xDC00
            raise _Fault(
                line,
                position,
                "invalid-utf-8",
                f"the byte 0x{byte:02X} is not UTF-8",
                "save the file as UTF-8, or convert it: iconv -f LATIN1 -t UTF-8",
            )
        name = unicodedata.name(character, "control character")
        raise _Fault(
            line,
            position,
            "invisible-character",
            f"an invisible character, U+{ord(character):04X} {name}",
            "replace it by a blank, or delete it",
        )


def _byte_order_mark(file: str, line: str) -> Problem:
    return Problem(
        "byte-order-mark",
        "the file begins with a byte-order mark",
        Place(file, 1, 1, 1, line),
        remedy="save it as UTF-8 without byte-order mark, or delete the mark: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE",
    )


def _crlf(file: str, number: int, line: str, count: int) -> Problem:
    more = f" (as do {count - 1} more)" if count > 1 else ""
    return Problem(
        "crlf",
        f"the line ends with CR LF{more}",
        Place(file, number, len(line) + 1, 1, line + "\r"),
        remedy="save the file with Unix line ends, or convert it: sed -i 's/\\r$//' FILE",
    )


def _target(line: str, loc: int, tokens: pp.ParseResults) -> list[str]:
    """target = user ":" [ group ] | ":" group | "*" """
    word = tokens[0]
    if word == "*":
        return [EVERYONE, "", ""]
    user, colon, group = word.partition(":")
    if not colon:
        _bare_word(line, loc, word)
    if ":" in group:
        at = loc + len(user) + 1 + group.index(":")
        raise _Fault(line, at, "extra-colon", "a second colon", "write `user:` or `:group`")
    if not user and not group:
        raise _Fault(line, loc, "no-name", "a colon without a name", "write `user:` or `:group`, or `*` for everyone")
    for name, at in ((user, loc), (group, loc + len(user) + 1)):
        if len(name) > LONGEST_NAME:
            _too_long(line, at, "name", name, LONGEST_NAME)
        if '"' in name or "*" in name or name.startswith(("@", "%")):
            message = f"{quoted(name)} is no name of a user or group"
            raise _Fault(line, at, "bad-name", message, "write `user:`, `:group`, or `*` for everyone", len(name))
    return [USER, user, group] if user else [GROUP, group, ""]


def _bare_word(line: str, loc: int, word: str) -> NoReturn:
    raise _Fault(
        line,
        loc,
        "bare-word",
        f"expected `user:`, `:group` or `*`, found {quoted(word)}",
        f"write {quoted(word + ':')} for the user, {quoted(':' + word)} for the group",
        len(word),
    )


def _queue(line: str, loc: int, tokens: pp.ParseResults) -> list[str]:
    """queue = part { "." part }"""
    queue = tokens[0]
    if len(queue) > LONGEST_QUEUE:
        _too_long(line, loc, "queue", queue, LONGEST_QUEUE)
    for position, character in enumerate(queue):
        if character in ':"%*@':
            message = f"{quoted(character)} cannot stand in the name of a queue"
            raise _Fault(line, loc + position, "bad-queue", message, "write a path such as `root.batch`")
    if "" in queue.split("."):
        dot = 0 if queue[0] == "." else queue.find("..") + 1 or len(queue) - 1
        message = f"an empty part in the queue {quoted(queue)}"
        meant = ".".join(filter(None, queue.split(".")))
        remedy = f"did you mean {quoted(meant)}?" if meant else "write a path such as `root.batch`"
        raise _Fault(line, loc + dot, "bad-queue", message, remedy)
    return [queue]


def _no_queue(line: str, _loc: int, _tokens: pp.ParseResults) -> None:
    written = line.partition("#")[0].rstrip()
    if ":" not in written and written.strip() != "*":
        start = len(written) - len(written.lstrip())
        _bare_word(line, start, written.strip())
    message = f"no queue after {quoted(written.strip())}"
    raise _Fault(line, len(written), "no-queue", message, "name the queue after a blank, as in `:group root.batch`")


def _extra_word(line: str, loc: int, tokens: pp.ParseResults) -> None:
    message = f"expected the end of the line, found {quoted(tokens[0])}"
    remedy = "a rule is a target and one queue; further queues go on lines of their own"
    raise _Fault(line, loc, "extra-word", message, remedy, len(tokens[0]))


def _too_long(line: str, loc: int, what: str, word: str, limit: int) -> NoReturn:
    message = f"a {what} of {len(word)} characters; at most {limit} are possible"
    raise _Fault(line, loc, "too-long", message, "is a line end missing?", len(word))


def _line() -> pp.ParserElement:
    """line = [ rule ] [ "#" comment ]"""
    word = pp.Regex(r"[^ \t#]+")
    target = word.copy().add_parse_action(_target)
    queue = word.copy().add_parse_action(_queue)
    extra = word.copy().add_parse_action(_extra_word)
    no_queue = pp.Empty().add_parse_action(_no_queue)
    line = pp.Opt(target + (queue | no_queue)) + (pp.StringEnd() | extra)
    for element in (word, target, queue, extra, no_queue, line):
        element.set_whitespace_chars(" \t")
    return line.ignore(pp.Regex(r"#.*")).parse_with_tabs()


_LINE = _line()
