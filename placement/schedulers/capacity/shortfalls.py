"""What the capacity scheduler does not have as a policy says it, gathered while a queue tree is rendered."""

from placement.queues.amounts import Amount
from placement.queues.queue import Queue, Settings
from placement.schedulers.capacity.families import text_of
from placement.schedulers.configuration import APPROXIMATED, NOT_EXPRESSED, Shortfall

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
    if said.per_user is not None and path != "root":
        why = "the scheduler limits each user over the whole cluster only, which is `per-user` of `root`"
        losses.lost(path, (*keys, "per-user"), "limits for each user", why)
    if said.extras.get("fair"):
        words = ", ".join(said.extras["fair"])
        losses.lost(path, (*keys, "fair"), words, "these are settings of the fair scheduler")
    for name, value in said.extras.get("capacity", {}).items():
        if text_of(value) is None:
            why = "a property of this scheduler is a text or a number"
            losses.lost(path, (*keys, "capacity", name), "a list or settings", why)


def of_parent_queue(path: str, queue: Queue, losses: Losses) -> None:
    """What only queues without queues below them have."""
    if queue.max_queued is not None:
        why = "only queues without queues below them count the applications that wait"
        losses.lost(path, ("max-queued",), str(queue.max_queued), why)
    if queue.max_am_share is not None:
        why = "it is written, but looked at in queues without queues below them only"
        losses.lost(path, ("max-am-share",), f"{queue.max_am_share:g}", why)
    if queue.policy is not None and path != "root":
        why = "around other queues the one that uses least of its share is served first"
        losses.lost(path, ("policy",), queue.policy, why)
