"""Shares of queues beside each other that the capacity scheduler refuses together.

Source: Hadoop `AbstractParentQueue.setChildQueues`, for the queue modes of old, and nodes without a label.
"""

from collections.abc import Iterator, Mapping

from placement.errors import Problem, quoted
from placement.queues.tree import ROOT
from placement.schedulers.capacity import terms
from placement.schedulers.capacity.families import PRECISION
from placement.schedulers.capacity.texts import PERCENT, RESOURCES, WEIGHT, Share, flag, share
from placement.schedulers.configuration import Configuration

_NOTHING = Share(PERCENT)


def of_shares(configuration: Configuration, legacy: bool) -> Iterator[Problem]:
    """`refused-value` for every queue below which the shares are refused."""
    if not legacy:
        return
    children: dict[str, list[str]] = {}
    for path in configuration.queues:
        children.setdefault(path.rpartition(".")[0], []).append(path)
    for parent, below in children.items():
        if not parent:
            continue
        why = _refused(parent, below, configuration.queues)
        if why:
            places = configuration.places
            place = places.get((below[0], terms.CAPACITY)) or places.get((below[0], None))
            message = f"the scheduler refuses the shares of the queues below {quoted(parent)}: {why}"
            yield Problem("refused-value", message, place, "correct them, so that the scheduler starts with this file")


def _refused(parent: str, below: list[str], queues: Mapping[str, Mapping[str, str]]) -> str:
    shares = [found for path in below if (found := _share(queues[path]))]
    own = _share(queues[parent]) if parent != ROOT else Share(PERCENT, 100.0)
    if own is None or len(shares) < len(below):
        return ""  # what is wrong with one of them is told by itself
    kind = _kind(shares)
    if kind is None:
        return "some are in percent, some weights, some absolute; all must be of one kind"
    around = _kind([own])
    if RESOURCES in (kind, around) and kind != around and parent != ROOT:
        return "absolute ones are wanted below an absolute share, and there only"
    if kind != PERCENT:
        return ""
    total = sum(each.number for each in shares if each.kind == PERCENT)
    if abs(total - 100) > PRECISION and total > PRECISION:
        return f"they are {total:.10g}% together, not 100% or 0"
    if around == WEIGHT or flag(queues[parent].get(terms.ZERO_SUM, "")):
        return ""
    if total > PRECISION and own.number <= 0:
        return f"they are 100% together, and {quoted(parent)} has nothing"
    if total <= PRECISION < own.number:
        return f"they are nothing together, and {quoted(parent)} has {own.number:.10g}%"
    return ""


def _kind(shares: list[Share]) -> str | None:
    """The kind of all of them; None if there are several. 0% is of any kind."""
    kinds = {each.kind for each in shares if each.kind != PERCENT or each.number > 0}
    kinds = {kind for kind in kinds if kind in (PERCENT, WEIGHT, RESOURCES)}
    return None if len(kinds) > 1 else kinds.pop() if kinds else PERCENT


def _share(said: Mapping[str, str]) -> Share | None:
    try:
        found = share(said.get(terms.CAPACITY, "0"))
    except ValueError:
        return None
    return _NOTHING if found.kind == WEIGHT and found.number < 0 else found
