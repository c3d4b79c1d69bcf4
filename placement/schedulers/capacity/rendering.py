"""The queue tree as the capacity scheduler is to have it, and what of it that scheduler does not have."""

from dataclasses import replace

from placement.errors import quoted
from placement.queues.names import CAPACITY
from placement.queues.queue import DRF, FAIR, FIFO, FURION, NO_LIMIT, Hierarchy, Queue, Quota, Settings
from placement.queues.tree import ROOT
from placement.schedulers import access_lists
from placement.schedulers.capacity import shortfalls, terms
from placement.schedulers.capacity.families import creates, of_parent, prefix_of, text_of
from placement.schedulers.capacity.shares import Shares
from placement.schedulers.capacity.shortfalls import Keys, Losses, in_words
from placement.schedulers.capacity.terms import PREFIX
from placement.schedulers.capacity.texts import MOST_WEIGHT, decimal, flag, resources_text
from placement.schedulers.configuration import Configuration, Shortfall

MOST = 2**31 - 1
FULL_NAMES = ("yarn.", "hadoop.", "mapreduce.", "mapred.", "dfs.", "fs.", "io.", "ipc.", "net.", "ha.")


def render(hierarchy: Hierarchy) -> tuple[Configuration, list[Shortfall]]:
    """What the scheduler is told; O(queues x labels).

    What a queue says in the scheduler's own words (`capacity:`) goes through as it is, and wins.
    """
    rendering = _Rendering(hierarchy)
    general = rendering.general()
    queues = {path: rendering.queue(path, queue) for path, queue in hierarchy.queues()}
    return Configuration(CAPACITY, queues, general), rendering.losses.found


def full_name(name: str) -> str:
    """The full name of a general property, which `defaults: {capacity: ...}` has without the scheduler's prefix."""
    return name if name.startswith(FULL_NAMES) else f"{PREFIX}{name}"


