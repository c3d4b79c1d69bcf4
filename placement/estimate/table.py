"""The table of what was learned, as it is read: one look-up touches a slot and an entry for each key.

Part of the hot path: standard library only. The file is in the byte order of the machine, which the magic names.

    file  = MAGIC, CRC-32 of the rest of the head, VERSION, slots, entries, numbers in a row, when it was written (s)
            slot { place of an entry in the file, 0 for none }     2**n: open addressing by CRC-32 of the key, linear
            entry { CRC-32 of its rest, size of the key, row, key }
    row   = numbers, 8 bytes each; what they mean is the business of `row`

Head and slots are of words of 8 bytes; an entry is padded to them.
"""

import sys
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAGIC = b"YPTABLE" + (b"<" if sys.byteorder == "little" else b">")
VERSION = 1
WORD = 8
HEAD = 7 * WORD
FULL = 0.5  # of the slots, at most, are taken
_ENCODING = ("utf-8", "surrogatepass")


class DamagedError(ValueError):
    """What is no table, or not a whole one."""


class Table:
    """A table of rows of `width` numbers. `read(size, place)` gives as many bytes of the file from there, or fewer.

    Raises DamagedError for what is no table of this version, or is not whole where it is looked at.
    """

    __slots__ = ("_mask", "_read", "_row", "count", "written_s")

    def __init__(self, read: "Callable[[int, int], bytes]", width: int) -> None:
        head = read(HEAD, 0)
        if len(head) != HEAD or head[:WORD] != MAGIC:
            raise DamagedError("it is no table of estimates")
        checked, version, slots, count, numbers, written_s = memoryview(head)[WORD:].cast("Q")
        if checked != crc32(head[2 * WORD :]):
            raise DamagedError("its head is damaged")
        if (version, numbers) != (VERSION, width) or slots & (slots - 1):
            raise DamagedError("another release of placement wrote it")
        self._read = read
        self._mask = slots - 1
        self._row = width * WORD
        self.count = count
        self.written_s = written_s

    def find(self, key: str) -> "Sequence[float] | None":
        """The row of `key`; None: it has none."""
        name = key.encode(*_ENCODING)
        slot = crc32(name)
        for _ in range(self.count + 1):
            place = _word(self._read(WORD, HEAD + WORD * (slot & self._mask)))
            if not place:
                return None
            entry = self._read(2 * WORD + self._row + len(name), place)
            size = _word(entry[WORD : 2 * WORD])
            if size == len(name) and entry[2 * WORD + self._row :] == name:
                if _word(entry[:WORD]) != crc32(entry[WORD:]):
                    break
                return memoryview(entry)[2 * WORD : 2 * WORD + self._row].cast("d")
            slot += 1
        raise DamagedError("it is damaged")


def content(rows: "Iterable[tuple[str, Sequence[float]]]", width: int, written_s: float) -> bytes:
    """The table of these rows by their keys, each of `width` numbers."""
    from array import array  # the agent's business, not the wrapper's

    found = {key.encode(*_ENCODING): array("d", row) for key, row in rows}
    slots = 1
    while slots * FULL < len(found) + 1:
        slots *= 2
    places, entries, place = array("Q", bytes(WORD * slots)), [], HEAD + WORD * slots
    for name, row in found.items():
        if len(row) != width:
            raise ValueError(f"{len(row)} numbers instead of {width}")
        rest = array("Q", [len(name)]).tobytes() + row.tobytes() + name
        slot = crc32(name)
        while places[slot & (slots - 1)]:
            slot += 1
        places[slot & (slots - 1)] = place
        entries.append(array("Q", [crc32(rest)]).tobytes() + rest + bytes(-len(name) % WORD))
        place += len(entries[-1])
    head = array("Q", [VERSION, slots, len(found), width, int(written_s)]).tobytes()
    return b"".join((MAGIC, array("Q", [crc32(head)]).tobytes(), head, places.tobytes(), *entries))


def _word(data: bytes) -> int:
    if len(data) != WORD:
        raise DamagedError("it ends too early")
    return int.from_bytes(data, sys.byteorder)
