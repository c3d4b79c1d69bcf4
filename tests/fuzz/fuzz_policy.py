"""Broken maps and broken indexes by the hundred thousand: `make fuzz RUNS=1000000`; nothing but clean errors may come.

Each input is a good one with random damage. A fault prints the input and its seed, with which it comes again.
"""

import random
import sys
import time
import zlib

from placement.errors import PlacementError
from placement.policy_files import PolicyFiles
from placement.rules.grammar import parse
from placement.rules.index import BLOCK, CHECKED, SUMS, WORD, Index
from tests.conftest import ROOT

MAP = (ROOT / "policies" / "multi-tenant" / "map.txt").read_bytes()
LINES = [line for line in MAP.split(b"\n") if line and not line.startswith(b"#")]
MARKS = [
    b" ",
    b"\t",
    b":",
    b'"',
    b"#",
    b"%",
    b"@",
    b"*",
    b"(",
    b")",
    b",",
    b"<",
    b"=",
    b"\r",
    b"\0",
    b"\xff",
    b".",
    b"in",
    b"not ",
]


def main(runs: int, seed: int) -> int:
    index = _index()
    begin = time.monotonic()
    for run in range(runs):
        chance = random.Random(f"{seed}.{run}")
        attempt, given = (_map, _damaged_lines(chance)) if run % 2 else (_look_up, _damaged_index(index, chance))
        try:
            attempt(given)
        except PlacementError:
            continue
        except BaseException:
            print(f"\nfuzz: run {run} of seed {seed}: {given!r}", flush=True)
            raise
        finally:
            if run % 20_000 == 0 and sys.stderr.isatty():
                print(f"\r{run} of {runs}", end="", file=sys.stderr)
    print(f"{runs} inputs, seed {seed}, {time.monotonic() - begin:.0f} s: clean errors only")
    return 0


def _map(source: bytes) -> None:
    parse(source, "map.txt")


def _look_up(data: bytes) -> None:
    book = Index(data, "map.index")
    for user in ("etl", "ann", "nobody"):
        book.matching(user, ("bi", "domain admins", "data-eng"))
        book.static_groups.get(user)


def _damaged_lines(chance: random.Random) -> bytes:
    line = bytearray(chance.choice(LINES))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(line) + 1)
        if chance.random() < 0.5:
            line[at:at] = chance.choice(MARKS)
        elif chance.random() < 0.5:
            del line[at : at + chance.randint(1, 5)]
        else:
            line[at : at + 1] = bytes([chance.randrange(256)])
    return bytes(line)


def _damaged_index(index: bytes, chance: random.Random) -> bytes:
    """An index with some bytes changed; three in four of them under a checksum that fits."""
    damaged = bytearray(index)
    for _ in range(chance.randint(1, 6)):
        damaged[chance.randrange(len(damaged))] = chance.choice((0, 1, 2, 127, 128, 255, chance.randrange(256)))
    if chance.random() < 0.1:
        del damaged[chance.randrange(len(damaged)) :]
    if chance.random() < 0.75 and len(damaged) > SUMS * WORD:
        _seal(damaged)
    return bytes(damaged)


def _seal(damaged: bytearray) -> None:
    """Makes the checksums fit, as far as it has some: those of the blocks, then that of the head."""
    words = memoryview(damaged)[: len(damaged) // WORD * WORD].cast("I")
    head_size = min(words[5], len(words))
    for block, at in enumerate(range(head_size, len(words), BLOCK)):
        if SUMS + block < head_size:
            words[SUMS + block] = zlib.crc32(words[at : at + BLOCK])
    words[3] = zlib.crc32(words[CHECKED // WORD : head_size])


def _index() -> bytes:
    """The index of the policy that the damaged ones come from."""
    from placement.rules.compile import image

    folder = PolicyFiles(str(ROOT / "policies" / "multi-tenant"))
    site = folder.site()
    return image(folder.placing_rules(), folder.revision(), {}, site.words(), site.commands, site.static_groups)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
