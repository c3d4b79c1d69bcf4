"""What the capacity scheduler does not have as a policy says it, gathered while a queue tree is rendered."""

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, VCORES, Amount
from placement.queues.names import FAIR
from placement.queues.queue import Queue, Settings
from placement.queues.tree import ROOT
from placement.schedulers.capacity import terms
from placement.schedulers.capacity.families import text_of
from placement.schedulers.configuration import APPROXIMATED, NOT_EXPRESSED, Shortfall
from placement.schedulers.fair import amounts
from placement.schedulers.fair.words import CONTAINER, PLACEMENT

Keys = tuple[int | str, ...]


class Losses:
    """The shortfalls found so far, in the order of the tree."""

    def __init__(self) -> None:
        self.found: list[Shortfall] = []

    def lost(self, queue: str | None, keys: Keys, said: str, why: str) -> None:
        self.found.append(Shortfall(queue, keys, said, NOT_EXPRESSED, why))

    def near(self, queue: str | None, keys: Keys, said: str, why: str) -> None:
        self.found.append(Shortfall(queue, keys, said, APPROXIMATED, why))


def in_words(amount: Amount) -> str:
    """An amount as queues.yaml says it, in one line."""
    data = amount.as_data()
    return data if isinstance(data, str) else ", ".join(f"{name}: {value}" for name, value in data.items())


def of_settings(path: str | None, keys: Keys, said: Settings, losses: Losses) -> None:
    """What no queue of this scheduler has, wherever it is said."""
    preemption = said.preemption
    if preemption is not None:
        for name, value in (
            ("fair-share-timeout", preemption.fair_share_timeout_s),
            ("min-share-timeout", preemption.min_share_timeout_s),
            ("threshold", preemption.threshold),
        ):
            if value is not None:
                why = "preemption has one clock for the whole cluster, in yarn-site.xml"
                losses.lost(path, (*keys, "preemption", name), f"{value:g}", why)
    if said.per_connection is not None:
        why = "the scheduler knows no connections"
        losses.lost(path, (*keys, "per-connection"), "limits for each connection", why)
    if said.per_user is not None and path != ROOT:
        why = "the scheduler limits each user over the whole cluster only, which is `per-user` of `root`"
        losses.lost(path, (*keys, "per-user"), "limits for each user", why)
    _of_fair(path, keys, said, losses)
    for name, value in said.extras.get("capacity", {}).items():
        if text_of(value) is None:
            why = "a property of this scheduler is a text or a number"
            losses.lost(path, (*keys, "capacity", name), "a list or settings", why)


def _of_fair(path: str | None, keys: Keys, said: Settings, losses: Losses) -> None:
    """What is said in the fair scheduler's words, but for what has its like here."""
    others = dict(said.extras.get(FAIR, {}))
    if not others:
        return
    if path is None and PLACEMENT in others:
        del others[PLACEMENT]
        losses.near(path, (*keys, FAIR, PLACEMENT), PLACEMENT, "rules made from the map are in the place of these")
    if path is not None and not keys and most_of_a_container(path, said):
        del others[CONTAINER]
    if others:
        losses.lost(path, (*keys, FAIR), ", ".join(others), "these are settings of the fair scheduler")


def most_of_a_container(path: str, said: Settings) -> dict[str, str]:
    """The fair scheduler's `maxContainerAllocation` in properties of this one; none where these cannot say it.

    In both schedulers that of the queue counts, else that of its parent. Not above what yarn-site.xml allows to all:
    this one refuses to start with more, and no limit is more.
    Sources: Hadoop `FSLeafQueue.getMaximumContainerAllocation`, `QueueAllocationSettings`.
    """
    text = said.extras.get(FAIR, {}).get(CONTAINER)
    if text is None:
        return {}
    try:
        amount = amounts.read(str(text))
    except ValueError:
        return {}
    values = amount.values
    is_plain = amount.basis == ABSOLUTE and values.keys() == {MEMORY_NAME, VCORES}
    if path == ROOT or not is_plain or not all(0 < value < amounts.MOST_INT for value in values.values()):
        return {}
    return {terms.MAX_MEMORY: f"{values[MEMORY_NAME]:.0f}", terms.MAX_VCORES: f"{values[VCORES]:.0f}"}


def of_parent_queue(path: str, queue: Queue, losses: Losses) -> None:
    """What only queues without queues below them have."""
    if queue.max_queued is not None:
        why = "only queues without queues below them count the applications that wait"
        losses.lost(path, ("max-queued",), str(queue.max_queued), why)
    if queue.max_am_share is not None:
        why = "it is written, but looked at in queues without queues below them only"
        losses.lost(path, ("max-am-share",), f"{queue.max_am_share:g}", why)
    if queue.policy is not None and path != ROOT:
        why = "around other queues the one that uses least of its share is served first"
        losses.lost(path, ("policy",), queue.policy, why)
