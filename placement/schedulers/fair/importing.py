"""The allocation file as a queue tree: what the tree has words for, and the rest as it stands, under `fair`."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from placement.errors import PlacementError, Problem, quoted
from placement.queues.amounts import ABSOLUTE, Amount
from placement.queues.names import FAIR
from placement.queues.queue import (
    NO_LIMIT,
    Access,
    AutoCreate,
    Hierarchy,
    Limits,
    Preemption,
    Queue,
    Quota,
    Settings,
    can_be_named,
    can_be_somebody,
)
from placement.queues.tree import ROOT
from placement.schedulers import access_lists
from placement.schedulers.configuration import Configuration, Properties
from placement.schedulers.fair import amounts, elements, texts, values, words

MOST_WEIGHT = 1e9
NEARLY_NO_LIMIT = 1e-4  # source: Hadoop `FSLeafQueue.canRunAppAM`
_PREEMPTION = "preemption."
_UNSAID = {name: values.GENERAL[name] for name in ("defaultQueueSchedulingPolicy", "queueMaxAMShareDefault")}
EVERYBODY = Access(everybody=True)


def hierarchy(configuration: Configuration) -> tuple[Hierarchy, list[Problem]]:
    """The tree, with what should be known of it. Nothing that the file says is lost.

    What it leaves to this scheduler's defaults is said where the capacity scheduler has others: the policy, the part
    for application masters, the weight beside a queue that has something reserved.
    Raises PlacementError `queue-name` for queues that queues.yaml cannot name.
    """
    problems = [*_bad_names(configuration)]
    if problems:
        raise PlacementError(*problems)
    general = {**_UNSAID, **configuration.general}
    guaranteeing = {path.rpartition(".")[0] for path, said in configuration.queues.items() if "minResources" in said}
    below: dict[str, list[Queue]] = defaultdict(list)
    for path, said in reversed([*configuration.queues.items()]):
        parent, _, name = path.rpartition(".")
        is_weighed = parent in guaranteeing and not {"minResources", "weight"} & said.keys()
        own = {**said, "weight": values.OF_QUEUES["weight"]} if is_weighed else said
        below[parent].append(_queue(path, name, own, tuple(reversed(below.pop(path, [])))))
    (root,) = below[""]
    per_user, users_left = _per_user(general)
    found, left = _settings(None, {name: text for name, text in general.items() if not _is_of_users(name)})
    left |= users_left
    defaults = Settings(**found, extras={FAIR: left} if left else {})
    return Hierarchy(replace(root, per_user=per_user), defaults), [*_warnings(configuration)]


def _bad_names(configuration: Configuration) -> Iterator[Problem]:
    for path in configuration.queues:
        parent, _, name = path.rpartition(".")
        if path == ROOT:
            continue
        if name == ROOT or (parent == ROOT and name.lower() == ROOT) or not can_be_named(name):
            message = f"queues.yaml has no queue with the name {quoted(name)}"
            remedy = (
                'give it another one there first: no blank, comma, or any of `:`, `"`, `@`, `#`, `%`, `*`; not `root`'
            )
            yield Problem("queue-name", message, configuration.places.get((path, None)), remedy)


def _queue(path: str, name: str, said: Properties, children: tuple[Queue, ...]) -> Queue:
    is_parent = bool(children) or said.get(words.TYPE) == words.PARENT or path == ROOT
    found, left = _settings(path, said)
    if left.get(words.TYPE) == words.PARENT:
        del left[words.TYPE]
    creating = AutoCreate() if words.TYPE in said and words.TYPE not in left else None
    if is_parent:  # neither counts for anything in a leaf, or in a parent
        limit = _maximum(said["maxChildResources"]) if "maxChildResources" in said else None
        if limit is not None:
            creating = AutoCreate(template=Settings(maximum=limit))
            del left["maxChildResources"]
        if "max_am_share" in found:
            del found["max_am_share"]
            left["maxAMShare"] = said["maxAMShare"]
    if path == ROOT:  # open, unless it says otherwise; ours is closed
        for right, tag in (("submit", "aclSubmitApps"), ("admin", "aclAdministerApps")):
            if tag not in said:
                found[right] = EVERYBODY
    return Queue(name=name, **found, auto_create=creating, children=children, extras={FAIR: left} if left else {})


def _settings(path: str | None, said: Properties) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of Settings that are said, and the properties that none of them holds."""
    found: dict[str, Any] = {}
    left: dict[str, str] = {}
    preemption: dict[str, Any] = {}
    known = FIELDS if path is not None else GENERAL_FIELDS
    for name, text in said.items():
        field, convert = known.get(name, ("", _nothing))
        value = convert(text)
        if value is None:
            left[name] = text
        elif field.startswith(_PREEMPTION):
            preemption[field.removeprefix(_PREEMPTION)] = value
        elif value != Access():  # nobody is what a queue is without it, here
            found[field] = value
    if preemption:
        found["preemption"] = Preemption(**preemption)
    return found, left


def _is_of_users(name: str) -> bool:
    return name == "userMaxAppsDefault" or words.user_of(name) is not None


