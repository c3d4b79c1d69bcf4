"""A file of Hadoop's configuration: its properties in force, each with its place; and such a file written.

Source: Hadoop `Configuration` (`Parser`, `loadProperty`, `substituteVars`); held against it by
tests/cluster/test_capacity_file.py.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from placement.commands import hadoop_conf
from placement.errors import Place, PlacementError, Problem, quoted
from placement.schedulers.capacity.texts import JAVA_BLANKS
from placement.schedulers.xml import Lines, Places, Spot, root_of

Include = Callable[[str], bytes]

MOST_INCLUDES = 100  # of one file, directly and through others; more than any needs, and an end to loops
_EMPTY = b"<configuration/>"
_TOKENS = ("name", "value", "final", "source", "tag")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Property:
    """One property as the file says it. `value` None: it says none, which leaves an earlier one in force."""

    name: str
    value: str | None
    final: bool
    spot: Spot


@dataclass(frozen=True, slots=True)
class InForce:
    """The texts of all properties by name, variables replaced, with the places of the `replaced` ones."""

    texts: Mapping[str, str]
    places: Places[str]
    replaced: tuple[Place, ...]


def in_force(content: bytes, file: str, include: Include | None) -> InForce:
    """What the file says in the end: a later property wins, but not over one that is final.

    Raises PlacementError: as `xml.root_of`, `no-configuration`, `include-refused`, `variable-unknown`.
    """
    reader = _Reader(include)
    said: dict[str, str] = {}
    spots: dict[str, Spot] = {}
    final: set[str] = set()
    for each in reader.properties(content, file):
        if each.value is not None and each.name not in final:
            said.pop(each.name, None)
            said[each.name] = each.value
            spots[each.name] = each.spot
        if each.final:
            final.add(each.name)
    texts, unknown = substituted(said)
    places = Places(spots)
    problems = [_unknown_variable(name, why, places[name]) for name, why in unknown.items()]
    if reader.problems or problems:
        raise PlacementError(*reader.problems, *problems)
    replaced = tuple(places[name] for name in texts if texts[name] != said[name])
    return InForce(texts, places, replaced)


def substituted(said: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The texts with their variables replaced; and by name, why, those of which only the ResourceManager knows."""
    texts = dict(said)
    unknown: dict[str, str] = {}
    with_variables = [name for name, text in said.items() if "${" in text]
    if not with_variables:
        return texts, unknown
    loaded = hadoop_conf.Configuration(_OfTheResourceManager(), _account)
    for name, text in said.items():
        loaded.load(name, text, "")
    for name in with_variables:
        text = said[name]
        try:
            found = loaded.get(name)
        except (PlacementError, ValueError):
            unknown[name] = text
        else:
            texts[name] = found[0] if found else text
    return texts, unknown


def written(properties: Mapping[str, str], comment: str) -> bytes:
    """The properties as a file, in their order, below a comment. Raises PlacementError `not-in-xml`.

    An element without text says nothing to Hadoop, so an empty text stands in an attribute.
    """
    lines = [f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {comment} -->\n<configuration>\n']
    for name, text in properties.items():
        if _NOT_XML.search(name) or _NOT_XML.search(text):
            message = f"{quoted(name)} has a character that no XML file can hold: {quoted(text)}"
            raise PlacementError(Problem("not-in-xml", message, remedy="delete that character"))
        if text:
            inside = escape(text, {"\r": "&#13;"})
            lines.append(f"  <property><name>{escape(name)}</name><value>{inside}</value></property>\n")
        else:
            lines.append(f'  <property name={quoteattr(name)} value=""/>\n')
    return "".join([*lines, "</configuration>\n"]).encode()


class _Reader:
    """Reads a file and those that it includes; `problems` are those of inclusions."""

    def __init__(self, include: Include | None) -> None:
        self.problems: list[Problem] = []
        self._include = include
        self._included = 0
        self._open: list[str] = []

    def properties(self, content: bytes, file: str) -> Iterator[Property]:
        root = root_of(content, file)
        if _local(root) != "configuration":
            message = f"{quoted(_local(root))} is not how a Hadoop configuration begins"
            remedy = "hand in a capacity-scheduler.xml, which is all within `<configuration>`"
            raise PlacementError(Problem("no-configuration", message, Place(file, root.sourceline or 0), remedy))
        yield from self._events(root, Lines(content, file))

    def _events(self, root: etree._Element, lines: Lines) -> Iterator[Property]:
        """As Hadoop's parser goes through the file: text counts from the last name, value, ... that began."""
        name: str | None = None
        value: str | None = None
        final = listening = failed = in_fallback = False
        words = ""
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                match kind := _local(element):
                    case "property":
                        name, value = element.get("name"), element.get("value")
                        final = element.get("final") == "true"
                    case "include" if (href := element.get("href")) is not None:
                        content = self._fetched(href, element, lines)
                        failed = content is None
                        if content is not None:
                            yield from self._inside(href, content, element, lines)
                    case "fallback":
                        in_fallback = True
                    case _ if kind in _TOKENS:
                        words, listening = "", True
                words += (element.text or "") if listening else ""
                continue
            if event == "end":
                match _local(element):
                    case "name":
                        name = words.strip(JAVA_BLANKS) if words else name
                    case "value":
                        value = words or value
                    case "final":
                        final = words == "true"
                    case "include":
                        failed = in_fallback = False
                    case "property" if name is not None and (failed or not in_fallback):
                        yield Property(name, value, final, (lines, _line(element)))
            words += (element.tail or "") if listening else ""

    def _fetched(self, href: str, element: etree._Element, lines: Lines) -> bytes | None:
        """What is included; None if there is none and the file says what to take instead."""
        try:
            if self._include is None:
                self._refuse("nothing is included here")
            if href in self._open:
                self._refuse("it is a file that includes it")
            self._included += 1
            if self._included > MOST_INCLUDES:
                self._refuse(f"there are more than {MOST_INCLUDES} inclusions")
            return self._include(href)
        except OSError as error:
            if any(_local(child) == "fallback" for child in element):
                return None
            why = error.strerror or str(error)
        except ValueError as error:
            why = str(error)
        message = f"{quoted(href)} cannot be included: {why}"
        remedy = "write what is in it into this file"
        self.problems.append(Problem("include-refused", message, lines.place(_line(element)), remedy))
        return _EMPTY

    def _inside(self, href: str, content: bytes, element: etree._Element, lines: Lines) -> Iterator[Property]:
        self._open.append(href)
        try:
            yield from self.properties(content, href)
        except PlacementError as error:
            message = f"{quoted(href)} is included here and cannot be read"
            place = lines.place(_line(element))
            self.problems += [Problem("include-refused", message, place, "see what is wrong there"), *error.problems]
        finally:
            self._open.pop()

    @staticmethod
    def _refuse(why: str) -> NoReturn:
        raise ValueError(why)


class _OfTheResourceManager(dict[str, str]):
    """The environment of the ResourceManager, of which nothing is known here."""

    def get(self, name: str, default: object = None) -> NoReturn:  # noqa: ARG002
        raise ValueError(name)


def _account() -> NoReturn:
    raise ValueError("user.name")


def _unknown_variable(name: str, text: str, place: Place) -> Problem:
    message = f"what the variables in {quoted(text)} are, of {quoted(name)}, only the ResourceManager knows"
    return Problem("variable-unknown", message, place, "write there what it stands for")


def _local(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for a comment, whose tag is a function."""
    tag: Any = element.tag
    return _local_name(tag)


@lru_cache(256)
def _local_name(tag: Any) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _line(element: etree._Element) -> int:
    return int(element.sourceline or 0)
