"""The index of a policy, as it is read: one file, of which a lookup touches only what it returns.

Part of the hot path: standard library only. `placement.rules.compile` writes what is read here; docs/index.md says when
either happens. The file is words of 4 bytes in the byte order of the machine, which the magic names. A place counts the
words of the body before it, and 0 says "none". A text is its size in bytes (a word) and its UTF-8, up to a whole word.

    file      = head body
    head      = MAGIC VERSION, CRC-32 of the head from behind it on, words of the file, words of the head;
                everyone, users, groups, static groups (place and count each), how many rules, are there roles (1 or 0);
                sums meta
    sums      = { CRC-32 }                         of each BLOCK of the body
    meta      = program, revision, map (texts), sources, settings, commands
    sources   = count { name, is there (1 or 0), its Fingerprint as a text if it is }
    settings  = count { name, text }               commands likewise
    table     = slots { place of an entry or 0 }   2**n words: open addressing by CRC-32 of the name, linear probing
    entry     = CRC-32, size of the name, count { found }, the name
    found     = place of a rule, ascending; static groups: the place of texts, how many there are
    rule      = RULE words, the line of the map in which name and queue stand too; in the order of the map
    condition = operator { operand }               see `_condition`
"""

import mmap
import posix
import sys
from stat import S_ISREG
from zlib import crc32

from placement.errors import Place, PlacementError, Problem
from placement.rules.condition import FACTS, TEXT, WEEKDAY
from placement.rules.model import EVERYONE, GROUP, ROLE, USER, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from placement.rules.condition import Condition, Value
    from placement.rules.match import RuleBook

    Buffer: TypeAlias = "bytes | mmap.mmap"
    Fingerprint: TypeAlias = "tuple[int, int, int, int]"  # size, mtime_ns, ctime_ns, inode
    Groups: TypeAlias = "Mapping[str, tuple[str, ...]] | StaticGroups"
    Instead: TypeAlias = "Callable[[PlacementError], tuple[RuleBook, Groups]]"
    Load: TypeAlias = "Callable[[int, int], None]"  # brings the bytes from, to, of a file to where they belong

MAGIC = b"YPINDEX" + (b"<" if sys.byteorder == "little" else b">")
VERSION = 2
WORD = 4  # bytes
CHECKED = 16  # bytes before what the CRC-32 of the head is of
DIRECTORY, SUMS = 6, 16  # words before either
BLOCK_BITS = 10
BLOCK = 1 << BLOCK_BITS  # words: a page
FEW_BLOCKS = 16  # an index that small is checked whole
RULE = 9  # words: line, kind, condition; name, its end, queue, its end, where the line begins, size: of the text
DEEPEST = 100  # conditions within conditions; pyparsing gives up long before
ENCODING = ("utf-8", "surrogatepass")  # a name from the environment may be no UTF-8, and is then nobody's
KINDS = (USER, GROUP, ROLE, EVERYONE)
OPERATORS = ("and", "or", "not", "<", "<=", ">", ">=", "==", "!=", "in")

_PASSING = (5, 12, 23, 24, 116)  # EIO, ENOMEM, ENFILE, EMFILE, ESTALE: no word on the file itself
_FAULTS = (ValueError, IndexError, OverflowError, OSError)


def _nothing(begin: int, end: int) -> None:
    """Loads what is there already."""


