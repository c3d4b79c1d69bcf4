"""The same learning as a PySpark job, for histories beyond one machine: each key's states by themselves, then together.

    spark-submit on_spark.py RUNS TABLE [CHOICE [INCREMENT_MIB]]

RUNS: JSON Lines, as `placement learn --export FILE` writes them, wherever Spark reads them; what is no such line is
passed over. TABLE: the file that is written, on the driver. CHOICE and INCREMENT_MIB: `choice` of site.yaml, and of
what containers are whole multiples. Driver and executors need this package with its extra `estimate`.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from placement import whole_file
from placement.estimate import table
from placement.estimate.estimator import Estimator
from placement.estimate.keys import is_own, keys_of
from placement.estimate.learn import Learned, Observation, learn
from placement.estimate.outcome import Outcome
from placement.estimate.row import WIDTH
from placement.learning.content import content, put
from placement.learning.lines import Numbered, rows_of
from placement.learning.observation import observation
from placement.policy import BALANCED
from placement.store.runs import Row

Piece = tuple[str, bytes]  # what was learned under a key, as `content` has it
DEFAULTS = BALANCED, "0"
_ANY = "*:"  # a key of many


def learned(session: Any, path: str, estimator: Estimator) -> None:
    """Has `estimator` know what the runs at `path` tell, in the order of their numbers; a SparkSession reads them."""
    lines = session.sparkContext.textFile(path)
    keyed = lines.mapPartitions(_keyed).groupByKey()
    pieces = keyed.mapPartitions(_pieces).cache()
    own = pieces.filter(lambda piece: is_own(piece[0]))
    shared = pieces.filter(lambda piece: not is_own(piece[0])).reduceByKey(_added)
    found = Learned()
    for key, said in own.union(shared).toLocalIterator():
        put(found, key, said)
    pieces.unpersist()
    estimator.learned = found


def _keyed(lines: Iterable[str]) -> Iterator[tuple[str, Numbered]]:
    for number, row in rows_of(lines):
        for key in keys_of(observation(row)[0]):
            if is_own(key):
                yield key, (number, row)


def _pieces(keyed: Iterable[tuple[str, Iterable[Numbered]]]) -> Iterator[Piece]:
    """What the runs of each key make of it, and what they add to the spreads of many."""
    for key, numbered in keyed:
        in_order = sorted(numbered, key=lambda each: each[0])
        found = learn(key, (_doubted(row) for _, row in in_order))
        for each in (*found.states, *found.spreads):
            said = content(found, each)
            if said is not None:
                yield each, said


def _doubted(row: Row) -> Observation:
    """As `Estimator.observe` takes it."""
    features, outcome = observation(row)
    return features, Outcome.of(outcome) or Outcome()


def _added(one: bytes, other: bytes) -> bytes:
    """Two spreads of one key as one."""
    both = Learned(), Learned()
    for learned_here, said in zip(both, (one, other), strict=True):
        put(learned_here, _ANY, said)
    both[0].spreads[_ANY].add(both[1].spreads[_ANY])
    said_of_both = content(both[0], _ANY)
    assert said_of_both is not None
    return said_of_both


def main(arguments: list[str]) -> None:
    """Learns and writes the table."""
    runs, to, *more = arguments
    choice, increment_mib = [*more, *DEFAULTS[len(more) :]]
    estimator = Estimator(choice, increment_bytes=float(increment_mib) * 2**20)
    session: Any = import_module("pyspark.sql").SparkSession.builder.appName("placement-learning").getOrCreate()
    learned(session, runs, estimator)
    rows = sorted((key, row.numbers()) for key, row in estimator.rows())
    whole_file.write(to, table.content(rows, WIDTH, time.time()))
    session.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
