"""What the ResourceManager shows that is not what it is told; the answers are those of Hadoop 3.5.0, shortened."""

import pytest

from placement.schedulers.configuration import Configuration
from placement.sync.shown import differences
from placement.yarn.answers import Scheduler

CLUSTER = {"memory": 8192, "vCores": 8}
LARGEST = {"memory": 8192, "vCores": 4}
MANY = 2147483647
CLOSED = {"queueAcl": [{"accessType": "SUBMIT_APP", "accessControlList": " prod,dev"}]}


def fair_answer(**queues):
    bare = {"maxApps": MANY, "minResources": {"memory": 0, "vCores": 0}, "maxResources": CLUSTER, "preemptable": True}
    bare |= {"clusterResources": CLUSTER, "maxContainerAllocation": LARGEST, "schedulingPolicy": "fair"}
    return Scheduler("fairScheduler", {"root": bare, **{f"root.{name}": bare | own for name, own in queues.items()}})


def capacity_answer(**queues):
    bare = {"capacity": 100.0, "maxCapacity": 100.0, "weight": -1.0, "maxParallelApps": MANY, "state": "RUNNING"}
    bare |= {"creationMethod": "static"}
    root = {"capacity": 100.0, "maxCapacity": 100.0, "maxParallelApps": MANY}
    return Scheduler(
        "capacityScheduler", {"root": root, **{f"root.{name}": bare | own for name, own in queues.items()}}
    )


def fair(general=None, **queues):
    return Configuration("fair", {"root": {}, **{f"root.{name}": own for name, own in queues.items()}}, general or {})


def capacity(general=None, **queues):
    told = {f"root.{name}": {key.replace("_", "-"): text for key, text in own.items()} for name, own in queues.items()}
    return Configuration("capacity", {"root": {}, **told}, general or {})


def test_queues_that_are_not_there_and_such_as_come_on_demand():
    assert differences(fair(a={}), fair_answer()) == ["there is no queue `root.a`"]
    assert differences(fair(), fair_answer(a={})) == []
    assert differences(capacity(), capacity_answer(a={})) == ["there is a queue `root.a`"]
    assert differences(capacity(), capacity_answer(a={"creationMethod": "dynamicFlexible"})) == []


def test_another_scheduler():
    assert differences(fair(), capacity_answer()) == ["the scheduler is `capacityScheduler`, not `fair`"]


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ({"maxRunningApps": "5"}, {"maxApps": 5}),
        ({"schedulingPolicy": "fifo"}, {"schedulingPolicy": "FIFO"}),
        ({"schedulingPolicy": "com.example.Own"}, {"schedulingPolicy": "own"}),
        ({"allowPreemptionFrom": "false"}, {"preemptable": False}),
        ({"minResources": "1024 mb, 1 vcores"}, {"minResources": {"memory": 1024, "vCores": 1}}),
        ({"maxResources": "50.0% memory, 25.0% cpu"}, {"maxResources": {"memory": 4096, "vCores": 2}}),
        ({"maxResources": "33%"}, {"maxResources": {"memory": 2703, "vCores": 2}}),
        ({"maxResources": "memory-mb=1024"}, {"maxResources": {"memory": 1024, "vCores": 0}}),
        ({"maxResources": "99999 mb, 99 vcores"}, {}),
        (
            {"minResources": "2048 mb, 2 vcores", "maxResources": "1024 mb, 1 vcores"},
            {"minResources": {"memory": 2048, "vCores": 2}, "maxResources": {"memory": 2048, "vCores": 2}},
        ),
        ({"maxContainerAllocation": "512 mb, 9 vcores"}, {"maxContainerAllocation": {"memory": 512, "vCores": 4}}),
        ({"weight": "3.0", "maxAMShare": "0.1", "aclSubmitApps": "ann"}, {}),
        ({"maxRunningApps": "many", "maxResources": "all"}, {}),
    ],
)
def test_what_the_fair_scheduler_shows_as_told(own, shown):
    assert differences(fair(a=own), fair_answer(a=shown)) == []
    bare = [each for each in shown if each != "schedulingPolicy" or "Own" not in str(own)]
    assert bool(differences(fair(a=own), fair_answer(a={}))) == bool(bare)


