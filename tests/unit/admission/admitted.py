"""Snapshots and entries with defaults, so that a test shows only what it is about."""

from placement.admission.demand import Demand
from placement.admission.entry import Entry
from placement.admission.resources import Resources
from placement.admission.snapshot import QueueUse, Snapshot

GIB = 1024
HUGE = Resources(10**9, 10**9)


def gib(memory, vcores=0):
    return Resources(memory * GIB, vcores)


def demand(total=4, containers=None, master=1):
    """GiB in all; one container beside the application master unless said otherwise."""
    if containers is None:
        return Demand(gib(master), 1, gib(total - master)) if total > master else Demand(gib(total))
    return Demand(gib(master), containers, gib((total - master) // containers))


def entry(name="e", total=4, queue="root.a", user="ann", arrived_s=0.0, **other):
    candidates = queue if isinstance(queue, tuple) else (queue,)
    wanted = other.pop("demand", None) or demand(total)
    return Entry(name, user, user, candidates, wanted, arrived_s, **other)


def leaf(maximum=100, used=0, **other):
    return QueueUse(True, gib(maximum, 1000), gib(used), **other)


def parent(maximum=100, used=0, **other):
    return QueueUse(False, gib(maximum, 1000), gib(used), **other)


def snapshot(scheduler="fair", total=100, free=None, taken_s=0.0, **queues):
    """`a_b=` is root.a.b; root is as large as the cluster unless it is given."""
    paths = {f"root.{name.replace('_', '.')}": use for name, use in queues.items() if name not in OTHERS}
    other = {name: value for name, value in queues.items() if name in OTHERS}
    tree = {"root": other.pop("root", None) or parent(total, total - (total if free is None else free)), **paths}
    there = Resources(total * GIB, 1000)
    left = there if free is None else Resources(free * GIB, 1000)
    return Snapshot(taken_s, scheduler, tree, there, left, minimum=gib(1), step=gib(1), **other)


OTHERS = ("root", "largest", "counts_vcores", "user_running", "term")
