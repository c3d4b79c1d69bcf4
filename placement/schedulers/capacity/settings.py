"""The properties of one queue, or of a template of queues, as the settings that the model has.

What the model cannot say stays as it is, in the scheduler's own words. Source: Hadoop `CapacitySchedulerConfiguration`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from placement.queues.amounts import OF_PARENT, VCORES, Amount
from placement.queues.queue import FAIR, FIFO, AutoCreate, LabelShare, NodeLabels, Preemption, Settings
from placement.schedulers import access_lists
from placement.schedulers.capacity import terms
from placement.schedulers.capacity.texts import (
    JAVA_BLANKS,
    PERCENT,
    RESOURCES,
    VECTOR,
    WEIGHT,
    Share,
    flag,
    number,
    share,
    whole,
)

Refuse = Callable[[str, str], None]
Fields = dict[str, Any]
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", re.ASCII)  # Hadoop `NodeLabelUtil`
_PARENTS_ORDER = ("utilization", "priority-utilization")
_LEAVES_ORDER = (FIFO, FAIR, "fifo-with-partitions", "fifo-for-pending-apps")


class Reader:
    """Reads properties by their suffix. `refuse` is told the suffix, and what is expected, of what is refused.

    `legacy`: whether the queue modes of old are in force, with which a vector of percentages counts as nothing.
    """

    def __init__(self, refuse: Refuse, legacy: bool, place: str = "") -> None:
        self._refuse = refuse
        self._legacy = legacy
        self._place = place
        self._fields: Fields = {}
        self._extras: dict[str, str] = {}

    def settings(self, said: Mapping[str, str], is_leaf: bool | None) -> Fields:
        """The fields of Settings. `is_leaf` None: it may be either, as what is made by a template."""
        shares: dict[str, dict[str, str]] = {}
        for name, text in said.items():
            label, _, of_label = name.removeprefix(f"{terms.LABELS}.").rpartition(".")
            if name.startswith(f"{terms.LABELS}.") and _LABEL.fullmatch(label):
                shares.setdefault(label, {})[of_label] = text
            else:
                self._read(name, text, lambda name=name, text=text: self._one(name, text, is_leaf))  # type: ignore[misc]
        labels = {label: found for label, each in shares.items() if (found := self._label(label, each)) is not None}
        access, default = self._fields.pop("access", None), self._fields.pop("default", None)
        if access is not None or default is not None or labels:
            self._fields["node_labels"] = NodeLabels(access, default, labels)
        if self._extras:
            self._fields["extras"] = {"capacity": self._extras}
        return self._fields

    def _read(self, name: str, text: str, found: Callable[[], Fields | None]) -> None:
        """Takes what is found, or the text as it is where the model has nothing for it."""
        try:
            fields = found()
        except ValueError as error:
            self._refuse(f"{self._place}{name}", str(error))
            return
        if fields is None:
            self._extras[name] = text
        else:
            self._fields |= fields

    def _one(self, name: str, text: str, is_leaf: bool | None) -> Fields | None:
        match name:
            case terms.CAPACITY:
                return self._share(share(text))
            case terms.MAXIMUM_CAPACITY:
                return self._maximum(share(text))
            case terms.MAX_RUNNING:
                return _said("max_running", whole(text, trimmed=False), 0)
            case terms.MAX_AM_SHARE:
                found = number(text)
                return {"max_am_share": found} if 0 <= found <= 1 else None
            case terms.ORDERING:
                return _ordering(text, is_leaf)
            case terms.NO_PREEMPTION:
                forbidden = flag(text)
                return None if forbidden is None else {"preemption": Preemption(allowed=not forbidden)}
            case terms.SUBMIT_ACL:
                return {"submit": access_lists.read(text)}
            case terms.ADMIN_ACL:
                return {"admin": access_lists.read(text)}
            case terms.STATE if text.upper() not in (terms.RUNNING, terms.STOPPED):
                raise ValueError(f"{terms.RUNNING} or {terms.STOPPED}")
            case terms.LABELS:
                return _access(text)
            case terms.DEFAULT_LABEL:
                label = text.strip(JAVA_BLANKS)
                return {"default": label} if _LABEL.fullmatch(label) else None
        return None

    def _share(self, said: Share) -> Fields | None:
        if said.kind == WEIGHT:
            return {"weight": said.number} if said.number > 0 else None
        if said.kind == PERCENT and said.amount is None:
            raise ValueError("from 0 to 100 percent")
        if said.amount is None or (said.kind == VECTOR and self._legacy):
            return None
        return {"reserved": said.amount}

    def _maximum(self, said: Share) -> Fields | None:
        if said.kind == WEIGHT:
            raise ValueError("a percentage, or `[memory=10240,vcores=12]`")
        if said.kind == PERCENT and said.number == -1:
            return {"maximum": Amount(OF_PARENT, every=100.0)}
        if said.amount is None or (said.kind == VECTOR and self._legacy):
            return None
        if said.kind == RESOURCES:  # what is not said is 0
            return {"maximum": Amount(said.amount.basis, {VCORES: 0, **said.amount.values})}
        return {"maximum": said.amount}

    def _label(self, label: str, said: Mapping[str, str]) -> LabelShare | None:
        reader = Reader(self._refuse, self._legacy, f"{self._place}{terms.LABELS}.{label}.")
        names = (terms.CAPACITY, terms.MAXIMUM_CAPACITY, terms.MAX_AM_SHARE)
        found = reader.settings({name: text for name, text in said.items() if name in names}, None)
        rest = {name: text for name, text in said.items() if name not in names}
        extras = {**found.pop("extras", {}).get("capacity", {}), **rest}
        self._extras |= {f"{terms.LABELS}.{label}.{name}": text for name, text in extras.items()}
        return LabelShare(**found) if found else None


def auto_create(said: Mapping[str, str], refuse: Refuse, legacy: bool) -> tuple[AutoCreate | None, dict[str, str]]:
    """How children are created on demand, and the properties that do not say that."""
    if flag(said.get(terms.CREATES, "")) is not True:
        created = flag(said.get(terms.CREATES_OLD, "")) is True
        return (AutoCreate(max_depth=1) if created else None), dict(said)
    rest: dict[str, str] = {}
    templates: dict[str, dict[str, str]] = {key: {} for key in terms.TEMPLATES}
    fields: Fields = {}
    for name, text in said.items():
        key = next((key for key, prefix in terms.TEMPLATES.items() if name.startswith(prefix)), None)
        if key is not None:
            templates[key][name.removeprefix(terms.TEMPLATES[key])] = text
        elif name in (terms.MAX_QUEUES, terms.MAX_DEPTH):
            try:
                found = _said("max_queues" if name == terms.MAX_QUEUES else "max_depth", whole(text), 1)
            except ValueError as error:
                refuse(name, str(error))
                continue
            fields |= found or {}
            rest |= {} if found else {name: text}
        elif name != terms.CREATES:
            rest[name] = text
    for key, own in templates.items():
        fields[key] = Settings(**_template(own, refuse, legacy, terms.TEMPLATES[key]))
    return AutoCreate(**fields), rest


def _template(said: Mapping[str, str], refuse: Refuse, legacy: bool, prefix: str) -> Fields:
    """Of a template, what says nothing of a queue in the model stays in the scheduler's words, as do node labels."""
    own = {name: text for name, text in said.items() if not name.startswith((terms.LABELS, terms.DEFAULT_LABEL))}
    kept = {name: text for name, text in said.items() if name not in own}
    for name in (terms.CAPACITY, terms.MAXIMUM_CAPACITY):
        is_plain = own.get(name, "w").endswith("w") if name == terms.CAPACITY else not own.get(name, "").startswith("[")
        if name in own and not is_plain:
            kept[name] = own.pop(name)
    found = Reader(refuse, legacy, prefix).settings(own, None)
    extras = {**found.pop("extras", {}).get("capacity", {}), **kept}
    return {**found, "extras": {"capacity": extras}} if extras else found


def _said(field: str, value: int, least: int) -> Fields | None:
    return {field: value} if value >= least else None


def _ordering(text: str, is_leaf: bool | None) -> Fields | None:
    policy = text.strip(JAVA_BLANKS)
    known = _PARENTS_ORDER if is_leaf is False else _LEAVES_ORDER
    if is_leaf is not None and policy not in known and "." not in policy:
        raise ValueError(f"{', '.join(known[:-1])} or {known[-1]}, or a class")
    return {"policy": policy} if is_leaf is not False and policy in (FIFO, FAIR) else None


def _access(text: str) -> Fields | None:
    labels = tuple(dict.fromkeys(filter(None, (label.strip(JAVA_BLANKS) for label in text.split(",")))))
    if "*" in labels:
        return {"access": ("*",)}
    return {"access": labels} if all(map(_LABEL.fullmatch, labels)) else None
