"""Where queues.yaml says what a scheduler's property says. Pure; docs/queues.md has the keys."""

from placement.hadoop_loader.complaints import CHILDREN
from placement.queues.names import FAIR
from placement.queues.tree import ROOT
from placement.schedulers.capacity import terms
from placement.schedulers.fair import words

Keys = tuple[str, ...]

_FAIR: dict[str, Keys] = {
    "weight": ("weight",),
    "minResources": ("reserved",),
    "maxResources": ("maximum",),
    "maxChildResources": ("auto-create", "template", "maximum"),
    "maxRunningApps": ("max-running",),
    "maxAMShare": ("max-am-share",),
    "schedulingPolicy": ("policy",),
    "aclSubmitApps": ("submit",),
    "aclAdministerApps": ("admin",),
    "allowPreemptionFrom": ("preemption", "allowed"),
    "fairSharePreemptionTimeout": ("preemption", "fair-share-timeout"),
    "minSharePreemptionTimeout": ("preemption", "min-share-timeout"),
    "fairSharePreemptionThreshold": ("preemption", "threshold"),
}
_FAIR_DEFAULTS: dict[str, Keys] = {
    "queueMaxResourcesDefault": ("maximum",),
    "queueMaxAppsDefault": ("max-running",),
    "queueMaxAMShareDefault": ("max-am-share",),
    "defaultQueueSchedulingPolicy": ("policy",),
    "defaultFairSharePreemptionTimeout": ("preemption", "fair-share-timeout"),
    "defaultMinSharePreemptionTimeout": ("preemption", "min-share-timeout"),
    "defaultFairSharePreemptionThreshold": ("preemption", "threshold"),
}
_CAPACITY: dict[str, Keys] = {
    "capacity": ("reserved",),
    "maximum-capacity": ("maximum",),
    "max-parallel-apps": ("max-running",),
    "maximum-applications": ("max-queued",),
    "maximum-am-resource-percent": ("max-am-share",),
    "ordering-policy": ("policy",),
    "acl_submit_applications": ("submit",),
    "acl_administer_queue": ("admin",),
    "disable_preemption": ("preemption", "allowed"),
    "default-node-label-expression": ("node-labels", "default"),
    "accessible-node-labels": ("node-labels", "access"),
}
_CAPACITY_DEFAULTS: dict[str, Keys] = {
    name: _CAPACITY[name] for name in ("max-parallel-apps", "maximum-am-resource-percent")
} | {"global-queue-max-application": ("max-queued",)}
_LABEL = "accessible-node-labels."


def keys(scheduler: str, queue: str | None, name: str) -> list[tuple[str | None, Keys]]:
    """The queue and keys, as `Places.of` takes them, of each setting that may say the property `name` of `queue`.

    `queue` None: of the scheduler as a whole. `name` may be CHILDREN. The likeliest first, and the last is always
    where settings of this scheduler alone are passed through.
    """
    if name == CHILDREN:
        return [(None if queue == ROOT else queue, ("queues",))]
    if queue is None:
        full = name if scheduler == FAIR else f"{terms.PREFIX}{name}"
        return [*_of_all(scheduler, name), (None, ("defaults", scheduler, full)), (None, ("defaults", scheduler, name))]
    own = [_FAIR[name]] if scheduler == FAIR and name in _FAIR else []
    if scheduler != FAIR:
        own = [("weight",), ("reserved",)] if name == "capacity" else [_of_label(name) or _CAPACITY.get(name, ())]
        if name.startswith("auto-"):
            own = [("auto-create",)]
    return [*((queue, each) for each in own if each), (queue, (scheduler, name))]


def _of_all(scheduler: str, name: str) -> list[tuple[str | None, Keys]]:
    table = _FAIR_DEFAULTS if scheduler == FAIR else _CAPACITY_DEFAULTS
    if name in table:
        return [(None, ("defaults", *table[name]))]
    if name in ("userMaxAppsDefault", terms.MAX_PER_USER):
        return [(ROOT, ("per-user", "max-running"))]
    user = words.user_of(name) if scheduler == FAIR else _user_of(name)
    return [(ROOT, ("per-user", "except", user))] if user else []


def _user_of(name: str) -> str | None:
    user, _, rest = name.removeprefix("user.").rpartition(".")
    return user if name.startswith("user.") and rest == terms.MAX_RUNNING else None


def _of_label(name: str) -> Keys | None:
    label, _, rest = name.removeprefix(_LABEL).rpartition(".")
    if not name.startswith(_LABEL) or not label:
        return None
    return ("node-labels", "shares", label, *_CAPACITY.get(rest, ()))
