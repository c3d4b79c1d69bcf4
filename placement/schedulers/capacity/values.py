"""When two texts of a property mean the same to the capacity scheduler."""

import struct

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, VCORES
from placement.queues.tree import ROOT
from placement.schedulers import access_lists
from placement.schedulers.capacity import terms
from placement.schedulers.capacity.texts import JAVA_BLANKS, PERCENT, RESOURCES, VECTOR, flag, number, share

_TOLERANCE = 1e-6  # of the number; a float of the scheduler has some seven digits
_FLAGS = {terms.NO_PREEMPTION, terms.CREATES, terms.CREATES_OLD, terms.ZERO_SUM}
_ACCESS = {terms.SUBMIT_ACL, terms.ADMIN_ACL}
_SHARES = {terms.CAPACITY, terms.MAXIMUM_CAPACITY}


def same(queue: str | None, of: str, one: str | None, other: str | None) -> bool:
    """Whether `one` and `other` mean the same; None: it is not there, and the scheduler's own default counts.

    `queue` None: `of`, the property, is a general one, by its full name.
    """
    if one == other:
        return True
    name = _name(of)
    one, other = (_default(queue, of, name) if text is None else text for text in (one, other))
    if one is None or other is None:
        return one == other
    return one == other or _meaning(name, one) == _meaning(name, other) or _are_close(one, other)


def _name(of: str) -> str:
    """What kind of property it is: without a label, a template, and the name of a user."""
    for prefix in terms.TEMPLATES.values():
        of = of.removeprefix(prefix)
    return of.rpartition(".")[2] if of.startswith(f"{terms.LABELS}.") else of


def _default(queue: str | None, of: str, name: str) -> str | None:
    """What counts where nothing is said, if that is the same everywhere."""
    if queue is None or of != name:
        return None
    if queue == ROOT and name in _ACCESS:
        return "*"
    if queue == ROOT and name == terms.CAPACITY:
        return "100"
    if name in _ACCESS:
        return access_lists.NOBODY_TEXT
    if queue == ROOT and name == terms.NO_PREEMPTION:
        return "false"
    return _DEFAULTS.get(name)


_DEFAULTS = {
    terms.CAPACITY: "0",
    terms.MAXIMUM_CAPACITY: "100",
    terms.STATE: terms.RUNNING,
    terms.CREATES: "false",
    terms.CREATES_OLD: "false",
    terms.ZERO_SUM: "false",
    terms.MAX_QUEUES: "1000",
    "priority": "0",
}


def _meaning(name: str, text: str) -> object:
    if name in _ACCESS:
        access = access_lists.read(text)
        return access.everybody, frozenset(access.users), frozenset(access.groups)
    if name in _FLAGS:
        return flag(text) or False
    if name == terms.STATE:
        return text.upper()
    if name == terms.LABELS:
        labels = frozenset(filter(None, (label.strip(JAVA_BLANKS) for label in text.split(","))))
        return frozenset("*") if "*" in labels else labels
    if name in _SHARES:
        return _share(name, text)
    return text.strip(JAVA_BLANKS) if name in (terms.ORDERING, terms.DEFAULT_LABEL) else text


def _share(name: str, text: str) -> object:
    try:
        found = share(text)
    except ValueError:
        return text
    if found.kind == RESOURCES:
        return found.kind, frozenset({MEMORY_NAME: 0.0, VCORES: 0.0, **found.resources}.items())
    if found.amount is not None and found.amount.values and found.amount.basis != ABSOLUTE:
        return found.kind, frozenset((resource, _float(value)) for resource, value in found.amount.values.items())
    if found.kind == PERCENT and name == terms.MAXIMUM_CAPACITY and found.number == -1:
        return PERCENT, 100.0
    return text if found.kind == VECTOR else (found.kind, _float(found.number))


def _float(value: float) -> float:
    """The number to the digits that the scheduler's float keeps."""
    return float(f"{struct.unpack('f', struct.pack('f', value))[0]:.6g}")


def _are_close(one: str, other: str) -> bool:
    """Whether both are numbers, and the same ones to the scheduler's float."""
    kinds = {text.endswith("w") for text in (one, other)}
    try:
        first, second = (number(text.removesuffix("w")) for text in (one, other))
    except ValueError:
        return False
    return len(kinds) == 1 and abs(first - second) <= _TOLERANCE * max(abs(first), abs(second))
