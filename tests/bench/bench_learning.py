"""What learning costs: one run of a job with many known ones, and a whole history of many jobs, with its memory.

python -m tests.bench.bench_learning [RUNS]: 50,000 by default, and what a million would take is reckoned from them;
1000000 learns them all.
"""

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from placement.estimate import table
from placement.estimate.estimator import Estimator
from placement.estimate.row import WIDTH
from placement.learning.learner import Learner
from placement.learning.observation import observation
from placement.store.engine import open_engine
from placement.store.runs import Row, Runs
from placement.store.states import States

KNOWN = 10_000
RUNS = 50_000
MILLION = 1_000_000
RUNS_OF_A_JOB = 40  # on average; a few run every minute, many now and then
GIB = 2**30


def run(number: int, job: int, chance: random.Random) -> Row:
    peak = (1 + job % 30) * GIB / 4 * chance.lognormvariate(0, 0.15)
    return Row(
        application=f"application_1_{number:07}",
        role="executor",
        user=f"user{job % 500}",
        queue="root.batch",
        kind="spark",
        finished_s=1.7e9 + number * 7.0,
        ended="succeeded" if chance.random() < 0.95 else "failed",
        name=f"job{job:x}q_2026-01-01",
        script=f"job{job:x}q.py",
        arguments=("--date", "2026-01-01"),
        request_bytes=16.0 * GIB,
        allocated_bytes=16.0 * GIB,
        containers=8.0,
        vcores=16.0,
        peak_bytes=peak,
        runtime_s=chance.lognormvariate(6, 1),
        read_bytes=1e10 * chance.random(),
        shuffled_bytes=1e9 * chance.random(),
        basis="resident",
        is_complete=True,
    )


def history(count: int) -> Iterator[Row]:
    """Runs of `count / RUNS_OF_A_JOB` jobs, some far more often than others."""
    chance, jobs = random.Random(1), max(count // RUNS_OF_A_JOB, 1)
    for number in range(count):
        yield run(number, int(jobs * chance.random() ** 3), chance)


def one_more() -> None:
    """A run of a job of which KNOWN are known: learned alone, and with the rows that it changes."""
    estimator, chance = Estimator(), random.Random(2)
    for number in range(KNOWN):
        estimator.observe(*observation(run(number, 7, chance)))
    learned, made = [], []
    for number in range(KNOWN, KNOWN + 300):
        features, outcome = observation(run(number, 7, chance))
        began = time.perf_counter()
        estimator.observe(features, outcome)
        learned.append(time.perf_counter() - began)
        estimator.predict(features)
        made.append(time.perf_counter() - began)
    print(f"one run at {KNOWN:,} known ones: {median(learned) * 1e3:.3f} ms; with its rows {median(made) * 1e3:.2f} ms")


def whole(count: int, folder: Path) -> None:
    """From the rows in the database to states there and the table, as `placement learn` does it."""
    engine = open_engine(str(folder / "ledger.db"))
    runs = Runs(engine)
    batch = []
    for row in history(count):
        batch.append(row)
        if len(batch) == 5000:
            runs.add(batch)
            batch = []
    runs.add(batch)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    learner = Learner(runs, States(engine), Estimator, print)
    began, began_cpu = time.perf_counter(), time.process_time()
    learned = sum(iter(learner.learn, 0))
    took, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    rows = sorted((key, row.numbers()) for key, row in learner.rows())
    content = table.content(rows, WIDTH, 0)
    tabled, tabled_cpu = time.perf_counter() - began - took, time.process_time() - began_cpu - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{learned:,} runs of {len(rows):,} keys learned in {took:.1f} s ({cpu:.1f} s of the processor)")
    print(f"the table, {len(content) / 2**20:.1f} MiB, in {tabled:.1f} s ({tabled_cpu:.1f} s of the processor)")
    print(f"memory at most {peak / 1024:.0f} MiB, {before / 1024:.0f} MiB before")
    if count < MILLION:
        times = MILLION / count
        print(
            f"a million, reckoned from these: {(took + tabled) * times / 60:.1f} min "
            f"({(cpu + tabled_cpu) * times / 60:.1f} min of the processor), "
            f"{(before + (peak - before) * times) / 1024:.0f} MiB"
        )
    engine.dispose()


if __name__ == "__main__":
    one_more()
    with tempfile.TemporaryDirectory() as here:
        whole(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS, Path(here))
