"""One application that ended: who ran it, and what each of its roles was given and used. Pure.

What is said of a run is doubted here once: what is no plausible number counts as not known.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from placement.estimate.outcome import ABSURD_CLOCK, ABSURD_VOLUME, Ended, Outcome
from placement.estimate.predict import number_of
from placement.gateway import TAG
from placement.observe import endings

Basis = Literal["", "resident", "heap"]
RESIDENT: Basis = "resident"  # memory of the container's processes: what YARN holds against its limit
HEAP: Basis = "heap"  # what would have been asked for with a heap of the size that was used, see `spark_peaks`
NOT_MEASURED: Basis = ""

APPLICATION = "application"  # the role of the whole: a duration, and no container
DRIVER, EXECUTOR, MASTER, MAP, REDUCE = "driver", "executor", "master", "map", "reduce"
LONGEST = 1000  # characters of a name
LONGEST_NUMBER = 300  # digits
MOST_ARGUMENTS = 100
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Part:
    """All containers of one role. Sizes are bytes; requested, allocated and peak ones are of one container.

    `containers`, `vcores`: the most held at a time, together. `held_bytes`: what the operators of a query held on all
    machines, see `spark_held`. `ended` None: as the run did. None otherwise: not known.
    """

    role: str
    request_bytes: float | None = None
    allocated_bytes: float | None = None
    containers: float | None = None
    vcores: float | None = None
    peak_bytes: float | None = None
    basis: Basis = NOT_MEASURED
    ended: Ended | None = None
    read_bytes: float | None = None
    shuffled_bytes: float | None = None
    spilled_bytes: float | None = None
    gc_s: float | None = None
    held_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What a history tells of a run. `executors`: how many were asked for at first.

    `is_complete`: the history tells the run's end. `missing`: why there is less than there might be; empty: nothing is.
    """

    parts: tuple[Part, ...] = ()
    script: str = ""
    arguments: tuple[str, ...] = ()
    executors: int | None = None
    is_complete: bool = False
    missing: str = ""
    counted: Counter[str] = field(default_factory=Counter)


NOTHING_TOLD = Account()


@dataclass(frozen=True, slots=True)
class Run:
    """An application that ended, whatever number of attempts it had; times are the ResourceManager's, since 1970.

    `memory_mib_s` and `vcore_s` are what it was *allocated* over its time, never what it used. `is_of_master`: what
    went wrong was its application master's.
    """

    id: str
    user: str
    queue: str
    kind: str
    name: str = ""
    tags: tuple[str, ...] = ()
    started_s: float | None = None
    finished_s: float | None = None
    final_status: str = ""
    ended: Ended = endings.SUCCEEDED
    is_of_master: bool = False
    memory_mib_s: float | None = None
    vcore_s: float | None = None
    account: Account = NOTHING_TOLD

    @property
    def decision(self) -> str | None:
        """The id of the decision that placed it, by its tag; None: it came another way."""
        return next((tag.removeprefix(TAG) for tag in self.tags if tag.startswith(TAG)), None)

    @property
    def runtime_s(self) -> float | None:
        """From start to end; None: one of them is not known, or the clock ran backwards."""
        if self.started_s is None or self.finished_s is None or self.finished_s <= self.started_s:
            return None
        return self.finished_s - self.started_s

    @property
    def parts(self) -> tuple[Part, ...]:
        """The whole as one, and each role that the history tells of."""
        return (Part(APPLICATION), *self.account.parts)

    def told(self, account: Account, given: Callable[[float], float]) -> "Run":
        """This run with what a history tells of it; `given`: bytes of the container that YARN gives for a request."""
        parts = tuple(
            part if part.request_bytes is None else replace(part, allocated_bytes=given(part.request_bytes))
            for part in account.parts
        )
        return replace(self, account=replace(account, parts=parts))

    def features(self, part: Part) -> dict[str, Any]:
        """What was known of this role before the run. What only the run told, such as its input, is not there."""
        account = self.account
        return {
            "application": self.name,
            "user": self.user,
            "kind": self.kind,
            "script": account.script,
            "arguments": list(account.arguments),
            "role": part.role,
            "request_bytes": part.request_bytes,
            "input_bytes": None,
            "executors": account.executors,
            "queue": self.queue,
        }

    def outcome(self, part: Part, refused: Counter[str] | None = None) -> Outcome:
        """How this role ended; `refused` counts what was no plausible number."""
        said = {
            "peak_bytes": part.peak_bytes,
            "runtime_s": self.runtime_s,
            "ended": self.ended_as(part),
            "allocated_bytes": part.request_bytes if part.allocated_bytes is None else part.allocated_bytes,
            "containers": part.containers,
            "vcores": part.vcores,
            "read_bytes": part.read_bytes,
            "shuffled_bytes": part.shuffled_bytes,
            "finished_s": self.finished_s,
        }
        return Outcome.of(said, refused) or Outcome()

    def ended_as(self, part: Part) -> Ended:
        """How this role ended. Want of memory is of one role alone: the application master's, or the others'."""
        if part.ended is not None:
            return part.ended
        if self.ended == endings.OUT_OF_MEMORY and part.role != APPLICATION:
            return self.ended if self.is_of_master == (part.role in (DRIVER, MASTER)) else endings.FAILED
        return self.ended

    def observations(self) -> list[tuple[Mapping[str, Any], Outcome]]:
        """What there is to learn, one for each role."""
        return [(self.features(part), self.outcome(part)) for part in self.parts]


def text(said: object, longest: int = LONGEST) -> str:
    """A name as it is kept: cut where it is too long; empty if it is none.

    The job history server of Hadoop 3.5.0 writes a text that looks like a number, or like `true`, as that.
    """
    if isinstance(said, bool):
        return str(said).lower()
    if isinstance(said, int | float):
        return format(said, "" if abs(said) < 10**LONGEST_NUMBER else ".17g")
    return said[:longest] if isinstance(said, str) else ""


def texts(said: Iterable[str]) -> tuple[str, ...]:
    """Arguments as they are kept."""
    return tuple(text(each) for each, _ in zip(said, range(MOST_ARGUMENTS), strict=False))


def seconds(said_ms: object) -> float | None:
    """A time since 1970 that Hadoop tells in milliseconds; None where there is none."""
    found = number_of(said_ms, ABSURD_CLOCK * MS)
    return found / MS if found else None


def volume(said: object, counted: Counter[str] | None = None) -> float:
    """Bytes, or milliseconds, to be added up; what is no such number is 0 and counted."""
    found = number_of(said, ABSURD_VOLUME)
    if found is None and counted is not None:
        counted["not a plausible number"] += 1
    return found or 0.0
