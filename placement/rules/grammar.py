"""The text of a map into rules; every faulty line is reported, in one go.

map        = { line "\\n" }
line       = [ rule ] [ "#" comment ]
rule       = target queue [ "if" condition ]
target     = name ":" [ name ] | ":" name | "@" role | "*"
name       = bare | '"' characters '"'
queue      = part { "." part }                     a part may hold %user and %primary_group

What a condition is stands in condition_grammar.py
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import pyparsing as pp

from placement.errors import Place, PlacementError, Problem, nearest, quoted
from placement.rules import condition_grammar
from placement.rules.condition_grammar import Fault, bad_condition, fault
from placement.rules.model import EVERYONE, GROUP, ROLE, USER, Rule, Rules

if TYPE_CHECKING:
    from placement.rules.condition import Condition

LONGEST_NAME = 255  # characters of a user's or group's name
LONGEST_QUEUE = 1024  # characters of a queue's path
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
PLACEHOLDERS = ("%user", "%primary_group")

_CODE = re.compile(r'(?:[^"#]|"[^"]*("|$))*')  # a line without its comment
_PLAIN_LINE = re.compile(  # bare names and queues of letters, digits and a few marks; a condition without quotes
    r"""
    [ \t]*
    (?: (?: (?P<user> [A-Za-z0-9_.\\-] [A-Za-z0-9_.\\@$-]{0,199} ) : | : (?P<group> [A-Za-z0-9_.-]{1,199} ) | \* )
    [ \t]+ (?P<queue> [A-Za-z0-9_-]{1,99} (?: \. [A-Za-z0-9_-]{1,99} ){0,9} )
    (?: [ \t]+ (?P<condition> if[ \t(] [^"\#]*? ) )? [ \t]* )? (?: \#.* )?
    """,
    re.VERBOSE | re.DOTALL,
)
_TARGET = re.compile(r'("[^"]*"|[^:"]*):("[^"]*"|[^:"]*)')


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
        raise PlacementError(*(_as_elsewhere(problem, rules) for problem in problems))
    return Rules(file, tuple(rules)), tuple(problems)


def _read_line(line: str, number: int, file: str) -> Iterator[Rule | Problem]:
    """The rule of a line, if it has one, and what is to be said about it."""
    plain = _PLAIN_LINE.fullmatch(line)
    if plain and (not plain["condition"] or _plain_condition(plain["condition"])):
        yield from _plain(plain, number)
        return
    match = _CODE.match(line)
    code = match[0].rstrip(" \t") if match else ""
    try:
        _refuse_invisible(code)
        parsed = _LINE.parse_string(code)
    except Fault as found:
        place = Place(file, number, found.loc + 1, found.width, line)
        yield Problem(found.code, str(found.msg), place, found.remedy)
        return
    except pp.ParseBaseException as error:
        yield bad_condition(error, code, Place(file, number, error.loc + 1, 1, line))
        return
    except RecursionError:
        place = Place(file, number, 1, len(code), line)
        yield Problem(
            "bad-condition", "a condition within too many others", place, "write it with fewer brackets and `not`"
        )
        return
    if not parsed:
        return
    kind, name, ignored_group, queue, *condition = parsed
    text = code.strip(" \t")
    yield Rule(kind, name, queue, number, text, condition[0] if condition else None)
    if ignored_group:
        column = code.index(":", len(name)) + 2
        yield Problem(
            "group-ignored",
            f"the group {quoted(ignored_group)} is ignored: the rule is for the user {quoted(name)} in any group",
            Place(file, number, column, len(ignored_group), line),
            remedy=f"write {quoted(name + ':')}, or {quoted(':' + ignored_group)} for the group",
            severity="warning",
        )


def _plain(match: re.Match[str], number: int) -> Iterator[Rule]:
    """The rule of a line that _PLAIN_LINE matches, if it has one: what _LINE would say, at a fraction of the cost.

    INVARIANT plain-is-a-shortcut: held by tests/unit/rules/test_index.py against the grammar itself.
    """
    user, group, queue, written = match.groups()
    if queue:
        text = match[0][: match.end("condition" if written else "queue")].lstrip(" \t")
        kind = USER if user else GROUP if group else EVERYONE
        yield Rule(kind, user or group or "", queue, number, text, _plain_condition(written) if written else None)


@lru_cache(4096)
def _plain_condition(written: str) -> "Condition | None":
    """What `if ...` says behind any rule, for many rules say the same; None if it is at fault."""
    try:
        _refuse_invisible(written)
        condition: Condition = _LINE.parse_string(f"* q {written}")[4]
    except (pp.ParseBaseException, IndexError, RecursionError):
        return None
    return condition


def _refuse_invisible(line: str) -> None:
    """What an editor does not show, outside comments, is a fault of its own; otherwise names would differ unseen."""
    for position, character in enumerate(line):
        if character.isprintable() or character == "\t":
            continue
        if "\udc80" <= character <= "\udcff":
            byte = ord(character) - 0xDC00
            raise Fault(
                line,
                position,
                "invalid-utf-8",
                f"the byte 0x{byte:02X} is not UTF-8",
                "save the file as UTF-8, or convert it: iconv -f LATIN1 -t UTF-8",
            )
        name = unicodedata.name(character, "control character")
        raise Fault(
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
    """target = name ":" [ name ] | ":" name | "@" role | "*" """
    word = tokens[0]
    if word == "*":
        return [EVERYONE, "", ""]
    _refuse_open_quote(line, loc, word)
    if word.startswith("@") and ":" not in word:
        return [ROLE, _name(line, loc + 1, word[1:], "role"), ""]
    match = _TARGET.fullmatch(word)
    if match:
        user, group = match.groups()
        if not user and not group:
            fault(line, loc, "no-name", "a colon without a name", "write `user:`, `:group`, or `*` for everyone")
        user = _name(line, loc, user, "user") if user else ""
        group = _name(line, loc + match.start(2), group, "group") if group else ""
        return [USER, user, group] if user else [GROUP, group, ""]
    if ":" not in word:
        _bare_word(line, loc, word)
    second = word.find(":", word.index(":") + 1)
    if second < 0:
        fault(line, loc, "bad-name", f"{quoted(word)} is no target", "put the whole name in quotes", len(word))
    remedy = "write `user:` or `:group`; put a name with `:` in quotes"
    raise Fault(line, loc + second, "extra-colon", "a second colon", remedy)


def _name(line: str, loc: int, written: str, what: str) -> str:
    """name = bare | '"' characters '"'"""
    name = written.removeprefix('"').removesuffix('"')
    if len(name) > LONGEST_NAME:
        _too_long(line, loc, "name", name, LONGEST_NAME)
    is_quoted = written.startswith('"')
    if not name or (not is_quoted and ("*" in name or '"' in name or name.startswith(("@", "%")))):
        remedy = "write `user:`, `:group`, `@role` or `*`" + ("" if is_quoted else "; quotes make anything a name")
        fault(line, loc, "bad-name", f"{quoted(written)} is no name of a {what}", remedy, max(1, len(written)))
    return name


def _refuse_open_quote(line: str, loc: int, word: str) -> None:
    if word.count('"') % 2:
        fault(line, loc + word.rindex('"'), "open-quote", "a quote that is not closed", 'close it with `"`')


def _bare_word(line: str, loc: int, word: str) -> NoReturn:
    message = f"expected `user:`, `:group`, `@role` or `*`, found {quoted(word)}"
    remedy = f"write {quoted(word + ':')} for the user, {quoted(':' + word)} for the group"
    fault(line, loc, "bare-word", message, remedy, len(word))


def _as_elsewhere(problem: Problem, rules: list[Rule]) -> Problem:
    """A bare word with the reading first that other lines of the map have of it; other problems as they are."""
    if problem.code != "bare-word" or problem.place is None:
        return problem
    start = problem.place.column - 1
    word = problem.place.text[start : start + problem.place.width]
    kinds = {rule.kind for rule in rules if rule.name == word}
    if len(kinds & {USER, GROUP}) != 1:
        return problem
    meant, other = (f"{word}:", f":{word}") if USER in kinds else (f":{word}", f"{word}:")
    what = "the group" if USER in kinds else "the user"
    remedy = f"did you mean {quoted(meant)}, as in other lines? {quoted(other)} would be {what}"
    return Problem(problem.code, problem.message, problem.place, remedy)


def _queue(line: str, loc: int, tokens: pp.ParseResults) -> list[str]:
    """queue = part { "." part }"""
    queue = tokens[0]
    path = "write a path such as `root.batch`"
    if len(queue) > LONGEST_QUEUE:
        _too_long(line, loc, "queue", queue, LONGEST_QUEUE)
    for position, character in enumerate(queue):
        if character in ':"*@':
            message = f"{quoted(character)} cannot stand in the name of a queue"
            fault(line, loc + position, "bad-queue", message, path)
    for match in re.finditer(r"%\w*", queue):
        if not match[0].startswith(PLACEHOLDERS):
            near = nearest(match[0], list(PLACEHOLDERS))
            remedy = f"did you mean {quoted(near)}?" if near else "there are `%user` and `%primary_group`"
            message = f"nothing is known to stand for {quoted(match[0])}"
            fault(line, loc + match.start(), "bad-queue", message, remedy, len(match[0]))
    if "" in queue.split("."):
        dot = 0 if queue[0] == "." else queue.find("..") + 1 or len(queue) - 1
        meant = ".".join(filter(None, queue.split(".")))
        remedy = f"did you mean {quoted(meant)}?" if meant else path
        fault(line, loc + dot, "bad-queue", f"an empty part in the queue {quoted(queue)}", remedy)
    return [queue]


def _no_queue(line: str, _loc: int, _tokens: pp.ParseResults) -> None:
    written = line.strip(" \t")
    message = f"no queue after {quoted(written)}"
    fault(line, len(line), "no-queue", message, "name the queue after a blank, as in `:group root.batch`")


def _extra_word(line: str, loc: int, tokens: pp.ParseResults) -> None:
    message = f"expected `if` or the end of the line, found {quoted(tokens[0])}"
    remedy = "a rule is a target and one queue; further queues go on lines of their own"
    fault(line, loc, "extra-word", message, remedy, len(tokens[0]))


def _too_long(line: str, loc: int, what: str, word: str, limit: int) -> NoReturn:
    message = f"a {what} of {len(word)} characters; at most {limit} are possible"
    fault(line, loc, "too-long", message, "is a line end missing?", len(word))


def _line() -> pp.ParserElement:
    """line = [ target queue [ "if" condition ] ]"""
    pp.ParserElement.set_default_whitespace_chars(" \t")
    word = pp.Regex(r'(?:[^ \t"#]|"[^"]*("|$))+')
    target = word.copy().add_parse_action(_target)
    queue = word.copy().add_parse_action(_queue)
    extra = word.copy().add_parse_action(_extra_word)
    no_queue = pp.Empty().add_parse_action(_no_queue)
    condition = (
        pp.Suppress(pp.Regex(r"if(?![^\s(])"))
        - condition_grammar.condition()
        - pp.StringEnd().set_name("`and`, `or` or the end of the line")
    )
    line = pp.Opt(target + (queue | no_queue) + pp.Opt(condition)) + (pp.StringEnd() | extra)
    return line.parse_with_tabs()


_LINE = _line()
