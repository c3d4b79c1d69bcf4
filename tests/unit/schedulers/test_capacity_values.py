import pytest

from placement.schedulers.capacity.stages import keeping_states, stages
from placement.schedulers.capacity.values import same
from placement.schedulers.configuration import Configuration

SAME = [
    ("root.a", "capacity", "30", "30.000002"),
    ("root.a", "capacity", "3w", "3.0w"),
    ("root.a", "capacity", "[memory=1024,vcores=1]", "[vcores=1, memory=1Gi]"),
    ("root.a", "capacity", None, "0"),
    ("root", "capacity", None, "100"),
    ("root", "acl_submit_applications", None, "*"),
    ("root.a", "acl_submit_applications", None, " "),
    ("root.a", "acl_submit_applications", "a,b c", "b,a c"),
    ("root.a", "maximum-capacity", None, "-1"),
    ("root.a", "state", None, "running"),
    ("root", "disable_preemption", "FALSE", None),
    ("root.a", "accessible-node-labels.gpu.capacity", "50", "50.0"),
    (None, "yarn.scheduler.capacity.maximum-am-resource-percent", "0.1", "0.10"),
]
OTHER = [
    ("root.a", "capacity", "30", "30w"),
    ("root.a", "capacity", "30", "30.1"),
    ("root.a", "capacity", "[memory=1024,vcores=1]", "[memory=1024,vcores=2]"),
    ("root", "acl_submit_applications", None, " "),
    ("root.a", "acl_submit_applications", "a", " a"),
    ("root.a", "disable_preemption", "true", None),
    ("root.a", "disable_preemption", "false", None),  # as its parent has it
    ("root.a", "state", None, "STOPPED"),
    ("root.a", "max-parallel-apps", "5", None),
]


@pytest.mark.parametrize(("queue", "name", "one", "other"), SAME)
def test_same(queue, name, one, other):
    assert same(queue, name, one, other)
    assert same(queue, name, other, one)


@pytest.mark.parametrize(("queue", "name", "one", "other"), OTHER)
def test_not_the_same(queue, name, one, other):
    assert not same(queue, name, one, other)
    assert not same(queue, name, other, one)


def tree(*paths, **states):
    named = {
        path: {"state": states[path]} if path in states else {} for path in ("a", "b", "a.x", "a.y") if path in paths
    }
    return Configuration("capacity", {"root": {}} | {f"root.{path}": said for path, said in named.items()})


def stopped(configuration):
    return sorted(path for path, said in configuration.queues.items() if said.get("state") == "STOPPED")


def test_only_what_must_be_is_stopped():
    assert stages(tree("a"), tree("a", "b")) == [tree("a", "b")]
    assert stages(tree("a", "b", b="STOPPED"), tree("a")) == [tree("a")]
    first, last = stages(tree("a", "b", "a.x", "a.y"), tree("b"))
    assert (stopped(first), last) == (["root.a", "root.a.x", "root.a.y"], tree("b"))
    assert stopped(stages(tree("a", "b"), tree("a", "a.x"))[0]) == ["root.a", "root.b"]
    assert stopped(stages(tree("a", "a.x", "b"), tree("a", "b"))[0]) == ["root.a.x"]


def test_a_state_is_kept_unless_another_is_said():
    assert keeping_states(tree("a", "b"), tree("a", a="STOPPED")) == tree("a", "b", a="STOPPED")
    assert keeping_states(tree("a", a="RUNNING"), tree("a", a="STOPPED")) == tree("a", a="RUNNING")
