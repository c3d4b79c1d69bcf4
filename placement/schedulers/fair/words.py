"""The words of the allocation file: its elements, what each of them holds, and their old names.

Sources: Hadoop `AllocationFileParser`, `AllocationFileQueueParser` (3.5.0).
"""

from collections.abc import Container

RESERVED, AMOUNT = "reserved", "amount"  # what is left out of the first is none, of the second no limit
WHOLE, SECONDS, NUMBER, FLAG = "whole", "seconds", "number", "flag"
POLICY, DEFAULT_POLICY, ACCESS, TEXT = "policy", "default policy", "access", "text"

QUEUE = {
    "weight": NUMBER,
    "minResources": RESERVED,
    "maxResources": AMOUNT,
    "maxChildResources": AMOUNT,
    "maxContainerAllocation": AMOUNT,
    "maxRunningApps": WHOLE,
    "maxAMShare": NUMBER,
    "schedulingPolicy": POLICY,
    "allowPreemptionFrom": FLAG,
    "minSharePreemptionTimeout": SECONDS,
    "fairSharePreemptionTimeout": SECONDS,
    "fairSharePreemptionThreshold": NUMBER,
    "aclSubmitApps": ACCESS,
    "aclAdministerApps": ACCESS,
    "aclSubmitReservations": ACCESS,
    "aclAdministerReservations": ACCESS,
    "aclListReservations": ACCESS,
}
GENERAL = {
    "queueMaxResourcesDefault": AMOUNT,
    "queueMaxAppsDefault": WHOLE,
    "queueMaxAMShareDefault": NUMBER,
    "userMaxAppsDefault": WHOLE,
    "defaultQueueSchedulingPolicy": DEFAULT_POLICY,
    "defaultMinSharePreemptionTimeout": SECONDS,
    "defaultFairSharePreemptionTimeout": SECONDS,
    "defaultFairSharePreemptionThreshold": NUMBER,
    "fairSharePreemptionTimeout": SECONDS,
    "reservation-planner": TEXT,
    "reservation-agent": TEXT,
    "reservation-policy": TEXT,
}
CONTAINER = "maxContainerAllocation"
PLACEMENT, RESERVATION, TYPE, PARENT = "queuePlacementPolicy", "reservation", "type", "parent"
OLD_TIMEOUT, TIMEOUT = "fairSharePreemptionTimeout", "defaultFairSharePreemptionTimeout"  # general; both: the second
FOR_LEAVES = ("maxAMShare", RESERVATION)

_USER, _RUNNING = "user ", " maxRunningApps"


def is_queue(tag: str, is_inside: bool) -> bool:
    """Whether an element is a queue; inside of one the end of the word is enough (`QUEUE.endsWith`)."""
    return tag in ("queue", "pool") or (is_inside and "queue".endswith(tag))


def current(queue: str | None, tag: str) -> str:
    """The name of today for that of an element, where both mean the same."""
    old = "defaultQueueSchedulingMode" if queue is None else "schedulingMode"
    return f"{old.removesuffix('Mode')}Policy" if tag == old else tag


def of_user(name: str) -> str:
    """The general property that holds how many applications of one user may run."""
    return f"{_USER}{name}{_RUNNING}"


def user_of(name: str) -> str | None:
    """Whose running applications a general property limits; None if it is another one."""
    if not name.startswith(_USER) or not name.endswith(_RUNNING) or len(name) < len(_USER) + len(_RUNNING):
        return None
    return name[len(_USER) : -len(_RUNNING)]


def kind_of(queue: str | None, name: str) -> str | None:
    """What a property holds, of a queue or of the scheduler as a whole; None if nothing is known of it."""
    if queue is not None:
        return QUEUE.get(name)
    return WHOLE if user_of(name) is not None else GENERAL.get(name)


def is_idle(name: str, root: Container[str]) -> bool:
    """Whether the scheduler never looks at a general property, for `root` has its own (`setupRootQueueProperties`)."""
    own = name.removeprefix("default")
    return "Preemption" in name and f"{own[:1].lower()}{own[1:]}" in root
