"""The index of a policy, as it is read: one file, mapped, in which a lookup touches only what it returns.

Part of the hot path: standard library only. `placement.rules.compile` writes what is read here; docs/index.md says when
either happens. Numbers are in the byte order of the machine, which the magic names. An offset counts bytes of the file,
a place words of 4 bytes, and 0 says "none". A text is its size in bytes (4 bytes) and its UTF-8.

    file      = header meta pool
    header    = HEADER, the offsets, places and counts of DIRECTORY
    meta      = program, revision, map (texts), sources, settings, commands
    sources   = count { name, is there (1 byte), SOURCE if it is }
    settings  = count { name, text }                commands likewise
    table     = slots { place of an entry or 0 }   2**n words: open addressing by CRC-32 of the name, linear probing
    entry     = CRC-32, offset of the name, its size, where the found is, how many are found    (ENTRY words)
    found     = { number of a rule }               a place of words, ascending; static groups: an offset, { text }
    rule      = RULE                               28 bytes each, in the order of the map
    condition = operator { operand }               see `_condition`
"""

import mmap
import os
import struct
import sys
from _collections_abc import Mapping  # collections.abc would import all of collections
from stat import S_ISREG
from zlib import crc32

from placement.errors import Place, PlacementError, Problem
from placement.rules.condition import FACTS, TEXT, WEEKDAY
from placement.rules.model import EVERYONE, GROUP, ROLE, USER, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from placement.rules.condition import Condition, Value

    Buffer: TypeAlias = "bytes | mmap.mmap"
    Fingerprint: TypeAlias = "tuple[int, int, int, int]"  # size, mtime_ns, ctime_ns, inode

MAGIC = b"YPINDEX" + (b"<" if sys.byteorder == "little" else b">")
VERSION = 1
DEEPEST = 100  # conditions within conditions; pyparsing gives up long before
ENCODING = ("utf-8", "surrogatepass")  # a name from the environment may be no UTF-8, and is then nobody's

HEADER = struct.Struct("=8sIIQ")  # magic, version, CRC-32 of all but itself, size of the file
CHECKED = (12, 16)  # where the CRC-32 is
DIRECTORY = struct.Struct("=11I")  # offset of meta; everyone, users, groups, static groups (places), rules; with counts
SOURCE = struct.Struct("=qqqQ")  # a Fingerprint
WORD = 4  # bytes
ENTRY = 5  # words
RULE = struct.Struct("=IIIIHHHHHBx")  # words, size of words, line, condition, where in words text, name, queue; kind
NUMBER = struct.Struct("=I")
REAL = struct.Struct("=d")
KINDS = (USER, GROUP, ROLE, EVERYONE)
OPERATORS = ("and", "or", "not", "<", "<=", ">", ">=", "==", "!=", "in")

_FAULTS = (struct.error, ValueError, IndexError, OverflowError)


