"""The queue tree as the allocation file's words, and what of it they cannot say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from placement.errors import quoted
from placement.queues.amounts import ABSOLUTE, OF_PARENT, Amount
from placement.queues.names import CAPACITY, FAIR
from placement.queues.queue import DRF, FIFO, Access, AutoCreate, Hierarchy, Limits, Queue, Quota, Settings
from placement.queues.queue import FAIR as FAIR_POLICY
from placement.queues.tree import ROOT
from placement.schedulers import access_lists
from placement.schedulers.configuration import APPROXIMATED, NOT_EXPRESSED, Configuration, Shortfall
from placement.schedulers.fair import amounts, elements, shares, words
from placement.schedulers.fair.passed_through import Passed
from placement.schedulers.fair.shares import CLUSTER, Known

_OFFERED = (FIFO, FAIR_POLICY, DRF)
_LOST_REST = "of other resources than memory and vcores nothing is said to the scheduler"


def render(hierarchy: Hierarchy) -> tuple[Configuration, list[Shortfall]]:
    """The configuration, and what of the tree is not in it as it is said. O(queues and settings)."""
    renderer = _Renderer(hierarchy)
    general = renderer.general()
    queues = {path: renderer.queue(path, queue) for path, queue in hierarchy.queues()}
    return Configuration(FAIR, queues, general), renderer.lacking


@dataclass(frozen=True, slots=True)
class _Above:
    """What queues below a queue have to know of it."""

    policy: str
    maximum: Known = CLUSTER
    reserved: Known = CLUSTER


class _Renderer:
    """One rendering: what is known of the queues so far, and what is `lacking`."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._defaults = hierarchy.defaults
        self._usual_policy = FAIR_POLICY
        self._known: dict[str, _Above] = {}
        self.lacking: list[Shortfall] = []

    def general(self) -> dict[str, str]:
        """The properties of the scheduler as a whole."""
        said = self._defaults
        found: dict[str, str] = {}
        self._usual_policy = self._default_policy(said.policy)
        if said.policy in (FAIR_POLICY, DRF):
            found["defaultQueueSchedulingPolicy"] = said.policy
        if said.max_running is not None:
            found["queueMaxAppsDefault"] = str(said.max_running)
        if said.max_am_share is not None:
            found["queueMaxAMShareDefault"] = amounts.plain(said.max_am_share)
        if said.maximum and said.maximum.basis != OF_PARENT:
            found["queueMaxResourcesDefault"] = amounts.maximum_text(said.maximum)
        elif said.maximum:
            why = "it is written at every queue; one that is created on demand has none"
            self._lack(None, ("defaults", "maximum"), said.maximum, why, APPROXIMATED)
        found |= _preemption(said, "defaultMinShare", "defaultFairShare")
        self._lack_everywhere(None, ("defaults",), said)
        if said.per_user:
            why = "the fair scheduler counts a user's applications over the whole cluster: `per-user` of `root`"
            self._lack(None, ("defaults", "per-user"), _quota(said.per_user), why)
        found |= self._users()
        passed = Passed(None, self._defaults.extras.get(FAIR, {}), is_parent=False)
        return passed.over(found, self.lacking)

    def queue(self, path: str, queue: Queue) -> dict[str, str]:
        """The properties of one queue, whose parent was rendered before."""
        above = self._known.get(path.rpartition(".")[0], _Above(DRF))
        is_parent = bool(queue.children) or queue.auto_create is not None or path == ROOT
        found: dict[str, str] = {}
        if not queue.children and queue.auto_create:
            found[words.TYPE] = words.PARENT
        if queue.weight is not None:
            found["weight"] = amounts.plain(queue.weight)
        reserved = self._reserved(path, queue.reserved, above.reserved, found)
        maximum = self._maximum(path, queue, above.maximum, found)
        policy = self._policy(path, queue.policy, is_parent, above.policy, found)
        self._known[path] = _Above(policy, maximum, reserved)
        if queue.max_running is not None:
            found["maxRunningApps"] = str(queue.max_running)
        if queue.max_am_share is not None:
            if is_parent:
                why = "it is only for queues that have none below, and the scheduler refuses the file"
                self._lack(path, ("max-am-share",), amounts.plain(queue.max_am_share), why)
            else:
                found["maxAMShare"] = amounts.plain(queue.max_am_share)
        found |= self._preemption_of(queue)
        self._access(path, "submit", queue.submit, "aclSubmitApps", found)
        self._access(path, "admin", queue.admin, "aclAdministerApps", found)
        self._lack_of_queue(path, queue)
        if queue.auto_create:
            self._auto_create(path, queue.auto_create, maximum, found)
        is_refusing = bool(queue.children) or queue.auto_create is not None  # what only leaves may have
        return Passed(path, queue.extras.get(FAIR, {}), is_refusing).over(found, self.lacking)

    def _users(self) -> dict[str, str]:
        """How many applications of each user may run over the whole cluster."""
        quota = self._hierarchy.root.per_user
        found: dict[str, str] = {}
        if quota is None:
            return found
        if quota.default.max_running is not None:
            found["userMaxAppsDefault"] = str(quota.default.max_running)
        self._lack_limits(("per-user",), quota.default)
        for name, limits in quota.exceptions.items():
            keys = ("per-user", "except", name)
            self._lack_limits(keys, limits)
            if limits.max_running is not None and elements.can_hold(name):
                found[words.of_user(name)] = str(limits.max_running)
            elif limits.max_running is not None:
                self._lack(ROOT, keys, limits.max_running, "XML cannot hold the name")
        return found

    def _lack_limits(self, keys: tuple[str, ...], limits: Limits) -> None:
        why = "of one user the fair scheduler limits nothing but running applications"
        if limits.max_queued is not None:
            self._lack(ROOT, (*keys, "max-queued"), limits.max_queued, why)
        if limits.maximum is not None:
            self._lack(ROOT, (*keys, "maximum"), limits.maximum, why)

    def _reserved(self, path: str, said: Amount | None, above: Known, found: dict[str, str]) -> Known:
        if said is None:
            return CLUSTER if path == ROOT else Known(None)
        known = shares.within(said, above, shares.NONE)
        amount, _ = shares.written(said, known, shares.NONE)
        if amount is None:
            self._lack(path, ("reserved",), said, "how much the queue above has reserved is not known of all it names")
        elif amount.basis != ABSOLUTE:
            self._lack(path, ("reserved",), said, "percent of the cluster count for nothing in `minResources`")
        else:
            found["minResources"] = amounts.text(amount)
        return known

    def _maximum(self, path: str, queue: Queue, above: Known, found: dict[str, str]) -> Known:
        said, usual = queue.maximum, self._defaults.maximum
        if said is None and usual and usual.basis != OF_PARENT:
            return shares.within(usual, above)  # by `queueMaxResourcesDefault`
        if said is None and path != ROOT:
            said = usual
        if said is None:
            return above
        known = shares.within(said, above)
        text = self._limit(path, ("maximum",), said, known)
        if text is not None:
            found["maxResources"] = text
        return known

    def _limit(self, path: str, keys: tuple[str, ...], said: Amount, known: Known) -> str | None:
        amount, is_all = shares.written(said, known, shares.WHOLE)
        if amount is None:
            self._lack(
                path, keys, said, "it comes to some absolute amounts and some percent, and has to be one of the two"
            )
            return None
        if not is_all:
            self._lack(path, keys, said, f"`{amounts.text(amount)}`: {_LOST_REST}", APPROXIMATED)
        return amounts.maximum_text(amount)

    def _default_policy(self, said: str | None) -> str:
        if said in (None, FAIR_POLICY, DRF):
            return said or FAIR_POLICY
        why = "the scheduler refuses it as the default" if said == FIFO else "it is of Spark's own scheduler"
        self._lack(None, ("defaults", "policy"), said, f"{why}; queues that say nothing have `fair`")
        return FAIR_POLICY

    def _policy(self, path: str, said: str | None, is_parent: bool, above: str, found: dict[str, str]) -> str:
        """The policy that the queue will have. A queue whose policy its parent does not allow is not created."""
        policy = said if said in _OFFERED else self._usual_policy
        why = "it is of Spark's own scheduler" if said not in (None, *_OFFERED) else ""
        if policy == FIFO and is_parent:
            why, policy = "`fifo` is only for queues that have none below", self._usual_policy
        if policy == DRF and above == FAIR_POLICY:
            why, policy = "the scheduler creates no queue with `drf` below one with `fair`", FAIR_POLICY
        if why:
            asked = said or f"{self._usual_policy}, by `defaults`"
            self._lack(path, ("policy",), asked, f"{why}; it has `{policy}`", APPROXIMATED)
        if policy != self._usual_policy or said == policy:
            found["schedulingPolicy"] = policy
        return policy

    def _preemption_of(self, queue: Queue) -> dict[str, str]:
        found = _preemption(queue, "minShare", "fairShare")
        own, usual = queue.preemption, self._defaults.preemption
        allowed = own.allowed if own and own.allowed is not None else usual.allowed if usual else None
        return {"allowPreemptionFrom": str(allowed).lower(), **found} if allowed is not None else found

    def _access(self, path: str, key: str, said: Access | None, name: str, found: dict[str, str]) -> None:
        text, lost = access_lists.text(said, self._hierarchy.roles)
        if text is None and path == ROOT:
            text = access_lists.NOBODY_TEXT
        names = [*lost]
        if text is not None and not elements.can_hold(text):
            names.append(text.strip())
            text = access_lists.NOBODY_TEXT
        if names:
            self._lack(path, (key,), ", ".join(map(quoted, names)), "an access list cannot hold such a name")
        if text is not None:
            found[name] = elements.value(name, text)

    def _auto_create(self, path: str, said: AutoCreate, maximum: Known, found: dict[str, str]) -> None:
        if said.template.maximum:
            keys = ("auto-create", "template", "maximum")
            text = self._limit(path, keys, said.template.maximum, shares.within(said.template.maximum, maximum))
            if text is not None:
                found["maxChildResources"] = text
        why = "the fair scheduler gives queues that it creates nothing but `template: {maximum: ...}`"
        for key, limit in (("max-queues", said.max_queues), ("max-depth", said.max_depth)):
            if limit is not None:
                self._lack(
                    path, ("auto-create", key), limit, "the fair scheduler creates as many queues as are asked for"
                )
        parts = {"template": replace(said.template, maximum=None), "leaf": said.leaf, "parent": said.parent}
        for part, settings in parts.items():
            self._lack(path, ("auto-create", part), ", ".join(map(quoted, _keys(settings))), why)

    def _lack_of_queue(self, path: str, queue: Queue) -> None:
        self._lack_everywhere(path, (), queue)
        if queue.per_user and path != ROOT:
            why = "the fair scheduler counts a user's applications over the whole cluster: `per-user` of `root`"
            self._lack(path, ("per-user",), _quota(queue.per_user), why)
        if queue.node_labels:
            names = dict.fromkeys((*(queue.node_labels.access or ()), *queue.node_labels.shares))
            said = ", ".join(map(quoted, names)) or "node labels"
            self._lack(path, ("node-labels",), said, "the fair scheduler knows no node labels")

    def _lack_everywhere(self, path: str | None, keys: tuple[str, ...], said: Settings) -> None:
        if said.max_queued is not None:
            why = "the fair scheduler does not limit how many applications wait"
            self._lack(path, (*keys, "max-queued"), said.max_queued, why)
        if said.per_connection:
            why = "no scheduler knows through which service an application comes"
            self._lack(path, (*keys, "per-connection"), _quota(said.per_connection), why)
        if said.extras.get(CAPACITY):
            names = ", ".join(map(quoted, said.extras[CAPACITY]))
            self._lack(path, (*keys, CAPACITY), names, "these are of the capacity scheduler")

    def _lack(self, path: str | None, keys: tuple[str, ...], said: object, why: str, how: str = NOT_EXPRESSED) -> None:
        text = str(said.as_data()) if isinstance(said, Amount) else str(said)
        if text:  # nothing is lacking of what says nothing
            self.lacking.append(Shortfall(path, keys, text, how, why))


def _preemption(said: Settings, min_share: str, fair_share: str) -> dict[str, str]:
    preemption = said.preemption
    if preemption is None:
        return {}
    found: Mapping[str, float | None] = {
        f"{min_share}PreemptionTimeout": preemption.min_share_timeout_s,
        f"{fair_share}PreemptionTimeout": preemption.fair_share_timeout_s,
        f"{fair_share}PreemptionThreshold": preemption.threshold,
    }
    return {name: amounts.plain(value) for name, value in found.items() if value is not None}


def _quota(said: Quota) -> str:
    limits = {"each": said.default, **said.exceptions}
    return ", ".join(f"{' and '.join(_keys(each))} of {name}" for name, each in limits.items() if _keys(each))


def _keys(said: Any) -> list[str]:
    """The keys of queues.yaml that something is said under."""
    named = [each.name for each in fields(said) if each.name != "extras" and getattr(said, each.name) is not None]
    others = [FAIR] if getattr(said, "extras", {}).get(FAIR) else []
    return [*(name.replace("_", "-") for name in named), *others]
