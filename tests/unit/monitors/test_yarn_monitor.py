"""YARN's monitor, from what real ResourceManagers of Hadoop 3.5.0 answered."""

import json

import pytest

from placement.admission.resources import Resources
from placement.admission.snapshot import QueueUse, Snapshot
from placement.errors import PlacementError
from placement.monitors import yarn
from placement.yarn.moment_shapes import RunningApp
from tests.conftest import ROOT
from tests.unit.yarn.stub import answer, free_address, serving


def recorded(scheduler):
    return json.loads((ROOT / "tests" / "data" / "yarn" / f"{scheduler}-3.5.0.json").read_text())


def looked(said, **cluster):
    def behave(request):
        path = request.split(" ")[1].partition("?")[0]
        return answer(said[path.removeprefix("/ws/v1/cluster/")])

    with serving(behave) as rm:
        asked = {"resource-managers": [rm.address], "user": "yarn", **cluster}
        return yarn.make({"cluster": asked}).look(), rm.address


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_totals_are_those_of_the_resource_manager(scheduler):
    said = recorded(scheduler)
    found, address = looked(said)
    metrics = said["metrics"]["clusterMetrics"]
    there = {(each.of, each.name): each for each in found.capacities}
    memory, cores = there["", "memory"], there["", "vcores"]
    assert found.source == address
    assert (memory.total, memory.free) == (metrics["totalMB"] * 2**20, metrics["availableMB"] * 2**20)
    assert (cores.used, cores.total) == (metrics["allocatedVirtualCores"], metrics["totalVirtualCores"])
    assert there["", "nodes"].used == metrics["activeNodes"]
    assert all(each.used + each.free == each.total for each in found.capacities if each.total is not None)
    assert there["root", "memory"].used == metrics["allocatedMB"] * 2**20


def test_what_applications_have():
    said = recorded("fair")
    found, _ = looked(said)
    by_id = {use.id: {value.name: value.number for value in use.values} for use in found.uses}
    for app in said["apps"]["apps"]["app"]:
        has = by_id[app["id"]]
        assert has["memory-allocated"] == max(app["allocatedMB"] + app["reservedMB"], 0) * 2**20
        assert has["vcores-allocated"] == max(app["allocatedVCores"] + app["reservedVCores"], 0)


def snapshot(counts_vcores=True, **queues):
    total = Resources(1000, 10)
    root = QueueUse(is_leaf=False, maximum=total)
    below = {f"root.{name}": queue for name, queue in queues.items()}
    return Snapshot(1.0, "fair", {"root": root} | below, total, total, counts_vcores=counts_vcores)


def leaf(used=(0, 0), maximum=(1000, 10), am_used=(0, 0), am_maximum=None):
    return QueueUse(
        is_leaf=True,
        maximum=Resources(*maximum),
        used=Resources(*used),
        am_used=Resources(*am_used),
        am_maximum=Resources(*am_maximum) if am_maximum else None,
    )


@pytest.mark.parametrize(
    ("queue", "counts_vcores", "expected"),
    [
        (leaf((89, 0), (100, 5)), True, None),
        (leaf((90, 0), (100, 5)), True, ("near-maximum", "90 of 100 MiB")),
        (leaf((1, 5), (100, 5)), True, ("near-maximum", "5 of 5 vcores")),
        (leaf((1, 5), (100, 5)), False, None),
        (leaf((1000, 1)), True, None),  # it has the cluster's maximum, which is told of the root
        (leaf((0, 0), (0, 0)), True, None),
        (leaf(am_used=(46, 1), am_maximum=(50, 5)), True, ("near-am-share", "46 of 50 MiB")),
        (leaf(am_used=(44, 1), am_maximum=(50, 5)), True, None),
    ],
)
def test_queues_near_a_limit_are_in_danger(queue, counts_vcores, expected):
    found = yarn.readings("x", snapshot(counts_vcores, q=queue), []).dangers
    if expected is None:
        assert found == ()
    else:
        (danger,) = found
        assert (danger.of, danger.what) == ("root.q", expected[0])
        assert expected[1] in danger.why


def test_what_nobody_may_see_of_an_application_is_nothing():
    app = RunningApp("a", "u", "root.q", "RUNNING", allocatedMB=-1, allocatedVCores=-1, runningContainers=-1)
    (use,) = yarn.readings("x", snapshot(), [app]).uses
    assert [value.number for value in use.values] == [0, 0, 0]


def test_away_and_settings_at_fault():
    with pytest.raises(PlacementError) as caught:
        yarn.make({"cluster": {"resource-managers": [free_address()], "user": "yarn"}}).look()
    assert caught.value.problems[0].code == "rm-unreachable"
    for said in ({}, {"cluster": {}}, {"cluster": {"resource-managers": [], "user": 1}}):
        with pytest.raises(PlacementError) as caught:
            yarn.make(said)
        assert caught.value.problems[0].code == "monitor-settings"