class Index:
    """A compiled policy over `data`, the content of an index; a `RuleBook`, and what the site says.

    `file` is the path of the map, `sources` {name: fingerprint, None for a file that was not there}, `settings` what
    the site says in a word, by attributes of Site, `program` the version of placement that wrote it. Raises
    PlacementError if the content is not whole, not ours or not of this version; later too, where a part that was
    not looked at before makes no sense. Never reads outside of `data`. Rules that were returned are kept.
    """

    __slots__ = (
        "_data",
        "_everyone",
        "_groups",
        "_known",
        "_path",
        "_rules",
        "_size",
        "_users",
        "_words",
        "commands",
        "file",
        "program",
        "revision",
        "settings",
        "sources",
        "static_groups",
    )

    def __init__(self, data: "Buffer", path: str) -> None:
        self._data = data
        self._path = path
        self._size = _checked_size(data, path)
        self._words = memoryview(data)[: self._size // WORD * WORD].cast("I")
        self._known: dict[int, Rule] = {}
        try:
            self._read_directory()
        except _FAULTS as error:
            raise _tampered(path) from error

    def __len__(self) -> int:
        """How many rules there are."""
        return self._rules[1]

    def matching(self, user: str, groups: tuple[str, ...]) -> list[Rule]:
        """The rules whose target matches, whatever their conditions say, in the order of the map; O(groups)."""
        words, known = self._words, self._known
        try:
            numbers = list(self._everyone)
            for entry in self._users.entries((user,)) + self._groups.entries(groups):
                if words[entry + 4] == 1:
                    numbers.append(words[words[entry + 3]])
                else:
                    numbers += self._numbers(words[entry + 3], words[entry + 4])
            if len(numbers) > 1:
                numbers = sorted(set(numbers))
            return [known.get(number) or self._rule(number) for number in numbers]
        except _FAULTS as error:
            raise _tampered(self._path) from error

    def _read_directory(self) -> None:
        meta, *places = DIRECTORY.unpack_from(self._data, HEADER.size)
        everyone, users, groups, static, rules = zip(places[::2], places[1::2], strict=True)
        self._rules: tuple[int, int] = rules
        self._everyone = self._numbers(*everyone)
        self._users = Table(self._data, self._words, *users)
        self._groups = Table(self._data, self._words, *groups)
        self.static_groups = StaticGroups(Table(self._data, self._words, *static), self._path)
        cursor = Cursor(self._data, self._size, meta)
        self.program, self.revision, self.file = cursor.text(), cursor.text(), cursor.text()
        self.sources: dict[str, Fingerprint | None] = {}
        for _ in range(cursor.number()):
            name = cursor.text()
            size, mtime_ns, ctime_ns, inode = cursor.take(SOURCE) if cursor.byte() else (-1, 0, 0, 0)
            self.sources[name] = (size, mtime_ns, ctime_ns, inode) if size >= 0 else None
        self.settings = {cursor.text(): cursor.text() for _ in range(cursor.number())}
        self.commands = {cursor.text(): cursor.text() for _ in range(cursor.number())}

    def _numbers(self, at: int, count: int) -> list[int]:
        """`count` words from the place `at` on."""
        _within(len(self._words), at, count)
        return self._words[at : at + count].tolist()

    def _rule(self, number: int) -> Rule:
        at, count = self._rules
        if number >= count:
            raise IndexError(number)
        found = RULE.unpack_from(self._data, at + number * RULE.size)
        words_at, size, line, condition_at, text, name, name_end, queue, queue_end, kind = found
        _within(self._size, words_at, size)
        words = _decoded(self._data[words_at : words_at + size])
        condition = _condition(Cursor(self._data, self._size, condition_at)) if condition_at else None
        rule = Rule(KINDS[kind], words[name:name_end], words[queue:queue_end], line, words[text:], condition)
        self._known[number] = rule
        return rule


class Table:
    """Names and what is found under each: `count` slots from the place `at` on; `data` as `words` of 4 bytes too."""

    __slots__ = ("_at", "_count", "_data", "_words")

    def __init__(self, data: "Buffer", words: "memoryview[int]", at: int, count: int) -> None:
        _within(len(words), at, count)
        if not count:
            raise IndexError(at)
        self._data = data
        self._words = words
        self._at = at
        self._count = count

    def entries(self, names: tuple[str, ...]) -> list[int]:
        """The places of the entries of those `names` that are there; O(names). This loop is what a lookup costs."""
        data, words, at, mask = self._data, self._words, self._at, self._count - 1
        found = []
        for name in names:
            try:
                raw = name.encode()
            except UnicodeEncodeError:
                raw = name.encode(*ENCODING)
            checksum = crc32(raw)
            slot = first = checksum & mask
            while entry := words[at + slot]:
                if words[entry] == checksum and words[entry + 2] == len(raw):
                    offset = words[entry + 1]
                    if data[offset : offset + len(raw)] == raw:
                        found.append(entry)
                        break
                slot = (slot + 1) & mask
                if slot == first:
                    break
        return found

    def names(self) -> "Iterator[str]":
        """Every name, in no order; O(names)."""
        for slot in range(self._count):
            if entry := self._words[self._at + slot]:
                at, size = self._words[entry + 1], self._words[entry + 2]
                _within(len(self._data), at, size)
                name = _decoded(self._data[at : at + size])
                if not self.entries((name,)):
                    raise IndexError(at)
                yield name

    def texts(self, name: str) -> "tuple[str, ...] | None":
        """The texts that are found under `name`."""
        for entry in self.entries((name,)):
            cursor = Cursor(self._data, len(self._data), self._words[entry + 3])
            return tuple(cursor.text() for _ in range(self._words[entry + 4]))
        return None


class StaticGroups(Mapping[str, tuple[str, ...]]):
    """{user: groups, the primary one first}, of which only what is asked for is read."""

    __slots__ = ("_path", "_table")

    def __init__(self, table: Table, path: str) -> None:
        self._table = table
        self._path = path

    def __getitem__(self, user: str) -> tuple[str, ...]:
        try:
            found = self._table.texts(user)
        except _FAULTS as error:
            raise _tampered(self._path) from error
        if found is None:
            raise KeyError(user)
        return found

    def __iter__(self) -> "Iterator[str]":
        try:
            yield from self._table.names()
        except _FAULTS as error:
            raise _tampered(self._path) from error

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Cursor:
    """What stands at `at` and behind, piece by piece; raises IndexError or struct.error at the end of the data."""

    __slots__ = ("_data", "_size", "at")

    def __init__(self, data: "Buffer", size: int, at: int) -> None:
        self._data = data
        self._size = size
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def number(self) -> int:
        found: int = self.take(NUMBER)[0]
        return found

    def take(self, layout: struct.Struct) -> "tuple[Any, ...]":
        """What `layout` says, as many values as it has."""
        self.at += layout.size
        return layout.unpack_from(self._data, self.at - layout.size)

    def real(self) -> float:
        return float(self.take(REAL)[0])

    def text(self) -> str:
        size = self.number()
        _within(self._size, self.at, size)
        self.at += size
        return _decoded(self._data[self.at - size : self.at])


def open_index(path: str, owner: int) -> Index | None:
    """The index at `path`, mapped; None if there is none that this process may read.

    `owner` is the user id that may own it, besides 0. Raises PlacementError if it must not be trusted, or is broken.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except (OSError, ValueError) as error:
        raise _foreign(path) from error
    try:
        status = os.fstat(descriptor)
        if not S_ISREG(status.st_mode):
            raise _foreign(path)
        _refuse_untrusted(path, status, owner)
        if not status.st_size:
            raise _truncated(path, 0)
        return Index(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ), path)
    except (OSError, ValueError) as error:
        raise _foreign(path) from error
    finally:
        os.close(descriptor)


def fingerprint(status: os.stat_result) -> "Fingerprint":
    """What changes when a file does. An edit cannot keep its ctime: only the kernel sets it, to the current time."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _refuse_untrusted(path: str, status: os.stat_result, owner: int) -> None:
    if status.st_uid not in (0, owner):
        message = f"the index belongs to user id {status.st_uid}, neither to root nor to the owner of the map"
        raise PlacementError(Problem("index-owner", message, Place(path), f"delete it: rm {path}"))
    if status.st_mode & 0o022:
        remedy = f"write it anew: placement compile {os.path.dirname(path)}"
        raise PlacementError(Problem("index-writable", "others may write the index", Place(path), remedy))


def _checked_size(data: "Buffer", path: str) -> int:
    """The size of an index that is whole; raises PlacementError otherwise."""
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise _foreign(path)
    if len(data) < HEADER.size:
        raise _truncated(path, len(data))
    _, version, checksum, size = HEADER.unpack_from(data)
    if version > VERSION:
        message = f"the index is of version {version}, this placement reads version {VERSION}"
        raise PlacementError(Problem("index-newer", message, Place(path), "bring placement up to date here"))
    if version < VERSION:
        raise _foreign(path)
    if size > len(data):
        raise _truncated(path, len(data))
    if size != len(data) or checksum != checksum_of(data):
        raise _tampered(path)
    return len(data)


def checksum_of(data: "Buffer") -> int:
    """CRC-32 of all but the checksum itself: it finds faults of a disk, not of an ill will, which owner and mode do."""
    with memoryview(data) as view:
        return crc32(view[CHECKED[1] :], crc32(view[: CHECKED[0]]))


def _condition(cursor: Cursor, depth: int = 0) -> "Condition":
    """operator: its number in OPERATORS (1 byte), then for `and`, `or`: count { condition }; `not`: condition;
    `in`: fact count { value }; the others: fact value. A value is a text (1, text) or a number (0, 8 bytes).
    """
    if depth > DEEPEST:
        raise ValueError(depth)
    operator = OPERATORS[cursor.byte()]
    if operator in ("and", "or"):
        return operator, tuple(_condition(cursor, depth + 1) for _ in range(cursor.number()))
    if operator == "not":
        return operator, _condition(cursor, depth + 1)
    fact = cursor.text()
    if fact not in FACTS:
        raise ValueError(fact)
    if operator == "in":
        return operator, fact, tuple(_value(cursor, fact) for _ in range(cursor.number()))
    return operator, fact, _value(cursor, fact)


def _value(cursor: Cursor, fact: str) -> "Value":
    is_text = bool(cursor.byte())
    if is_text != (FACTS[fact] in (TEXT, WEEKDAY)):
        raise ValueError(fact)
    return cursor.text() if is_text else cursor.real()


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return str(raw, *ENCODING)


def _within(size: int, at: int, length: int) -> None:
    """Raises IndexError unless `length` from `at` on lie within `size`, all in the same unit."""
    if at + length > size:
        raise IndexError(at)


def _foreign(path: str) -> PlacementError:
    remedy = f"move it away, and write an index: placement compile {os.path.dirname(path)}"
    return PlacementError(Problem("index-foreign", "this is no index of a policy", Place(path), remedy))


def _truncated(path: str, size: int) -> PlacementError:
    remedy = f"write it anew: placement compile {os.path.dirname(path)}"
    return PlacementError(Problem("index-truncated", f"the index ends after {size} bytes", Place(path), remedy))


def _tampered(path: str) -> PlacementError:
    remedy = f"write it anew: placement compile {os.path.dirname(path)}"
    return PlacementError(Problem("index-tampered", "the index is not as it was written", Place(path), remedy))
