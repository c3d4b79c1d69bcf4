"""Submissions added and given a turn, a second, on both databases; beside the bare drivers writing the same rows.

python -m tests.bench.bench_ledger; wants PostgreSQL. Commits are brought to disk.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psycopg

from placement.admission.demand import Demand
from placement.admission.entry import Entry
from placement.admission.resources import Resources
from placement.store.ledger import open_ledger
from placement.store.records import as_new, row_of
from tests.postgres import Postgres

BATCHES = (1, 20, 200)  # submissions in one transaction
ROUNDS = 5
DEMAND = Demand(Resources(1024, 1), 10, Resources(4096, 2))
TAKE = "UPDATE entries SET state = 'reserved', since_s = 5.0, queue = 'root.batch' WHERE id = {} AND state = 'waiting'"
EVENT = "INSERT INTO events (entry, when_s, before, after, said, agent) VALUES ({}, 5.0, {}, {}, {}, 'bare')"

Write = Callable[[list[Entry]], None]


def submissions(number: int, count: int) -> list[Entry]:
    names = (f"20261121-{number:06d}-{each:04d}" for each in range(count))
    return [Entry(name, "ann", "ann", ("root.batch", "root.adhoc"), DEMAND, 5.0, command="job.py") for name in names]


def ours(where: str) -> Write:
    """One transaction of the ledger."""
    ledger = open_ledger(where, "gateway-1")

    def write(entries: list[Entry]) -> None:
        with ledger.batch():
            for entry in entries:
                ledger.add(entry)
            for entry in entries:
                ledger.claim(entry.id, "root.batch", 5.0)

    return write


def bare(connection: sqlite3.Connection | psycopg.Connection, sign: str) -> Write:
    """The same rows by the driver alone, without triggers; `sign` stands for a value."""
    columns = [*row_of(as_new(submissions(0, 1)[0], "waiting", 5.0, "")), "agent"]
    names = ", ".join(f'"{name}"' for name in columns)
    add = f"INSERT INTO entries ({names}) VALUES ({', '.join(sign for _ in columns)})"
    event, take = EVENT.format(*[sign] * 4), TAKE.format(sign)

    def write(entries: list[Entry]) -> None:
        connection.execute("BEGIN")
        for entry in entries:
            row = row_of(as_new(entry, "waiting", 5.0, ""))
            connection.execute(add, (*row.values(), "bare"))
            connection.execute(event, (entry.id, None, "waiting", ""))
        for entry in entries:
            connection.execute(take, (entry.id,))
            connection.execute(event, (entry.id, "waiting", "reserved", "root.batch"))
        connection.execute("COMMIT")

    return write


def a_second(writes: dict[str, Write], batch: int) -> dict[str, float]:
    """Submissions a second, the median of rounds in which each has its turn."""
    found: dict[str, list[float]] = {name: [] for name in writes}
    count = max(1, 400 // batch) if batch > 1 else 100
    for number in range(ROUNDS):
        portions = [submissions((batch * ROUNDS + number) * 1000 + each, batch) for each in range(count)]
        for name, write in writes.items():
            begin = time.perf_counter()
            for portion in portions:
                write(portion)
            found[name].append(count * batch / (time.perf_counter() - begin))
    return {name: median(rates) for name, rates in found.items()}


def show(database: str, writes: dict[str, Write]) -> None:
    for batch in BATCHES:
        found = a_second(writes, batch)
        ledger, driver = found.values()
        print(f"{database:<11} {batch:4d} a commit: {ledger:6.0f}/s, bare {driver:6.0f}/s, {ledger / driver:.2f} of it")


def main() -> None:
    print("submissions added and given a turn")
    with tempfile.TemporaryDirectory() as folder, Postgres(is_durable=True) as server:
        paths = [str(Path(folder) / name) for name in ("ours.db", "bare.db")]
        open_ledger(paths[1], "bare").close()
        plain = sqlite3.connect(paths[1], isolation_level=None)
        plain.executescript("PRAGMA synchronous=FULL; DROP TRIGGER entry_came; DROP TRIGGER entry_moved")
        show("SQLite", {"ours": ours(paths[0]), "bare": bare(plain, "?")})

        addresses = [server.database(), server.database()]
        open_ledger(addresses[1], "bare").close()
        name = addresses[1].partition("@/")[2].partition("?")[0]
        with psycopg.connect(f"host={server.folder} user=postgres dbname={name}", autocommit=True) as connection:
            connection.execute("DROP TRIGGER entry_came ON entries; DROP TRIGGER entry_moved ON entries")
            show("PostgreSQL", {"ours": ours(addresses[0]), "bare": bare(connection, "%s")})


if __name__ == "__main__":
    main()
