"""A prediction from the table in the wrapper's process, chain of keys included, beside its bare parts."""

import os
import posix
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

from placement.estimate.keys import keys_of
from placement.estimate.predict import Limits, predict
from placement.estimate.row import WIDTH, Row
from placement.estimate.table import Table, content
from placement.sizing.lookup import finder
from placement.units import MIB

JOBS = 20_000
TIMES, ROUNDS = 200, 40
LIMITS = Limits()


def features(number: int) -> dict[str, object]:
    return {
        "application": f"nightly_{chr(97 + number % 26)}x{number}y",
        "user": f"user{number % 500}",
        "kind": "spark",
        "script": "sales.py",
        "arguments": ["--day", "2026-11-20", "/data/sales/2026-11-20", "/out/sales"],
        "role": "executor",
        "request_bytes": 18022.0 * MIB,
        "input_bytes": None,
    }


def row(number: int) -> list[float]:
    """A job that uses about 2 GiB."""
    told = dict.fromkeys(Row.__slots__, 1.0) | {"count": 11.0, "shape": 0.0, "a": 2.0**31 + number, "held": 0.0}
    return [told[name] for name in Row.__slots__]


def main() -> None:
    rows = {key: row(number) for number in range(JOBS) for key in keys_of(features(number))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "estimates.table")
        path.write_bytes(content(rows.items(), WIDTH, time.time()))
        descriptor = posix.open(path, os.O_RDONLY)
        table = Table(lambda size, place: posix.pread(descriptor, size, place), WIDTH)
        keys, find = keys_of(features(7)), finder(table)
        names = [key.encode() for key in keys]
        parts: dict[str, Callable[[], object]] = {
            "one CRC of each key": lambda: [crc32(name) for name in names],
            "one look-up of each key in a dict": lambda: [rows.get(key) for key in keys],
            "the chain of keys": lambda: keys_of(features(7)),
            "a row from the table": lambda: find(keys[0]),
            "the prediction from the table": lambda: predicted(find, 7, keys),
            "the whole: keys, rows, prediction": lambda: predicted(find, 7, keys_of(features(7))),
            "of a job that is not known": lambda: predicted(find, -1, keys_of(features(-1))),
        }
        print(
            f"a prediction from a table of {len(rows)} keys, {path.stat().st_size / MIB:.0f} MiB; best of {ROUNDS}, us"
        )
        best = dict.fromkeys(parts, float("inf"))
        for _ in range(ROUNDS):  # in turn, so that a busy moment is nobody's alone
            for name, act in parts.items():
                best[name] = min(best[name], timed(act))
        for name, took_us in best.items():
            print(f"  {name:40} {took_us:8.1f}")
        posix.close(descriptor)


def predicted(find: Callable[[str], Row | None], number: int, keys: tuple[str, ...]) -> object:
    return predict(keys, find, features(number), LIMITS, 1e9)


def timed(act: Callable[[], object]) -> float:
    """Microseconds of one."""
    began = time.perf_counter()
    for _ in range(TIMES):
        act()
    return (time.perf_counter() - began) / TIMES * 1e6


if __name__ == "__main__":
    main()
