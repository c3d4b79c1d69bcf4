"""What queues.yaml may hold, key by key, and the plain values that it becomes; docs/queues.md says what they mean."""

import math
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, PlainValidator, StrictBool, StrictStr
from pydantic import Tag as Kind

from placement.queues import amounts, queue
from placement.queues.amounts import Amount
from placement.queues.tree import ROOT
from placement.units import TIME, quantity

MOST_APPLICATIONS = 2**31 - 1  # and seconds, and queues: Java's int
MOST_WEIGHT = 1e9
NOT_SAID: Any = None  # as a default; nobody can write it, for an empty value is no number, text, ...
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", re.ASCII)  # source: Hadoop `NodeLabelUtil`


def _queue_name(name: str) -> str:
    if not queue.can_be_named(name):
        raise ValueError('the name of one queue: no dot, comma, blank or any of `:`, `"`, `@`, `#`, `%`, `*`')
    return name


def _somebody(name: str) -> str:
    if name == "*":
        raise ValueError('a name; for everybody, `"*"` instead of users, groups and roles')
    if not queue.can_be_somebody(name):
        raise ValueError("a name")
    return name


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_APPLICATIONS:
        raise ValueError("a whole number from 0 on")
    return value


def _at_least_one(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_APPLICATIONS:
        raise ValueError("a whole number from 1 on")
    return value


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _weight(value: object) -> float:
    if not 0 < _number(value) <= MOST_WEIGHT:
        raise ValueError("a number above 0")
    return _number(value)


def _part(value: object) -> float:
    if not 0 <= _number(value) <= 1:
        raise ValueError("a number from 0 to 1")
    return _number(value)


def _am_share(value: object) -> float:
    if _number(value) != queue.NO_LIMIT and not 0 <= _number(value) <= 1:
        raise ValueError("a number from 0 to 1, or -1 for no limit")
    return _number(value)


def _seconds(value: object) -> int:
    seconds = quantity(value.strip(), TIME) if isinstance(value, str) else None
    if seconds is None or seconds != int(seconds) or seconds > MOST_APPLICATIONS:
        raise ValueError("a time in whole seconds with its unit, as `30s` or `5m`")
    return int(seconds)


def _extra(value: object) -> object:
    """A setting that is passed through: what a scheduler's own file could say."""
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, dict | list):
            rest += each.values() if isinstance(each, dict) else each
            rest += each if isinstance(each, dict) else ()
        elif not isinstance(each, str | int | float):
            raise ValueError("a text, a number, `true` or `false`, or lists and settings of these (a date in quotes)")
    return value


Name = Annotated[StrictStr, AfterValidator(_somebody)]
Count = Annotated[int, PlainValidator(_count)]
AtLeastOne = Annotated[int, PlainValidator(_at_least_one)]
Weight = Annotated[float, PlainValidator(_weight)]
Part = Annotated[float, PlainValidator(_part)]
AmShare = Annotated[float, PlainValidator(_am_share)]
Seconds = Annotated[int, PlainValidator(_seconds)]
Extras = dict[StrictStr, Annotated[Any, PlainValidator(_extra)]]


def _kind(value: object) -> str:
    return "[settings]" if isinstance(value, dict) else "[word]"


def _plain(shape: Any) -> Any:
    return shape.value()


class _Shape(BaseModel):
    """Settings of which each key is known, and which `value` turns into the plain value that they say."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=False, alias_generator=lambda name: name.replace("_", "-")
    )

    def said(self, *but: str) -> dict[str, Any]:
        """What was said, by the names of the plain value's fields."""
        return {name: getattr(self, name) for name in self.model_fields_set if name not in but}


