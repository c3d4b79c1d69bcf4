"""Rows of runs to learn from."""

import random

from placement.store.runs import Row

GIB = 2**30
NOW_S = 4_000_000_000.0  # to come: nothing is too old to be kept
DAY_S = 86400.0


def row(number, name="nightly_sales", user="etl", peak=2.0 * GIB, request=16.0 * GIB, **more):
    """The executors of run number `number`: 4 of them for ten minutes, that day of this year."""
    said = {"ended": "succeeded", "script": f"{name}.py", "arguments": ("2026-01-01",), "peak_bytes": peak}
    said |= {"request_bytes": request, "allocated_bytes": request, "containers": 4.0, "vcores": 4.0, "executors": 4.0}
    said |= {"runtime_s": 600.0, "read_bytes": 1e9, "shuffled_bytes": 1e8, "basis": "resident", "is_complete": True}
    said |= {"role": "executor", "queue": "root.batch", "kind": "spark", "finished_s": NOW_S - 10 * DAY_S + number}
    said |= {"memory_mib_s": 1e6, "vcore_s": 2400.0, "application": f"application_1_{number:06}"} | more
    return Row(name=name, user=user, **said)


def rows(count, seed=1, jobs=12):
    """Runs of several jobs of several people, some of which fail."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        job = chance.randrange(jobs)
        peak = (job + 1) * GIB / 4 * chance.uniform(0.9, 1.2)
        ended = chance.choices(["succeeded", "out-of-memory", "failed", "killed"], [20, 1, 1, 1])[0]
        found.append(
            row(
                number,
                name=f"job{job}_2026-01-{number % 28 + 1:02}",
                user=f"user{job % 4}",
                peak=None if ended == "out-of-memory" else peak,
                ended=ended,
                runtime_s=chance.uniform(10, 1000),
                role=chance.choice(["executor", "driver"]),
            )
        )
    return found
