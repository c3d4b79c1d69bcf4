"""What is wrong with a queue tree that can be read: one function a finding. docs/queues.md has them in a table."""

from collections.abc import Callable, Iterable, Iterator

from placement.errors import Place, Problem, nearest, quoted
from placement.queues import access
from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, OF_CLUSTER, OF_PARENT, Amount
from placement.queues.names import CAPACITY, FAIR
from placement.queues.queue import DRF, FIFO, FURION, Hierarchy, LabelShare, Queue, Settings
from placement.queues.queue import FAIR as FAIR_POLICY
from placement.queues.tree import ROOT
from placement.units import MEMORY, in_units

PlaceOf = Callable[..., Place]  # the full path of a queue, or None for the file; then keys of the file
Share = Settings | LabelShare  # who has something reserved and a maximum
PRECISION = 0.05  # percent; what the capacity scheduler forgives a sum: Hadoop `AbstractParentQueue`
SHOWN = 4  # names that one message lists

_MAKES_SENSE = "correct one of the two"


class Subject:
    """What the findings look at: the tree, the site's scheduler, and where everything stands."""

    def __init__(self, hierarchy: Hierarchy, scheduler: str, place_of: PlaceOf) -> None:
        self.hierarchy = hierarchy
        self.scheduler = scheduler
        self.place_of = place_of

    def settings(self) -> Iterator[tuple[str | None, tuple[str, ...], Settings]]:
        """Everything that can say what a queue says: queue or None, keys before its own, and itself."""
        yield None, ("defaults",), self.hierarchy.defaults
        for path, queue in self.hierarchy.queues():
            yield path, (), queue
            if queue.auto_create:
                yield path, ("auto-create", "template"), queue.auto_create.template
                yield path, ("auto-create", "leaf"), queue.auto_create.leaf
                yield path, ("auto-create", "parent"), queue.auto_create.parent


def findings(hierarchy: Hierarchy, scheduler: str, place_of: PlaceOf) -> list[Problem]:
    """Every finding, in the order of the file. `place_of`: `queues_file.reading.Places.of`."""
    subject = Subject(hierarchy, scheduler, place_of)
    found = [
        *unknown_roles(subject),
        *reserved_above_maximum(subject),
        *reserved_above_parent(subject),
        *sums_of_shares(subject),
        *maximum_above_parent(subject),
        *policies_not_offered(subject),
        *policies_below_parents(subject),
        *settings_of_leaves(subject),
        *labels_out_of_reach(subject),
        *idle_exceptions(subject),
    ]
    return sorted(found, key=lambda each: (each.place.line, each.place.column) if each.place else (0, 0))


def unknown_roles(subject: Subject) -> Iterator[Problem]:
    """`unknown-role`: access for a role that is not in `roles`; it would be for nobody."""
    known = list(subject.hierarchy.roles)
    for path, keys, said in subject.settings():
        for right, given in ((access.SUBMIT, said.submit), (access.ADMIN, said.admin)):
            for number, role in enumerate(given.roles if given else ()):
                if role not in subject.hierarchy.roles:
                    near = nearest(role, known)
                    place = subject.place_of(path, *keys, right, "roles", number)
                    remedy = f"did you mean {quoted(near)}?" if near else "write it under `roles:`"
                    yield Problem("unknown-role", f"there is no role {quoted(role)} in queues.yaml", place, remedy)


def reserved_above_maximum(subject: Subject) -> Iterator[Problem]:
    """`reserved-above-maximum`: a queue is guaranteed more than it may ever have."""
    for path, keys, said in subject.settings():
        shares: list[tuple[tuple[str, ...], Share]] = [((), said), *_by_label(said)]
        for below, share in shares:
            for resource, more, most in _above(share.reserved, share.maximum):
                message = f"more is reserved than the maximum: {_of(resource)}{more}, at most {most}"
                place = subject.place_of(path, *keys, *below, "reserved", resource)
                yield Problem("reserved-above-maximum", message, place, _MAKES_SENSE)