class _Resources(BaseModel):
    """Resources by name; which names there are is the cluster's."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[tuple[str, float], PlainValidator(amounts.pieces)]]

    memory: Annotated[tuple[str, float], PlainValidator(amounts.memory)] = NOT_SAID
    vcores: Annotated[tuple[str, float], PlainValidator(amounts.vcores)] = NOT_SAID

    def value(self) -> Amount:
        known = ("memory", "vcores")
        fields: dict[str, tuple[str, float]] = {
            name: getattr(self, name) for name in known if name in self.model_fields_set
        }
        return amounts.together({**fields, **self.__pydantic_extra__})


AmountOf = Annotated[
    Annotated[_Resources, AfterValidator(_plain), Kind("[settings]")]
    | Annotated[Any, PlainValidator(amounts.share), Kind("[word]")],
    Discriminator(_kind),
]


class _Members(_Shape):
    users: list[Name] = NOT_SAID
    groups: list[Name] = NOT_SAID

    def value(self) -> queue.Access:
        names = {kind: tuple(dict.fromkeys(said)) for kind, said in self.said().items()}
        return queue.Access(users=names.get("users", ()), groups=names.get("groups", ()), roles=names.get("roles", ()))


class _Access(_Members):
    roles: list[Name] = NOT_SAID


def _everybody(value: object) -> queue.Access:
    if value != "*":
        raise ValueError('`"*"` in quotes, for everybody, or `{users: [...], groups: [...], roles: [...]}`')
    return queue.Access(everybody=True)


Role = Annotated[_Members, AfterValidator(_plain)]
Access = Annotated[
    Annotated[_Access, AfterValidator(_plain), Kind("[settings]")]
    | Annotated[Any, PlainValidator(_everybody), Kind("[word]")],
    Discriminator(_kind),
]


class _Preemption(_Shape):
    allowed: StrictBool = NOT_SAID
    fair_share_timeout_s: Seconds = Field(NOT_SAID, alias="fair-share-timeout")
    min_share_timeout_s: Seconds = Field(NOT_SAID, alias="min-share-timeout")
    threshold: Part = NOT_SAID

    def value(self) -> queue.Preemption:
        return queue.Preemption(**self.said())


class _Limits(_Shape):
    max_running: Count = NOT_SAID
    max_queued: Count = NOT_SAID
    maximum: AmountOf = NOT_SAID

    def value(self) -> queue.Limits:
        if not self.said():
            raise ValueError("at least one limit")
        return queue.Limits(**self.said())


def _running(value: object) -> queue.Limits:
    return queue.Limits(max_running=_count(value))


def _any_name(exceptions: dict[str, queue.Limits]) -> dict[str, queue.Limits]:
    if not exceptions:
        raise ValueError("at least one name with its limits, as `{nightly: 3}`")
    return exceptions


class _Quota(_Limits):
    exceptions: Annotated[
        dict[
            Name,
            Annotated[
                Annotated[_Limits, AfterValidator(_plain), Kind("[settings]")]
                | Annotated[Any, PlainValidator(_running), Kind("[word]")],
                Discriminator(_kind),
            ],
        ],
        AfterValidator(_any_name),
    ] = Field(NOT_SAID, alias="except")

    def value(self) -> queue.Quota:  # type: ignore[override]
        default, exceptions = queue.Limits(**self.said("exceptions")), self.said().get("exceptions", {})
        return queue.Quota(default, exceptions)


class _LabelShare(_Shape):
    weight: Weight = NOT_SAID
    reserved: AmountOf = NOT_SAID
    maximum: AmountOf = NOT_SAID
    max_am_share: AmShare = NOT_SAID

    def value(self) -> queue.LabelShare:
        return queue.LabelShare(**self.said())


def _labels(value: object) -> tuple[str, ...]:
    if value == "*":
        return ("*",)
    if not isinstance(value, list) or not all(isinstance(label, str) and _LABEL.fullmatch(label) for label in value):
        raise ValueError('a list of node labels, `[gpu, ssd]`, or `"*"` in quotes for all')
    return tuple(dict.fromkeys(value))


def _label(name: str) -> str:
    if not _LABEL.fullmatch(name):
        raise ValueError("the name of a node label: letters, digits, `-` and `_`")
    return name


class _NodeLabels(_Shape):
    access: Annotated[tuple[str, ...], PlainValidator(_labels)] = NOT_SAID
    default: Annotated[StrictStr, AfterValidator(_label)] = NOT_SAID
    shares: dict[Annotated[StrictStr, AfterValidator(_label)], Annotated[_LabelShare, AfterValidator(_plain)]] = (
        NOT_SAID
    )

    def value(self) -> queue.NodeLabels:
        return queue.NodeLabels(**self.said())


class _Everywhere(_Shape):
    """What can be said of one queue, and of all that say nothing themselves."""

    maximum: AmountOf = NOT_SAID
    policy: Literal["fifo", "fair", "drf", "furion"] = NOT_SAID
    max_running: Count = NOT_SAID
    max_queued: Count = NOT_SAID
    max_am_share: AmShare = NOT_SAID
    preemption: Annotated[_Preemption, AfterValidator(_plain)] = NOT_SAID
    per_user: Annotated[_Quota, AfterValidator(_plain)] = NOT_SAID
    per_connection: Annotated[_Quota, AfterValidator(_plain)] = NOT_SAID
    fair: Extras = NOT_SAID
    capacity: Extras = NOT_SAID
    spark: Extras = NOT_SAID
    impala: Extras = NOT_SAID

    def value(self) -> queue.Settings:
        return queue.Settings(**self.settings())

    def settings(self, *but: str) -> dict[str, Any]:
        """The fields of queue.Settings that are said."""
        said = self.said(*but)
        extras = {name: said.pop(name) for name in queue.SCHEDULERS if name in said}
        return {**said, "extras": extras}


class _Settings(_Everywhere):
    weight: Weight = NOT_SAID
    reserved: AmountOf = NOT_SAID
    submit: Access = NOT_SAID
    admin: Access = NOT_SAID
    access: Access = NOT_SAID
    node_labels: Annotated[_NodeLabels, AfterValidator(_plain)] = NOT_SAID

    def settings(self, *but: str) -> dict[str, Any]:
        found = super().settings("access", *but)
        if "access" in self.model_fields_set:
            both: Any = self.access
            found |= {right: _joined(both, found.get(right)) for right in ("submit", "admin")}
        return found


def _joined(one: queue.Access, other: queue.Access | None) -> queue.Access:
    if other is None:
        return one
    if one.everybody or other.everybody:
        return queue.Access(everybody=True)
    names = ((*one.users, *other.users), (*one.groups, *other.groups), (*one.roles, *other.roles))
    return queue.Access(False, *(tuple(dict.fromkeys(each)) for each in names))


class _AutoCreate(_Shape):
    max_queues: AtLeastOne = NOT_SAID
    max_depth: AtLeastOne = NOT_SAID
    template: Annotated[_Settings, AfterValidator(_plain)] = NOT_SAID
    leaf: Annotated[_Settings, AfterValidator(_plain)] = NOT_SAID
    parent: Annotated[_Settings, AfterValidator(_plain)] = NOT_SAID

    def value(self) -> queue.AutoCreate:
        return queue.AutoCreate(**self.said())


class _Root(_Settings):
    auto_create: Annotated[_AutoCreate, AfterValidator(_plain)] = NOT_SAID


class QueueShape(_Root):
    """One queue and those below it."""

    name: Annotated[StrictStr, AfterValidator(_queue_name)]
    queues: "list[QueueShape]" = Field(default_factory=list)

    def value(self) -> queue.Queue:
        children = tuple(child.value() for child in self.queues)
        return queue.Queue(**self.settings("queues"), children=children)


class QueuesFile(_Shape):
    """The whole file."""

    roles: dict[Name, Role] = NOT_SAID
    defaults: Annotated[_Everywhere, AfterValidator(_plain)] = NOT_SAID
    root: _Root = NOT_SAID
    queues: list[QueueShape] = Field(default_factory=list)

    def value(self) -> queue.Hierarchy:
        said = self.said("root", "queues")
        settings = self.root.settings() if "root" in self.model_fields_set else {}
        children = tuple(child.value() for child in self.queues)
        return queue.Hierarchy(root=queue.Queue(name=ROOT, **settings, children=children), **said)
