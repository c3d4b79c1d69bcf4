"""What finished jobs were given and did not use, added up by the database. See `schema.runs`.

Of a role of a run it is (allocated - peak) of a container x run time x containers; all that was allocated where the
role ran out of memory, as that run was for nothing. Where no peak was measured, nothing is said to be wasted.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.engine import Engine

from placement.store.records import as_text
from placement.store.schema import runs
from placement.store.transactions import Transactions

GIB_H = 2.0**30 * 3600.0  # bytes x seconds
OUT_OF_MEMORY = "out-of-memory"

_GIVEN = runs.c.allocated_bytes * runs.c.runtime_s * func.coalesce(runs.c.containers, 1) / GIB_H
_UNUSED = (runs.c.allocated_bytes - runs.c.peak_bytes) / runs.c.allocated_bytes * _GIVEN
_IS_LOST = runs.c.ended == OUT_OF_MEMORY


def _sum(value: ColumnElement[Any], where: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((where, value), else_=0.0)), 0.0)


@dataclass(frozen=True, slots=True)
class Waste:
    """What the runs of one name, script, user and queue in one role had in all. GiB x hours; sizes are bytes.

    `last`: number of the newest of these `runs`. `lost_gib_h`: of those that ran out of memory, `failures` in number.
    """

    user: str
    queue: str
    kind: str
    role: str
    name: str
    script: str
    last: int
    runs: int
    failures: int
    given_gib_h: float
    unused_gib_h: float
    lost_gib_h: float
    allocated_bytes: float
    peak_bytes: float | None

    @property
    def gib_h(self) -> float:
        """All that was wasted."""
        return self.unused_gib_h + self.lost_gib_h


_OF = (runs.c.user, runs.c.queue, runs.c.kind, runs.c.role, runs.c.name, runs.c.script)
_WASTE: Select[Any] = select(
    *_OF,
    func.max(runs.c.number),
    func.count(),
    func.sum(case((_IS_LOST, 1), else_=0)),
    func.sum(_GIVEN),
    _sum(_UNUSED, ~_IS_LOST & (runs.c.peak_bytes < runs.c.allocated_bytes)),
    _sum(_GIVEN, _IS_LOST),
    func.max(runs.c.allocated_bytes),
    func.max(runs.c.peak_bytes),
).where(runs.c.allocated_bytes > 0, runs.c.runtime_s > 0)


def waste(engine: Engine, since_s: float, user: str | None = None, queue: str | None = None) -> list[Waste]:
    """Of what finished since then, the worst first; of all, or one user or queue. Raises PlacementError as `faults`."""
    asked: Select[Any] = _WASTE.where(runs.c.finished_s >= since_s).group_by(*_OF)
    if user is not None:
        asked = asked.where(runs.c.user == as_text(user))
    if queue is not None:
        asked = asked.where(runs.c.queue == as_text(queue))
    with Transactions(engine).read() as connection:
        found = [Waste(*row) for row in connection.execute(asked)]
    return sorted(found, key=lambda each: (-each.gib_h, each.user, each.name, each.role))