def reserved_above_parent(subject: Subject) -> Iterator[Problem]:
    """`reserved-above-parent`: more is reserved for the queues below a queue than for it, or than it may ever have.

    The capacity scheduler refuses it (`AbstractParentQueue.setChildQueues`); under the fair scheduler what is reserved
    counts for less than it says.
    """
    severity = "error" if subject.scheduler == CAPACITY else "warning"
    for path, queue in subject.hierarchy.queues():
        for keys, share, shares in _families(queue):
            for basis in (ABSOLUTE, OF_CLUSTER):
                sums = _sums(shares, basis)
                for key, own in (("reserved", share.reserved), ("maximum", share.maximum)):
                    above = list(_above(Amount(basis, sums), own)) if sums else []
                    for resource, more, most in above:
                        what = "is reserved for" if key == "reserved" else "is the maximum of"
                        message = f"{_of(resource)}{more} are reserved below, and {most} {what} {quoted(path)}"
                        place = subject.place_of(path, *keys, key, resource)
                        yield Problem("reserved-above-parent", message, place, _MAKES_SENSE, severity)
                    if above:
                        break


def sums_of_shares(subject: Subject) -> Iterator[Problem]:
    """`shares-above-100`, `shares-below-100`: what is reserved for the queues below a queue, in percent of it.

    The second under the capacity scheduler only, which wants 100 or nothing where each of them has such a share and
    none a weight (`AbstractParentQueue.setChildQueues`).
    """
    for path, queue in subject.hierarchy.queues():
        for keys, _, shares in _families(queue):
            sums = _sums(shares, OF_PARENT, *([OF_CLUSTER] if path == ROOT else []))  # the cluster is root's
            over = {resource: total for resource, total in sums.items() if total > 100 + PRECISION}
            under = {resource: total for resource, total in sums.items() if 0 < total < 100 - PRECISION}
            place = subject.place_of(None if path == ROOT else path, "queues")
            of = f" of the nodes with the label {quoted(keys[-1])}" if keys else ""
            if over:
                resource, total = max(over.items(), key=lambda each: each[1])
                message = f"{_of(resource)}{total:.10g}%{of} are reserved for the queues below {quoted(path)} together"
                remedy = "take from one what another is to have"
                yield Problem("shares-above-100", message, place, remedy)
            elif under and subject.scheduler == CAPACITY and _are_all_shares(shares):
                resource, total = min(under.items(), key=lambda each: each[1])
                message = f"only {_of(resource)}{total:.10g}%{of} are reserved for the queues below {quoted(path)}"
                remedy = "make it 100%, which the capacity scheduler asks for, or give them weights"
                yield Problem("shares-below-100", message, place, remedy, "warning")


def maximum_above_parent(subject: Subject) -> Iterator[Problem]:
    """`maximum-above-parent`: a queue may have more than the one it is in, which is never reached."""
    remedy = "lower the one or raise the other"
    for path, queue in subject.hierarchy.queues():
        for keys, share, _ in _families(queue):
            for child in queue.children if share.maximum else ():
                own = _share(child, keys[-1] if keys else None)
                maximum = own.maximum if own and own.maximum and own.maximum.basis != OF_PARENT else None
                for resource, more, most in _above(maximum, share.maximum):
                    message = f"the maximum, {_of(resource)}{more}, is above that of {quoted(path)}, {most}"
                    place = subject.place_of(f"{path}.{child.name}", *keys, "maximum", resource)
                    yield Problem("maximum-above-parent", message, place, remedy, "warning")
        most_running = queue.max_running
        for child in queue.children if most_running is not None else ():
            if child.max_running is not None and most_running is not None and child.max_running > most_running:
                message = f"{child.max_running} are more than may run in {quoted(path)}, {most_running}"
                place = subject.place_of(f"{path}.{child.name}", "max-running")
                yield Problem("maximum-above-parent", message, place, remedy, "warning")


def policies_not_offered(subject: Subject) -> Iterator[Problem]:
    """`policy-not-offered`: a policy that the site's scheduler does not have."""
    offered = [FIFO, FAIR_POLICY, DRF] if subject.scheduler == FAIR else [FIFO, FAIR_POLICY]
    for path, keys, said in subject.settings():
        if said.policy is not None and said.policy not in offered:
            message = f"the {subject.scheduler} scheduler has no policy {quoted(said.policy)}"
            remedy = f"it has {' and '.join(filter(None, [', '.join(offered[:-1]), offered[-1]]))}"
            if said.policy == FURION:
                remedy = f"{remedy}; `furion` is of Spark's own scheduler: `spark: {{policy: furion}}`"
            elif said.policy == DRF:
                remedy = f"{remedy}; there DominantResourceCalculator is for the whole cluster"
            place = subject.place_of(path, *keys, "policy")
            yield Problem("policy-not-offered", message, place, remedy, "warning")