class _Rendering:
    def __init__(self, hierarchy: Hierarchy) -> None:
        self.losses = Losses()
        self._root, self._defaults, self._roles = hierarchy.root, hierarchy.defaults, hierarchy.roles
        self._general = _texts(hierarchy.defaults)
        self._legacy = flag(self._general.get(terms.LEGACY_MODE, "")) is not False
        self._shares = Shares(hierarchy, self._general, self.losses)
        policies = {queue.policy or self._defaults.policy for _, queue in hierarchy.queues() if queue.is_leaf}
        is_wanted = DRF in (self._defaults.policy, hierarchy.root.policy) or policies == {DRF}
        self._calculator = self._general.get(terms.CALCULATOR, terms.DOMINANT if is_wanted else "")

    def general(self) -> dict[str, str]:
        """The properties of the scheduler as a whole, by their full names."""
        said, own = self._defaults, {}
        if self._calculator:
            own[terms.CALCULATOR] = self._calculator
        if said.max_am_share is not None and terms.MAX_AM_SHARE not in self._general:
            own[terms.MAX_AM_SHARE] = self._am_share(None, ("defaults",), said.max_am_share)
        if said.max_running is not None:
            own[terms.MAX_RUNNING] = str(said.max_running)
        if said.max_queued is not None and terms.MAX_APPLICATIONS_OF_ALL not in self._general:
            text = self._applications(None, ("defaults",), said.max_queued, said.max_running)
            own[terms.MAX_APPLICATIONS_OF_ALL] = text
        if self._root.per_user is not None:
            own |= self._per_user(self._root.per_user)
        shortfalls.of_settings(None, ("defaults",), said, self.losses)
        return {full_name(name): text for name, text in (own | self._general).items()}

    def queue(self, path: str, queue: Queue) -> dict[str, str]:
        """The properties of one queue."""
        takes_default = queue.maximum is None and self._defaults.maximum is not None and path != ROOT
        extras = _texts(queue)
        own = self._shares.of(path, replace(queue, maximum=self._defaults.maximum) if takes_default else queue)
        own |= shortfalls.most_of_a_container(path, queue)
        own |= self._settings(path, (), queue, extras)
        if path == ROOT:  # it would be open to everybody
            own = {terms.SUBMIT_ACL: access_lists.NOBODY_TEXT, terms.ADMIN_ACL: access_lists.NOBODY_TEXT} | own
        if queue.is_leaf and path != ROOT:
            own |= self._of_leaf(path, queue, extras)
        else:
            shortfalls.of_parent_queue(path, queue, self.losses)
        own |= self._labels(path, queue, extras)
        if queue.auto_create is not None:
            own |= self._auto_create(path, queue)
        return own | extras

    def _settings(self, path: str, keys: Keys, said: Settings, extras: dict[str, str]) -> dict[str, str]:
        """What any queue, and any template of queues, can have, but for its shares."""
        own: dict[str, str] = {}
        if said.max_running is not None:
            own[terms.MAX_RUNNING] = str(said.max_running)
        if said.max_am_share is not None and terms.MAX_AM_SHARE not in extras:
            own[terms.MAX_AM_SHARE] = self._am_share(path, keys, said.max_am_share)
        if said.policy is not None and path == ROOT and not keys:
            self._policy_of_root(said.policy)
        for name, key, access in ((terms.SUBMIT_ACL, "submit", said.submit), (terms.ADMIN_ACL, "admin", said.admin)):
            text, lost = access_lists.text(access, self._roles)
            if text is not None and name not in extras:
                own[name] = text
                if lost:
                    names = ", ".join(map(quoted, lost))
                    self.losses.lost(path, (*keys, key), names, "an access list cannot hold these names")
        default = self._defaults.preemption
        allowed = next((each.allowed for each in (said.preemption, default) if each and each.allowed is not None), None)
        if allowed is not None and not (keys and said.preemption is None):
            own[terms.NO_PREEMPTION] = "false" if allowed else "true"
        shortfalls.of_settings(path, keys, said, self.losses)
        return own

    def _of_leaf(self, path: str, queue: Queue, extras: dict[str, str]) -> dict[str, str]:
        """What only a queue without queues below it has."""
        own = {}
        policy = queue.policy or self._defaults.policy
        if policy is not None and terms.ORDERING not in extras and not (policy == FIFO and queue.policy is None):
            own[terms.ORDERING] = self._policy(path, (), policy)
        queued, running = queue.max_queued, queue.max_running
        if queued is None and running is not None:
            queued = self._defaults.max_queued
        if queued is not None and terms.MAX_APPLICATIONS not in extras:
            running = self._defaults.max_running if running is None else running
            own[terms.MAX_APPLICATIONS] = self._applications(path, (), queued, running)
        return own

    def _policy(self, path: str, keys: Keys, policy: str) -> str:
        if policy == DRF and self._calculator != terms.DOMINANT:
            why = f"it is no policy of single queues here: `fair`, and `{terms.CALCULATOR}` is for all of them"
            self.losses.near(path, (*keys, "policy"), policy, why)
        elif policy == FURION:
            self.losses.near(path, (*keys, "policy"), policy, "it is of Spark's own scheduler; `fair` here")
        return FIFO if policy == FIFO else FAIR

    def _policy_of_root(self, policy: str) -> None:
        if policy != DRF or self._calculator != terms.DOMINANT:
            why = "around other queues the one that uses least of its share is served first"
            self.losses.lost(ROOT, ("policy",), policy, why)

    def _am_share(self, path: str | None, keys: Keys, said: float) -> str:
        if said == NO_LIMIT:
            self.losses.near(path, (*keys, "max-am-share"), "no limit", "all of the queue, 1, is the most there is")
            return "1"
        return decimal(said)

    def _applications(self, path: str | None, keys: Keys, queued: int, running: int | None) -> str:
        """`maximum-applications` counts those that run too."""
        if running is None:
            why = (
                "the scheduler limits those that wait and run together; without `max-running` the same number for both"
            )
            self.losses.near(path, (*keys, "max-queued"), str(queued), why)
        return str(min(queued + (running or 0), MOST))

    def _per_user(self, said: Quota) -> dict[str, str]:
        own = {}
        for name, limits in (("", said.default), *said.exceptions.items()):
            keys: Keys = ("per-user", "except", name) if name else ("per-user",)
            if limits.max_running is not None:
                own[f"user.{name}.{terms.MAX_RUNNING}" if name else terms.MAX_PER_USER] = str(limits.max_running)
            why = "the scheduler limits a user's running applications only"
            if limits.max_queued is not None:
                self.losses.lost(ROOT, (*keys, "max-queued"), str(limits.max_queued), why)
            if limits.maximum is not None:
                self.losses.lost(ROOT, (*keys, "maximum"), in_words(limits.maximum), why)
        return own

    def _labels(self, path: str, queue: Settings, extras: dict[str, str]) -> dict[str, str]:
        """What is said of node labels, but for the shares of their nodes."""
        said = queue.node_labels
        if said is None:
            return {}
        own = {}
        if said.access is not None and terms.LABELS not in extras:
            if path == ROOT:
                why = "`root` always has all of them"
                self.losses.lost(path, ("node-labels", "access"), ", ".join(said.access) or "none", why)
            else:
                own[terms.LABELS] = ",".join(said.access) or " "
        if said.default is not None:
            own[terms.DEFAULT_LABEL] = said.default
        for label, share in said.shares.items():
            name = f"{prefix_of(label)}{terms.MAX_AM_SHARE}"
            if share.max_am_share is not None and name not in extras:
                own[name] = self._am_share(path, ("node-labels", "shares", label), share.max_am_share)
        return own

    def _auto_create(self, path: str, queue: Queue) -> dict[str, str]:
        said = creates(queue)
        if said is None:
            made = queue.auto_create
            if made and any(each != Settings() for each in (made.template, made.leaf, made.parent)):
                why = f"`{terms.CREATES_OLD}` is said in the scheduler's words, and with it `leaf-queue-template.` is"
                self.losses.lost(path, ("auto-create",), "templates", why)
            return {}
        own = {terms.CREATES: "true"}
        if said.max_queues is not None:
            own[terms.MAX_QUEUES] = str(said.max_queues)
        if said.max_depth is not None:
            own[terms.MAX_DEPTH] = str(said.max_depth)
        for key, prefix in terms.TEMPLATES.items():
            template = {"template": said.template, "leaf": said.leaf, "parent": said.parent}[key]
            found = self._template(path, ("auto-create", key), template)
            own |= {f"{prefix}{name}": text for name, text in found.items()}
        return own

    def _template(self, path: str, keys: Keys, said: Settings) -> dict[str, str]:
        """What queues created on demand are given: the scheduler wants weights of them."""
        extras = _texts(said)
        own: dict[str, str] = {}
        if terms.CAPACITY not in extras:
            own |= self._template_share(path, keys, said)
        if said.maximum is not None and terms.MAXIMUM_CAPACITY not in extras:
            most = of_parent(said.maximum, None)
            if most is not None:
                own[terms.MAXIMUM_CAPACITY] = decimal(most)
            else:
                why = "for queues created on demand the scheduler takes maximums in percent of the parent only"
                self.losses.lost(path, (*keys, "maximum"), in_words(said.maximum), why)
        own |= self._settings(path, keys, said, extras)
        if said.policy is not None and terms.ORDERING not in extras:
            own[terms.ORDERING] = self._policy(path, keys, said.policy)
        if said.max_queued is not None and terms.MAX_APPLICATIONS not in extras:
            own[terms.MAX_APPLICATIONS] = self._applications(path, keys, said.max_queued, said.max_running)
        if said.node_labels is not None:
            self.losses.lost(path, (*keys, "node-labels"), "node labels", "templates are written without them")
        return own | extras

    def _template_share(self, path: str, keys: Keys, said: Settings) -> dict[str, str]:
        if said.reserved is not None and not self._legacy and said.weight is None:
            percent = of_parent(said.reserved, None)
            return {terms.CAPACITY: resources_text(said.reserved) if percent is None else decimal(percent)}
        if said.reserved is not None:
            why = "queues created on demand have weights"
            self.losses.lost(path, (*keys, "reserved"), in_words(said.reserved), why)
        return {} if said.weight is None else {terms.CAPACITY: f"{decimal(min(said.weight, MOST_WEIGHT))}w"}


def _texts(said: Settings) -> dict[str, str]:
    """What is said in the scheduler's own words."""
    found = {name: text_of(value) for name, value in said.extras.get("capacity", {}).items()}
    return {name: text for name, text in found.items() if text is not None}