class Index:
    """A compiled policy over `data`, the content of an index; a `RuleBook`, and what the site says.

    With `load` nothing is in `data` before that has brought it there; it raises ValueError or OSError if it cannot.

    `file` is the path of the map, `sources` {name: fingerprint, None for a file that was not there}, `settings` what
    the site says in a word, by attributes of Site, `program` the version of placement that wrote it.

    Raises PlacementError if the content is not ours, not whole or not of this version. Of a large index the most is
    checked only when it is used: if it is at fault then, `instead` is told and gives the rules and the static groups to
    go on with; without it that is raised. Never reads outside of `data`. Names and rules that were found are kept.
    """

    __slots__ = (
        "_body",
        "_count",
        "_everyone",
        "_groups",
        "_has_roles",
        "_instead",
        "_known",
        "_path",
        "_users",
        "commands",
        "file",
        "program",
        "revision",
        "settings",
        "sources",
        "static_groups",
    )

    def __init__(self, data: "Buffer", path: str, instead: "Instead | None" = None, load: "Load" = _nothing) -> None:
        self._path = path
        self._instead = instead
        self._known: dict[int, Rule] = {}
        head, body = _parts(data, path, load)
        try:
            sums = -(-len(body) // BLOCK)
            self._body = Words(data, len(head), body, head[SUMS : SUMS + sums], load)
            if sums <= FEW_BLOCKS:
                self._body.check_all()
            self._read_directory(head)
            self._read_meta(Cursor(Words(data, 0, head), SUMS + sums))
        except _FAULTS as error:
            raise _tampered(path) from error

    def __len__(self) -> int:
        """How many rules there are."""
        return self._count

    def matching(self, user: str, groups: tuple[str, ...]) -> list[Rule]:
        """The rules whose target matches, whatever their conditions say, in the order of the map; O(groups).

        `groups`, each once. A rule can be found twice only through its role.
        """
        known = self._known
        try:
            found = self._everyone.copy()
            self._users.find((user,), found)
            self._groups.find(groups, found)
            if len(found) > 1:
                found = sorted(set(found)) if self._has_roles else sorted(found)
            return [known.get(place) or self._rule(place) for place in found]
        except _FAULTS as error:
            return self._files(error)[0].matching(user, groups)

    def check(self) -> None:
        """Loads and checks all of it, after which lookups are quicker. Raises PlacementError `index-tampered`."""
        try:
            self._body.check_all()
        except _FAULTS as error:
            raise _tampered(self._path) from error

    def _files(self, fault: Exception) -> "tuple[RuleBook, Groups]":
        """What `instead` has to say; raises PlacementError `index-tampered` without it."""
        error = _tampered(self._path)
        if self._instead is None:
            raise error from fault
        return self._instead(error)

    def _read_directory(self, head: "memoryview[int]") -> None:
        everyone, everyones, users, user_slots, groups, group_slots, static, static_slots, count, has_roles = head[
            DIRECTORY:SUMS
        ]
        self._count = count
        self._has_roles = bool(has_roles)
        self._everyone = self._body.numbers(everyone, everyones)
        self._users = Table(self._body, users, user_slots)
        self._groups = Table(self._body, groups, group_slots)
        self.static_groups = StaticGroups(Table(self._body, static, static_slots), self._files)

    def _read_meta(self, cursor: "Cursor") -> None:
        self.program, self.revision, self.file = cursor.text(), cursor.text(), cursor.text()
        self.sources: dict[str, Fingerprint | None] = {}
        for _ in range(cursor.number()):
            name = cursor.text()
            size, mtime_ns, ctime_ns, inode = map(int, cursor.text().split()) if cursor.number() else (-1, 0, 0, 0)
            self.sources[name] = (size, mtime_ns, ctime_ns, inode) if size >= 0 else None
        self.settings = {cursor.text(): cursor.text() for _ in range(cursor.number())}
        self.commands = {cursor.text(): cursor.text() for _ in range(cursor.number())}

    def _rule(self, place: int) -> Rule:
        body = self._body
        line, kind, condition_at, name, name_end, queue, queue_end, text, size = body.numbers(place, RULE)
        words = body.text(place + RULE, size)
        condition = _condition(Cursor(body, condition_at)) if condition_at else None
        rule = Rule(KINDS[kind], words[name:name_end], words[queue:queue_end], line, words[text:], condition)
        self._known[place] = rule
        return rule


class Words:
    """A part of `data` as `words`, which begin after `before` words.

    With `sums` each block of it is loaded, and checked, when it is first used.
    """

    __slots__ = ("_checked", "_load", "_sums", "before", "data", "is_checked", "words")

    def __init__(
        self,
        data: "Buffer",
        before: int,
        words: "memoryview[int]",
        sums: "memoryview[int] | None" = None,
        load: "Load" = _nothing,
    ) -> None:
        self.data = data
        self.before = before
        self.words = words
        self._sums = sums
        self._load = load
        self._checked = bytearray(len(sums) if sums else 0)  # 1 for each block that is
        self.is_checked = not sums

    def check(self, place: int, count: int) -> None:
        """Raises IndexError unless `count` words from `place` on lie within, ValueError if they have been changed."""
        if place + count > len(self.words):
            raise IndexError(place)
        if self._sums is None:
            return
        for block in range(place >> BLOCK_BITS, (place + count + BLOCK - 1) >> BLOCK_BITS):
            if not self._checked[block]:
                begin, end = block << BLOCK_BITS, min((block + 1) << BLOCK_BITS, len(self.words))
                self._load((self.before + begin) * WORD, (self.before + end) * WORD)
                if crc32(self.words[begin:end]) != self._sums[block]:
                    raise ValueError(block)
                self._checked[block] = 1

    def check_all(self) -> None:
        self.check(0, len(self.words))
        self.is_checked = True

    def numbers(self, place: int, count: int) -> list[int]:
        """`count` words from `place` on."""
        self.check(place, count)
        return self.words[place : place + count].tolist()

    def text(self, place: int, size: int) -> str:
        """The text of `size` bytes at `place`."""
        self.check(place, -(-size // WORD))
        start = (self.before + place) * WORD
        raw = self.data[start : start + size]
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode(*ENCODING)


class Table:
    """Names and what is found under each: `count` slots from `place` on."""

    __slots__ = ("_body", "_count", "_known", "_parts", "_place")

    def __init__(self, body: Words, place: int, count: int) -> None:
        if not count or place + count > len(body.words):
            raise IndexError(place)
        self._body = body
        self._place = place
        self._count = count
        self._known: dict[str, list[int]] = {}  # names that were found are asked for again
        self._parts = body.data, body.words, body.before, place, count - 1

    def find(self, names: tuple[str, ...], found: list[int]) -> None:
        """Adds to `found` what is under those `names` that are there; O(names). This loop is what a lookup costs."""
        data, words, before, first, mask = self._parts
        check = None if self._body.is_checked else self._body.check
        known = self._known
        for name in names:
            if name in known:
                found += known[name]
                continue
            try:
                raw = name.encode()
            except UnicodeEncodeError:
                raw = name.encode(*ENCODING)
            checksum = crc32(raw)
            slot = checksum & mask
            if check:
                check(first + slot, 1)
            while entry := words[first + slot]:
                if check:
                    check(entry, 3)
                if words[entry] == checksum:
                    count = words[entry + 2]
                    name_at = entry + 3 + count
                    if check:
                        check(entry + 3, count + (len(raw) + WORD - 1) // WORD)
                    start = (before + name_at) * WORD
                    if words[entry + 1] == len(raw) and data[start : start + len(raw)] == raw:
                        known[name] = words[entry + 3 : name_at].tolist()
                        found += known[name]
                        break
                slot = (slot + 1) & mask
                if slot == checksum & mask:
                    break
                if check:
                    check(first + slot, 1)

    def names(self) -> "Iterator[str]":
        """Every name, in no order; O(names)."""
        for entry in filter(None, self._body.numbers(self._place, self._count)):
            _, size, count = self._body.numbers(entry, 3)
            yield self._body.text(entry + 3 + count, size)

    def texts(self, name: str) -> "tuple[str, ...] | None":
        """The texts that are found under `name`; None if it is not there."""
        found: list[int] = []
        self.find((name,), found)
        if not found:
            return None
        place, count = found
        cursor = Cursor(self._body, place)
        return tuple(cursor.text() for _ in range(count))


class StaticGroups:
    """{user: groups, the primary one first}, of which only what is asked for is read."""

    __slots__ = ("_files", "_table")

    def __init__(self, table: Table, files: "Callable[[Exception], tuple[RuleBook, Groups]]") -> None:
        self._table = table
        self._files = files

    def get(self, user: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The groups of `user`; `default` for a user who is not there."""
        try:
            found = self._table.texts(user)
        except _FAULTS as error:
            return self._files(error)[1].get(user, default)
        return default if found is None else found

    def __getitem__(self, user: str) -> tuple[str, ...]:
        return self.get(user)

    def keys(self) -> "list[str]":
        """Every user, in no order; O(users)."""
        try:
            return list(self._table.names())
        except _FAULTS as error:
            return list(self._files(error)[1].keys())


class Cursor:
    """What stands at `place` and behind, piece by piece; raises as `Words` does."""

    __slots__ = ("_words", "place")

    def __init__(self, words: Words, place: int) -> None:
        self._words = words
        self.place = place

    def number(self) -> int:
        self.place += 1
        return self._words.numbers(self.place - 1, 1)[0]

    def text(self) -> str:
        size = self.number()
        text = self._words.text(self.place, size)
        self.place += -(-size // WORD)
        return text


def open_index(path: str, owner: int, instead: "Instead | None" = None) -> Index | None:
    """The index at `path`; None if there is none that this process may read.

    `owner` is the user id that may own it, besides 0; `instead` as in `Index`. Raises PlacementError if it must not be
    trusted, or is broken.
    """
    try:
        file = open(path, "rb", buffering=0, opener=_opened)  # noqa: SIM115 # for as long as somebody has the index
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in _PASSING:
            return None
        raise _foreign(path) from error
    try:
        status = posix.fstat(file.fileno())
        if not S_ISREG(status.st_mode):
            raise _foreign(path)
        _refuse_untrusted(path, status, owner)
        if not status.st_size:
            raise _truncated(path, 0)
        # Not the file itself is mapped: it may be cut short under us, and a kernel may map megabytes around a page.
        data = mmap.mmap(-1, status.st_size)
        data.madvise(mmap.MADV_NOHUGEPAGE)
        there = memoryview(data)

        def load(begin: int, end: int) -> None:
            if posix.preadv(file.fileno(), [there[begin:end]], begin) != end - begin:
                raise ValueError(begin)

        return Index(data, path, instead, load)
    except (OSError, ValueError) as error:
        raise _foreign(path) from error


def _opened(path: str, flags: int) -> int:
    return posix.open(path, flags | posix.O_NOFOLLOW | posix.O_NONBLOCK)


def fingerprint(status: "posix.stat_result") -> "Fingerprint":
    """What changes when a file does. An edit cannot keep its ctime: only the kernel sets it, to the current time."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _refuse_untrusted(path: str, status: "posix.stat_result", owner: int) -> None:
    if status.st_uid not in (0, owner):
        message = f"the index belongs to user id {status.st_uid}, neither to root nor to the owner of the map"
        raise PlacementError(Problem("index-owner", message, Place(path), f"delete it: rm {path}"))
    if status.st_mode & 0o022:
        raise PlacementError(Problem("index-writable", "others may write the index", Place(path), _anew(path)))


def _parts(data: "Buffer", path: str, load: "Load") -> "tuple[memoryview[int], memoryview[int]]":
    """Head and body of an index whose head is whole; raises PlacementError otherwise."""
    load(0, min(DIRECTORY * WORD, len(data)))
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise _foreign(path)
    if len(data) < DIRECTORY * WORD:
        raise _truncated(path, len(data))
    words = memoryview(data)[: len(data) // WORD * WORD].cast("I")
    _, _, version, checksum, size, head_size = words[:DIRECTORY]
    if version > VERSION:
        message = f"the index is of version {version}, this placement reads version {VERSION}"
        raise PlacementError(Problem("index-newer", message, Place(path), "bring placement up to date here"))
    if version < VERSION:
        raise _foreign(path)
    if size * WORD > len(data):
        raise _truncated(path, len(data))
    if size * WORD != len(data) or not SUMS <= head_size <= size:
        raise _tampered(path)
    load(0, head_size * WORD)
    if crc32(words[CHECKED // WORD : head_size]) != checksum:
        raise _tampered(path)
    return words[:head_size], words[head_size:]


def _condition(cursor: Cursor, depth: int = 0) -> "Condition":
    """operator: its number in OPERATORS, then for `and`, `or`: count { condition }; `not`: condition;
    `in`: fact count { value }; the others: fact value. A value is 1 and a text, or 0 and a number as a text.
    """
    if depth > DEEPEST:
        raise ValueError(depth)
    operator = OPERATORS[cursor.number()]
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
    is_text = bool(cursor.number())
    if is_text != (FACTS[fact] in (TEXT, WEEKDAY)):
        raise ValueError(fact)
    return cursor.text() if is_text else float(cursor.text())


def _anew(path: str) -> str:
    return f"write it anew: placement compile {path.rpartition('/')[0]}"


def _foreign(path: str) -> PlacementError:
    remedy = f"move it away, and {_anew(path)}"
    return PlacementError(Problem("index-foreign", "this is no index of a policy", Place(path), remedy))


def _truncated(path: str, size: int) -> PlacementError:
    message = f"the index ends after {size} bytes"
    return PlacementError(Problem("index-truncated", message, Place(path), _anew(path)))


def _tampered(path: str) -> PlacementError:
    return PlacementError(Problem("index-tampered", "the index is not as it was written", Place(path), _anew(path)))
