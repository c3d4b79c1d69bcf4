"""XML as the schedulers' files need it: read without entities, with the place of every element. Pure."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from lxml import etree

from placement.errors import Place, PlacementError, Problem

LARGEST = 50 * 2**20  # bytes
DEEPEST = 200  # elements within each other; no tree of queues comes near

_IS_DEEPER = etree.XPath(f"boolean({'/*' * (DEEPEST + 1)})")
_Key = TypeVar("_Key")


class Lines:
    """The lines of one file, for places in it."""

    __slots__ = ("_file", "_lines")

    def __init__(self, content: bytes, file: str, encoding: str = "utf-8") -> None:
        self._file = file
        self._lines = content.decode(encoding, "replace").split("\n")

    def place(self, line: int) -> Place:
        """Where an element on that line stands: from its first character on that is no blank."""
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        column = len(text) - len(text.lstrip()) + 1
        return Place(self._file, line, column, max(len(text.strip()), 1), text)


Spot = tuple[Lines, int]  # a line of a file


class Places(Mapping[_Key, Place]):
    """Where things stand, made when it is asked for: of thousands it seldom is."""

    def __init__(self, spots: Mapping[_Key, Spot]) -> None:
        self.spots = spots

    def __getitem__(self, key: _Key) -> Place:
        lines, line = self.spots[key]
        return lines.place(line)

    def __iter__(self) -> Iterator[_Key]:
        return iter(self.spots)

    def __len__(self) -> int:
        return len(self.spots)


def root_of(content: bytes, file: str) -> etree._Element:
    """The outermost element. Nothing is fetched, nothing expanded.

    Raises PlacementError: `not-xml` (with its place), `xml-refused` (a document type, which is what entities and bombs
    are made of; too large; too deep).
    """
    if len(content) > LARGEST:
        raise _refused(f"it has {len(content)} bytes, more than {LARGEST >> 20} MiB", Place(file))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        message = f"this is no XML: {(error.msg or 'it cannot be read').partition(', line')[0]}"
        place = _place(content, file, line, max(column, 1))
        raise PlacementError(Problem("not-xml", message, place, "correct the file there")) from error
    except ValueError as error:  # an encoding that is not known
        raise PlacementError(Problem("not-xml", f"this is no XML: {error}", Place(file), "save it as UTF-8")) from error
    if root.getroottree().docinfo.doctype:
        raise _refused("it has a document type", Place(file, 1))
    if _IS_DEEPER(root):
        raise _refused(f"more than {DEEPEST} elements are within each other", Place(file))
    return root


def _place(content: bytes, file: str, line: int, column: int) -> Place:
    lines = content.decode("utf-8", "replace").split("\n")
    return Place(file, line, column, 1, lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else "")


def _refused(why: str, place: Place) -> PlacementError:
    remedy = "write the file without it" if "document" in why else "see whether this is the right file"
    return PlacementError(Problem("xml-refused", f"this file is not read: {why}", place, remedy))
