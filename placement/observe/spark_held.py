"""The memory that the operators of a query held on all machines, as Spark's SQL counts it itself. Pure.

Of a stage, what its sorts, aggregates and hash tables took, summed over all tasks: that are all rows, whatever number
of tasks ran at a time. Of a statement, the most of one stage, as the next begins when the last has let go, and beside
it each broadcast table, once. Of an application the most of a statement.

A task's own peak is no such number: it has the broadcast table of its machine in it, so that the sum counts that as
often as there were tasks. What an executor held is read off now and then, and misses what came and went in between.
Sources: Spark `SortExec`, `HashAggregateExec`, `ShuffledHashJoinExec`, `BroadcastExchangeExec`, `SQLMetrics` (before
Spark 3.0 names end in ` total (min, med, max)`).
"""

from collections.abc import Iterable

from placement.observe.run import volume
from placement.observe.spark_events import Accumulable, PlanNode

OPERATOR = ("peak memory", "data size of build side")
BROADCAST, SENT = "BroadcastExchange", "data size"
MOST_METRICS = 100_000
LONGEST_NUMBER = 20  # digits


class Held:
    """What statements that ran one after another held; `most_bytes` of one of them, 0: nothing was counted."""

    def __init__(self) -> None:
        self._most = self._stage = self._sent = 0.0
        self._sending: set[float] = set()

    @property
    def most_bytes(self) -> float:
        """With what a statement has held so far that has not ended."""
        return max(self._most, self._stage + self._sent)

    def plan(self, root: PlanNode) -> None:
        """How a statement is carried out, from now on: it may change while it runs."""
        nodes = [root]
        while nodes:
            node = nodes.pop()
            nodes += node.children
            if node.name == BROADCAST and len(self._sending) < MOST_METRICS:
                self._sending.update(each.id for each in node.metrics if each.name.startswith(SENT))

    def stage(self, counted: Iterable[Accumulable]) -> None:
        """What was counted in a stage that has ended."""
        self._stage = max(self._stage, sum(_number(each.value) for each in counted if each.name.startswith(OPERATOR)))

    def driver(self, updates: Iterable[tuple[float, float]]) -> None:
        """Numbers that the driver has added, by the ids of metrics."""
        self._sent += sum(volume(number) for metric, number in updates if metric in self._sending)

    def end(self) -> None:
        """A statement has ended, or the log."""
        self._most = self.most_bytes
        self._stage = self._sent = 0.0
        self._sending.clear()


def _number(said: object) -> float:
    is_digits = isinstance(said, str) and len(said) <= LONGEST_NUMBER and said.isascii() and said.isdecimal()
    return volume(int(str(said)) if is_digits else said)
