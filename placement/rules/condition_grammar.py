"""The text of a condition into plain data, and the shape of every fault in a line of the map.

condition  = conjunct { "or" conjunct }
conjunct   = negation { "and" negation }
negation   = "not" negation | "(" condition ")" | comparison
comparison = fact ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) value
           | fact [ "not" ] "in" "(" value { "," value } ")"
"""

import re
from typing import TYPE_CHECKING, NoReturn

import pyparsing as pp

from placement.errors import Place, PlacementError, Problem, nearest, quoted
from placement.rules.condition import (
    DURATION,
    FACTS,
    NUMBER,
    OPERATORS,
    ORDERED,
    SIZE,
    TEXT,
    WEEKDAY,
    WEEKDAYS,
)
from placement.units import MEMORY, TIME, quantity

if TYPE_CHECKING:
    from placement.rules.condition import Condition, Value


class Fault(pp.ParseSyntaxException):
    """A line that no rule can look like; `width` characters from `loc` on are to blame."""

    def __init__(self, line: str, loc: int, code: str, message: str, remedy: str, width: int = 1) -> None:
        super().__init__(line, loc, message)
        self.code = code
        self.remedy = remedy
        self.width = width


def fault(line: str, loc: int, code: str, message: str, remedy: str, width: int = 1) -> NoReturn:
    raise Fault(line, loc, code, message, remedy, width)


def _fact(line: str, loc: int, tokens: pp.ParseResults) -> list[str]:
    fact = tokens[0]
    if fact not in FACTS:
        near = nearest(fact, list(FACTS))
        remedy = f"did you mean {quoted(near)}?" if near else f"known are {', '.join(FACTS)}"
        fault(line, loc, "unknown-fact", f"{quoted(fact)} is no fact of a submission", remedy, len(fact))
    return [fact]


def _comparison(line: str, loc: int, tokens: pp.ParseResults) -> "list[Condition]":
    """fact operator value, the value in the unit of the fact"""
    fact, operator, *values = tokens
    if operator in ORDERED and FACTS[fact] in (TEXT, WEEKDAY):
        message = f"{quoted(fact)} has no order, so {quoted(operator)} means nothing"
        fault(
            line,
            line.index(operator, loc),
            "bad-comparison",
            message,
            "compare it with `==`, `!=` or `in`",
            len(operator),
        )
    read = tuple(_value(line, at, fact, word, is_quoted) for at, word, is_quoted in values)
    if operator in ("in", "not in"):
        found: Condition = ("in", fact, read)
        return [("not", found) if operator == "not in" else found]
    return [(operator, fact, read[0])]


def _value(line: str, loc: int, fact: str, word: str, is_quoted: bool) -> "Value":
    """A value of the fact's sort: MiB, seconds, a number, a weekday's full name, or text."""
    sort = FACTS[fact]
    if sort == TEXT:
        return word
    if sort == WEEKDAY:
        days = [day for day in WEEKDAYS if len(word) >= 2 and day.startswith(word.lower())]
        if len(days) == 1:
            return days[0]
    elif sort == NUMBER and re.fullmatch(r"\d+(\.\d+)?", word, re.ASCII):
        return float(word)
    elif sort in (SIZE, DURATION):
        number = quantity(word, MEMORY if sort == SIZE else TIME)
        if number is not None:
            return number
    wanted = {
        WEEKDAY: "a day, as `monday` or `mon`",
        NUMBER: "a number, as `8`",
        SIZE: "a size with its unit, as `64g`",
        DURATION: "a time with its unit, as `90s`, `30m`, `2h` or `1d`",
    }[sort]
    width = len(word) + 2 * is_quoted
    message = f"{quoted(word)} is nothing to compare {quoted(fact)} with"
    fault(line, loc, "bad-value-in-condition", message, f"write {wanted}", width)


def fact_value(fact: str, text: str) -> "Value":
    """The value of a fact given by itself, as in `memory=64g`. Raises PlacementError, as a condition would."""
    try:
        _fact(fact, 0, pp.ParseResults([fact]))
        return _value(text, 0, fact, text, is_quoted=False)
    except Fault as found:
        raise PlacementError(Problem(found.code, str(found.msg), remedy=found.remedy)) from found


def _joined(tokens: pp.ParseResults) -> "list[Condition]":
    """`a and b and c`, `a or b or c`: one condition over all; a single one stays itself."""
    operands = tuple(tokens[::2])
    return [(tokens[1], operands)] if len(operands) > 1 else [operands[0]]


def bad_condition(error: pp.ParseBaseException, code: str, place: Place) -> Problem:
    """What pyparsing missed in a condition, in our words."""
    rest = code[error.loc :]
    word = re.match(r"\s*([\w.]+|\S)?", rest)
    found = word[1] if word and word[1] else None
    place.column += len(rest) - len(rest.lstrip(" \t")) if found else 0
    place.width = len(found) if found else 1
    expected = re.sub(r"^Expected ", "", str(error.msg)).partition(", found")[0]
    remedy = "a condition is as in `if memory > 64g and hour in (8, 9)`"
    if found == "=":
        remedy = "to compare, write `==`"
    message = f"expected {expected}, found {quoted(found) if found else 'the end of the line'}"
    return Problem("bad-condition", message, place, remedy)


def condition() -> pp.ParserElement:
    """condition = conjunct { "or" conjunct }, and all below it"""
    word_end = r"(?![\w.])"
    text = pp.Regex(r'"([^"]*)"').add_parse_action(lambda _s, loc, t: [(loc, t[0][1:-1], True)])
    bare = pp.Regex(r'[^\s()<>=!,"#]+').add_parse_action(lambda _s, loc, t: [(loc, t[0], False)])
    value = (text | bare).set_name("a value")
    fact = pp.Regex(r"(?!(?:not|and|or|in)\b)[A-Za-z_]\w*").add_parse_action(_fact).set_name("a fact")
    operator = pp.Regex("|".join(sorted((o for o in OPERATORS if o != "in"), key=len, reverse=True)))
    is_in = pp.Regex(rf"(?:not\s+)?in{word_end}").add_parse_action(lambda t: [" ".join(t[0].split())])
    opening, closing, comma = (pp.Suppress(mark).set_name(f"`{mark}`") for mark in "(),")
    values = opening - value - pp.ZeroOrMore(comma - value) - closing.copy().set_name("`,` or `)`")
    compared = (is_in - values) | (operator - value)
    comparison = (fact - compared.set_name("a comparison (`<`, `<=`, `>`, `>=`, `==`, `!=`, `in`)")).add_parse_action(
        _comparison
    )
    whole = pp.Forward()
    negation = pp.Forward()
    negated = (pp.Suppress(pp.Regex(rf"not{word_end}")) - negation).add_parse_action(lambda t: [("not", t[0])])
    bracketed = opening - whole - closing.copy().set_name("`and`, `or` or `)`")
    negation <<= (negated | bracketed | comparison).set_name("a comparison, `not` or `(`")
    conjunct = (negation + pp.ZeroOrMore(pp.Regex(rf"and{word_end}") - negation)).add_parse_action(_joined)
    whole <<= (conjunct + pp.ZeroOrMore(pp.Regex(rf"or{word_end}") - conjunct)).add_parse_action(_joined)
    return whole