def policies_below_parents(subject: Subject) -> Iterator[Problem]:
    """`policy-below-parent`: fair scheduler: a policy that the queue around it does not allow, so there is no queue.

    A queue that says nothing has the policy of `defaults`, else `fair`, whatever its parent has. Below `fair` there is
    no `drf`, and below `fifo` nothing at all.
    Source: Hadoop `FairSharePolicy`, `FifoPolicy`: `isChildPolicyAllowed`; `QueueManager` ("Can't create queue").
    """
    if subject.scheduler != FAIR:
        return
    usual = _offered(subject.hierarchy.defaults.policy, FAIR_POLICY)
    if usual == FIFO:
        remedy = "write `policy: fifo` at the queues that are to have it"
        message = "`fifo` is for single queues; the fair scheduler refuses it as the default"
        yield Problem("policy-below-parent", message, subject.place_of(None, "defaults", "policy"), remedy)
        return
    for path, queue in subject.hierarchy.queues():
        policy = _offered(queue.policy, usual)
        if not queue.is_leaf and policy == FIFO:
            message = f"{quoted(path)} has queues below it, and `fifo` is only for queues that have none"
            yield Problem("policy-below-parent", message, subject.place_of(path, "policy"), "write `fair` or `drf`")
        for child in queue.children:
            below = f"{path}.{child.name}"
            if policy == FAIR_POLICY and _offered(child.policy, usual) == DRF:
                message = f"`drf` cannot be below `fair`, which {quoted(path)} has"
                remedy = f"write `policy: drf` at {quoted(path)} too, or under `defaults:`"
                yield Problem("policy-below-parent", message, subject.place_of(below, "policy"), remedy)


def _offered(policy: str | None, usual: str) -> str:
    return policy if policy in (FIFO, FAIR_POLICY, DRF) else usual


def settings_of_leaves(subject: Subject) -> Iterator[Problem]:
    """`leaf-setting`: a setting that only queues without queues below them can have.

    max-am-share on a parent, `root` included: the fair scheduler refuses the whole file (`AllocationFileQueueParser`),
    the capacity scheduler does not look at it. max-queued: only leaves count applications that wait
    (`AbstractLeafQueue`).
    """
    for path, queue in subject.hierarchy.queues():
        if queue.is_leaf and path != ROOT:
            continue
        is_fair = subject.scheduler == FAIR
        said = [("max-am-share", "error" if is_fair else "warning")] * (queue.max_am_share is not None)
        said += [("max-queued", "warning")] * (queue.max_queued is not None)
        for key, severity in said:
            message = f"{quoted(path)} has queues below it, and {quoted(key)} is only for queues that have none"
            remedy = "say it of the queues below, or of all under `defaults:`"
            yield Problem("leaf-setting", message, subject.place_of(path, key), remedy, severity)


def labels_out_of_reach(subject: Subject) -> Iterator[Problem]:
    """`label-out-of-reach`: a node label that the queue cannot use, or that its parent cannot.

    Source: Hadoop `SchedulerUtils.checkQueueLabelExpression`, `AbstractCSQueue.setupConfigurableCapacities`.
    """
    reach: dict[str, tuple[str, ...] | None] = {"": None}  # None: nothing is said up to the root
    for path, queue in subject.hierarchy.queues():
        inherited = reach[path.rpartition(".")[0]]
        said = queue.node_labels
        own = said.access if said and said.access is not None else inherited
        reach[path] = own
        if said is None:
            continue
        if said.access is not None and inherited is not None and "*" not in inherited:
            for label in said.access:
                if label not in inherited:
                    message = f"the queue above cannot use nodes with the label {quoted(label)}"
                    place = subject.place_of(path, "node-labels", "access")
                    remedy = "add it to `access` there, or take it away here"
                    yield Problem("label-out-of-reach", message, place, remedy)
        used: list[tuple[str, tuple[str, ...]]] = [(said.default, ("default",))] if said.default else []
        used += [(label, ("shares", label)) for label in said.shares]
        for name, keys in used:
            if own is not None and "*" not in own and name not in own:
                message = f"{quoted(path)} cannot use nodes with the label {quoted(name)}"
                place = subject.place_of(path, "node-labels", *keys)
                yield Problem("label-out-of-reach", message, place, f"add it to `access`, or correct {quoted(keys[0])}")