def _per_user(general: Properties) -> tuple[Quota | None, dict[str, str]]:
    default, exceptions, left = Limits(), {}, {}
    for name, text in general.items():
        if not _is_of_users(name):
            continue
        limit, user = _count(text), words.user_of(name)
        if limit is None or (user is not None and not can_be_somebody(user)):
            left[name] = text
        elif user is None:
            default = Limits(max_running=limit)
        else:
            exceptions[user] = Limits(max_running=limit)
    return (Quota(default, exceptions) if exceptions or default != Limits() else None), left


def _nothing(_: str) -> None:
    return None


def _weight(text: str) -> float | None:
    number = texts.number(text)
    return number if number is not None and 0 < number <= MOST_WEIGHT else None


def _reserved(text: str) -> Amount | None:
    amount = amounts.read(text)
    return amount if amounts.is_held(amount) and amount.basis == ABSOLUTE else None  # percent count for nothing


def _maximum(text: str) -> Amount | None:
    amount = amounts.maximum(amounts.read(text))
    return amount if amounts.is_held(amount) else None


def _count(text: str) -> int | None:
    number = texts.whole(text)
    return number if number is not None and 0 <= number <= amounts.MOST_INT else None


def _am_share(text: str) -> float | None:
    number = texts.number(text)
    if number is not None and abs(number - NO_LIMIT) < NEARLY_NO_LIMIT:
        return NO_LIMIT
    return min(number, 1.0) if number is not None and number >= 0 else None


def _threshold(text: str) -> float | None:
    number = texts.part(text)
    return number if number is not None and number >= 0 else None


def _flag(text: str) -> bool:
    return texts.flag(text)


def _access(text: str) -> Access | None:
    access = access_lists.read(elements.text_of(text))
    return access if all(map(can_be_somebody, (*access.users, *access.groups))) else None


Convert = Callable[[str], Any]
FIELDS: dict[str, tuple[str, Convert]] = {
    "weight": ("weight", _weight),
    "minResources": ("reserved", _reserved),
    "maxResources": ("maximum", _maximum),
    "maxRunningApps": ("max_running", _count),
    "maxAMShare": ("max_am_share", _am_share),
    "schedulingPolicy": ("policy", texts.policy),
    "allowPreemptionFrom": ("preemption.allowed", _flag),
    "minSharePreemptionTimeout": ("preemption.min_share_timeout_s", _count),
    "fairSharePreemptionTimeout": ("preemption.fair_share_timeout_s", _count),
    "fairSharePreemptionThreshold": ("preemption.threshold", _threshold),
    "aclSubmitApps": ("submit", _access),
    "aclAdministerApps": ("admin", _access),
}
GENERAL_FIELDS: dict[str, tuple[str, Convert]] = {
    "queueMaxResourcesDefault": ("maximum", _maximum),
    "queueMaxAppsDefault": ("max_running", _count),
    "queueMaxAMShareDefault": ("max_am_share", _am_share),
    "defaultQueueSchedulingPolicy": ("policy", texts.policy),
    "defaultMinSharePreemptionTimeout": ("preemption.min_share_timeout_s", _count),
    "defaultFairSharePreemptionTimeout": ("preemption.fair_share_timeout_s", _count),
    "defaultFairSharePreemptionThreshold": ("preemption.threshold", _threshold),
}


def _everything(configuration: Configuration) -> Iterator[tuple[str | None, str, str]]:
    """Queue, property and text of all that is said."""
    for name, text in configuration.general.items():
        yield None, name, text
    for path, said in configuration.queues.items():
        for name, text in said.items():
            yield path, name, text


def _warnings(configuration: Configuration) -> Iterator[Problem]:
    is_old_told = False
    for path, name, text in _everything(configuration):
        kind, place = words.kind_of(path, name), configuration.places.get((path, name))
        if kind == words.ACCESS and name in FIELDS and _access(text) is None:
            message = (
                f"{quoted(text)} names somebody whom queues.yaml cannot; `placement access` does not know of this list"
            )
            yield Problem("list-not-held", message, place, "correct the names", "warning")
        elif kind == words.RESERVED and amounts.read(text).basis != ABSOLUTE:
            message = f"percent count for nothing in {quoted(name)}: the scheduler reserves nothing here"
            yield Problem(
                "percent-reserved", message, place, "say how much, as `reserved: {memory: 10g, vcores: 5}`", "warning"
            )
        elif kind == words.AMOUNT and amounts.has_no_vcores(amounts.read(text)):
            message = f"{quoted(text)} leaves the queue no vcores, as it does not name them; nothing runs in it"
            yield Problem("no-vcores", message, place, "say how many; without any under `maximum`: no limit", "warning")
        elif kind == words.AMOUNT and amounts.is_old_form(text) and not is_old_told:
            is_old_told = True
            message = (
                "this form, here and below, leaves a queue nothing but memory and vcores, where a cluster has more"
            )
            remedy = "say `yarn.io/gpu: 0` and the like under `maximum`, where that was meant"
            yield Problem("old-amounts", message, place, remedy, "note")
    message = "in the fair scheduler one user can have all of a queue, in the capacity scheduler its own share at most"
    remedy = "to keep it for that one, write `capacity: {user-limit-factor: -1}` under `defaults`"
    yield Problem("other-defaults", message, None, remedy, "note")