def test_defaults_of_the_fair_scheduler():
    general = {"queueMaxAppsDefault": "4", "defaultQueueSchedulingPolicy": "drf", "queueMaxResourcesDefault": "50%"}
    shown = {"maxApps": 4, "schedulingPolicy": "DRF", "maxResources": {"memory": 4096, "vCores": 4}}
    answer = fair_answer(a=shown)
    answer.queues["root"] |= {"schedulingPolicy": "DRF"}
    assert differences(fair(general, a={}), answer) == []
    assert differences(fair(a={}), answer) == [
        "schedulingPolicy of `root` is DRF, not fair",
        "maxRunningApps of `root.a` is 4, not 2147483647",
        "schedulingPolicy of `root.a` is DRF, not fair",
        "maxResources (memory) of `root.a` is 4096, not 8192",
        "maxResources (vCores) of `root.a` is 4, not 8",
    ]


def test_a_cluster_without_nodes_shows_no_resources():
    empty = {"memory": 0, "vCores": 0}
    answer = fair_answer(a={"maxResources": empty})
    answer.queues["root"] |= {"clusterResources": empty}
    assert differences(fair(a={"maxResources": "50%"}), answer) == []


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ({"capacity": "30"}, {"capacity": 30.000002}),
        ({"capacity": "3w"}, {"weight": 3.0}),
        ({"capacity": "[memory=1024,vcores=1]"}, {}),
        ({"capacity": "?", "maximum_capacity": "?"}, {}),
        ({"maximum_capacity": "92"}, {"maxCapacity": 92.00001}),
        ({"maximum_capacity": "-1"}, {}),
        ({"max_parallel_apps": "7"}, {"maxParallelApps": 7}),
        ({"maximum_applications": "7"}, {"maxApplications": 7}),
        ({"maximum_am_resource_percent": "0.3"}, {"configuredMaxAMResourceLimit": 0.30000001}),
        ({"ordering_policy": "fair"}, {"orderingPolicyInfo": "fair"}),
        ({"state": "STOPPED"}, {"state": "STOPPED"}),
        ({"state": "STOPPED"}, {"state": "DRAINING"}),
    ],
)
def test_what_the_capacity_scheduler_shows_as_told(own, shown):
    other = {"maxApplications": 1, "configuredMaxAMResourceLimit": 0.1, "orderingPolicyInfo": "fifo"}
    assert differences(capacity(a=own), capacity_answer(a=other | shown)) == []
    assert bool(differences(capacity(a=own), capacity_answer(a=other))) == bool(shown)


def test_access_of_the_capacity_scheduler():
    answer = capacity_answer(a={"queueAcls": CLOSED})
    told = Configuration("capacity", {"root": {}, "root.a": {"acl_submit_applications": " dev,prod"}})
    assert differences(told, answer) == []
    assert differences(capacity(a={}), answer) == ['acl_submit_applications of `root.a` is " prod,dev", not nobody']


def test_a_queue_that_stays_stopped_and_one_below_a_stopped_one():
    stopped = {"state": "STOPPED"}
    assert differences(capacity(a={}), capacity_answer(a=stopped)) == ["state of `root.a` is STOPPED, not RUNNING"]
    told = Configuration("capacity", {"root": {}, "root.a": stopped, "root.a.b": {}})
    assert differences(told, capacity_answer(**{"a": stopped, "a.b": stopped})) == []


def test_older_releases_show_less():
    answer = Scheduler("capacityScheduler", {"root": {}, "root.a": {"capacity": 30.0}})
    assert differences(capacity(a={"capacity": "30", "max_parallel_apps": "3"}), answer) == []
    assert differences(fair(a={"maxRunningApps": "3"}), Scheduler("fairScheduler", {"root": {}, "root.a": {}})) == []
