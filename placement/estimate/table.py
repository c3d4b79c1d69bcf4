"""The table of what was learned, as it is read: one look-up touches a slot and an entry for each key.

Part of the hot path: standard library only. The file is in the byte order of the machine, which the magic names.

    file  = MAGIC, CRC-32 of the rest of the head, VERSION, slots, entries, numbers in a row, when it was written (s)
            slot { place of an entry in the file, 0 for none }     2**n: open addressing by the digest, linear
            entry { CRC-32 of its rest, digest of the key, row }
    row   = numbers, 8 bytes each; what they mean is the business of `row`

All is in words of 8 bytes. Everybody may read the table, so it names nobody: a key is there as its BLAKE2b digest.
"""

import sys
from _blake2 import blake2b  # `hashlib` takes as long to import as all that we do ourselves
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAGIC = b"YPTABLE" + (b"<" if sys.byteorder == "little" else b">")
VERSION = 1
WORD = 8
HEAD = 7 * WORD
DIGEST = 16  # bytes
FULL = 0.5  # of the slots, at most, are taken
_ENCODING = ("utf-8", "surrogatepass")


class DamagedError(ValueError):
    """What is no table, or not a whole one."""


class Table:
    """A table of rows of `width` numbers. `read(size, place)` gives as many bytes of the file from there, or fewer.

    Raises DamagedError for what is no table of this version, or is not whole where it is looked at.
    """

    __slots__ = ("_entry", "_mask", "_read", "count", "written_s")

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
        self._entry = WORD + DIGEST + width * WORD
        self.count = count
        self.written_s = written_s

    def find(self, key: str) -> "list[float] | None":
        """The row of `key`; None: it has none."""
        digest, read, mask = _digest(key), self._read, self._mask
        slot = int.from_bytes(digest[:WORD], "little")
        for _ in range(self.count + 1):
            place = _word(read(WORD, HEAD + WORD * (slot & mask)))
            if not place:
                return None
            entry = read(self._entry, place)
            if entry.startswith(digest, WORD):
                view = memoryview(entry)
                if _word(entry[:WORD]) != crc32(view[WORD:]):
                    break
                return list(view[WORD + DIGEST :].cast("d"))
            slot += 1
        raise DamagedError("it is damaged")


def content(rows: "Iterable[tuple[str, Sequence[float]]]", width: int, written_s: float) -> bytes:
    """The table of these rows by their keys, each of `width` numbers."""
    from array import array  # the agent's business, not the wrapper's

    found = {_digest(key): array("d", row) for key, row in rows}
    slots = 1
    while slots * FULL < len(found) + 1:
        slots *= 2
    places, entries, place = array("Q", bytes(WORD * slots)), [], HEAD + WORD * slots
    for digest, row in found.items():
        if len(row) != width:
            raise ValueError(f"{len(row)} numbers instead of {width}")
        rest = digest + row.tobytes()
        slot = int.from_bytes(digest[:WORD], "little")
        while places[slot & (slots - 1)]:
            slot += 1
        places[slot & (slots - 1)] = place
        entries.append(array("Q", [crc32(rest)]).tobytes() + rest)
        place += len(entries[-1])
    head = array("Q", [VERSION, slots, len(found), width, int(written_s)]).tobytes()
    return b"".join((MAGIC, array("Q", [crc32(head)]).tobytes(), head, places.tobytes(), *entries))


def _digest(key: str) -> bytes:
    return blake2b(key.encode(*_ENCODING), digest_size=DIGEST).digest()


def _word(data: bytes) -> int:
    if len(data) != WORD:
        raise DamagedError("it ends too early")
    return int.from_bytes(data, sys.byteorder)
