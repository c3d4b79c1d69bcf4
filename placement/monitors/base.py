"""The one shape of every monitor: what is free, what each application or query uses, what is in danger. Pure.

To add one: write a class with a `name` and a `look`, and a function that makes it of its settings, a plain mapping;
read those by `settings`. Name that function as an entry point of the group `placement.monitors`, under the monitor's
name. The runner calls both in a thread of their own, within its deadline: neither needs to guard against slowness, but
each question should have a time-out, so that its thread ends. What is wrong is a PlacementError. `spark` is the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from placement.errors import PlacementError, Problem, quoted
from placement.policy import KERBEROS, SIMPLE

Unit = Literal["bytes", "seconds", "cores", "count", "share"]
State = Literal["running", "ended"]
BYTES: Unit = "bytes"
SECONDS: Unit = "seconds"
CORES: Unit = "cores"
COUNT: Unit = "count"
SHARE: Unit = "share"  # 0 to 1

CLUSTER = "cluster"  # the key of Cluster in the settings
RUNNING: State = "running"
ENDED: State = "ended"

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is of something: `memory`, `heap`, `slots`, `shards`, `pending compactions`.

    `of` is whose it is: a queue, a node; empty: the whole service's. None: not known, or without a limit.
    """

    name: str
    unit: Unit
    used: float
    total: float | None = None
    free: float | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A number that was measured. What was not measured is left out, for it is not zero."""

    name: str
    unit: Unit
    number: float


@dataclass(frozen=True, slots=True)
class Use:
    """What one application or query uses. `id` as its service knows it, `queue` by its full path; empty: none."""

    id: str
    user: str = ""
    queue: str = ""
    name: str = ""
    state: State = RUNNING
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Danger:
    """`of` an application, queue or node; `what` is a stable kebab-case word, `why` says it in numbers.

    `since_s`: seconds since the epoch; None: since it is looked at, which the runner fills in.
    """

    of: str
    what: str
    why: str
    since_s: float | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """What one look saw at `taken_s`, seconds since the epoch by our clock, from `source`, such as an address.

    `unread`: what of it could not be read, and why; the rest stands.
    """

    source: str
    taken_s: float
    capacities: tuple[Capacity, ...] = ()
    uses: tuple[Use, ...] = ()
    dangers: tuple[Danger, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The readings as plain data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


class Monitor(Protocol):
    """One service that is looked at; by one thread at a time."""

    name: str

    def look(self) -> Readings:
        """What there is now. Raises PlacementError where nothing can be told."""


class Cluster(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The settings under `cluster`, which every monitor is given: whom to ask, and as whom.

    `user` is for simple authentication. The last three are as of `yarn.terms.Terms`.
    """

    resource_managers: tuple[str, ...]
    user: str
    authentication: str = SIMPLE
    counts_vcores: bool = False
    am_shares: dict[str, float] = {}
    am_share: float = 0.5

    @property
    def is_kerberos(self) -> bool:
        return self.authentication == KERBEROS


def settings(said: Mapping[str, Any], shape: type[Shape], name: str) -> Shape:
    """The settings of the monitor `name` as this shape. Raises PlacementError `monitor-settings`."""
    try:
        return msgspec.convert(said, shape)
    except (msgspec.ValidationError, ValueError) as error:
        problem = Problem(
            "monitor-settings",
            f"the settings of the monitor {quoted(name)} are at fault: {error}",
            remedy="docs/monitors.md says what monitors.yaml may hold",
        )
        raise PlacementError(problem) from error


def checked(found: object) -> Readings:
    """What a monitor gave, if it has the shape all through and its numbers are finite. Raises ValueError."""
    if not isinstance(found, Readings):
        raise ValueError("it gives no Readings")
    try:
        return msgspec.json.decode(msgspec.json.encode(found), type=Readings)  # which has null for what is not finite
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"its Readings are none: {error}") from error