def idle_exceptions(subject: Subject) -> Iterator[Problem]:
    """`idle-exception`: a limit of its own for a user who may not submit to the queue.

    Only where the file says who may, and names users alone: of groups it does not know who is in them.
    """
    roles = subject.hierarchy.roles
    for path, queue in subject.hierarchy.queues():
        if queue.per_user is None or not queue.per_user.exceptions or not queue.is_leaf:
            continue
        grants = access.of_queue(subject.hierarchy, path).submit
        users = {grant.name for grant in grants if grant.kind == access.USER}
        named = [roles[grant.name] for grant in grants if grant.kind == access.ROLE and grant.name in roles]
        users.update(*(role.users for role in named))
        is_open = any(grant.kind in (access.EVERYBODY, access.GROUP) for grant in grants)
        if not grants or is_open or any(role.groups for role in named):
            continue
        for user in queue.per_user.exceptions:
            if user not in users:
                message = f"{quoted(user)} may not submit to {quoted(path)}, so nothing is an exception"
                place = subject.place_of(path, "per-user", "except", user)
                remedy = "correct the name, add it to `submit`, or delete the exception"
                yield Problem("idle-exception", message, place, remedy, "warning")


# --- amounts side by side


def _by_label(said: Settings) -> list[tuple[tuple[str, ...], LabelShare]]:
    """The shares of single labels, each with its keys."""
    shares = said.node_labels.shares if said.node_labels else {}
    return [(("node-labels", "shares", label), share) for label, share in shares.items()]


def _share(queue: Queue, label: str | None) -> Share | None:
    if label is None:
        return queue
    return queue.node_labels.shares.get(label) if queue.node_labels else None


def _families(queue: Queue) -> Iterator[tuple[tuple[str, ...], Share, list[Share]]]:
    """The queue's share with the shares of its children: of nodes without a label, then of each label's."""
    if not queue.children:
        return
    yield (), queue, list(queue.children)
    labels = dict.fromkeys(
        label for each in (queue, *queue.children) if each.node_labels for label in each.node_labels.shares
    )
    for label in labels:
        own = _share(queue, label) or LabelShare()
        below = [share for child in queue.children if (share := _share(child, label))]
        yield ("node-labels", "shares", label), own, below


def _are_all_shares(shares: Iterable[Share]) -> bool:
    return all(
        share.reserved is not None and share.reserved.basis == OF_PARENT and share.weight is None for share in shares
    )


EVERY = ""  # in the place of a resource: all of them


def _sums(shares: Iterable[Share], *bases: str) -> dict[str, float]:
    """What is reserved together, by resource, of those whose share is said on one of the bases; one for all as EVERY.

    Where one for all and single resources stand side by side, by each resource that is named.
    """
    amounts = [share.reserved for share in shares if share.reserved and share.reserved.basis in bases]
    if amounts and all(amount.every is not None for amount in amounts):
        return {EVERY: sum(amount.every or 0 for amount in amounts)}
    names = dict.fromkeys(name for amount in amounts for name in amount.values)
    return {name: sum(amount.of(name) or 0 for amount in amounts) for name in names}


def _above(one: Amount | None, other: Amount | None) -> Iterator[tuple[str, str, str]]:
    """Resource, and both in words, where `one` is more than `other`; none where the two cannot be compared."""
    if one is None or other is None or one.basis != other.basis:
        return
    if EVERY in one.values:
        one = Amount(one.basis, every=one.values[EVERY])
    names = dict.fromkeys((*one.values, *other.values)) or {EVERY: None}
    for name in names:
        more, most = one.of(name), other.of(name)
        if more is not None and most is not None and more > most + (0 if one.basis == ABSOLUTE else PRECISION):
            yield name, _in_words(name, more, one.basis), _in_words(name, most, other.basis)


def _in_words(resource: str, number: float, basis: str) -> str:
    if basis != ABSOLUTE:
        return f"{number:.10g}%{' of cluster' if basis == OF_CLUSTER else ''}"
    return in_units(number, MEMORY) if resource == MEMORY_NAME else f"{number:.0f}"


def _of(resource: str) -> str:
    return f"{resource} " if resource else ""
