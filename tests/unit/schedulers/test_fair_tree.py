"""The queue tree as the fair scheduler has it: there and back, and what it has no words for."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from placement.errors import PlacementError
from placement.queues_file.reading import read as read_yaml
from placement.queues_file.writing import as_yaml
from placement.schedulers.fair.file import read, write
from placement.schedulers.fair.importing import hierarchy
from placement.schedulers.fair.rendering import render
from placement.schedulers.fair.values import same
from tests.unit.schedulers.fair_files import files, trees
from tests.unit.test_queues_file import hierarchies

QUICK = [Phase.explicit, Phase.reuse, Phase.generate]  # shrinking takes long


def imported(content):
    return hierarchy(read(content, "f")[0])[0]


def rendered(text):
    """General properties, those by queue, and what is lacking, of queues.yaml."""
    configuration, lacking = render(read_yaml(text.encode(), "q").hierarchy)
    return configuration.general, configuration.queues, lacking


def with_the_unsaid(tree):
    """The tree, with what an import says where the capacity scheduler would have it otherwise."""
    defaults = replace(
        tree.defaults,
        policy=tree.defaults.policy or "fair",
        max_am_share=0.5 if tree.defaults.max_am_share is None else tree.defaults.max_am_share,
    )
    return replace(tree, root=weighed(tree.root), defaults=defaults)


def weighed(queue):
    is_guaranteeing = any(child.reserved for child in queue.children)
    children = (
        replace(child, weight=1.0) if is_guaranteeing and child.reserved is None and child.weight is None else child
        for child in queue.children
    )
    return replace(queue, children=tuple(map(weighed, children)))


@settings(max_examples=12, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.filter_too_much])
@given(trees())
def test_a_tree_rendered_and_imported_is_the_same(tree):
    configuration, lacking = render(tree)
    assert not lacking
    assert read(write(configuration), "f")[0] == configuration
    assert imported(write(configuration)) == with_the_unsaid(tree)


@settings(max_examples=40, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.filter_too_much])
@given(files(good=True))
def test_a_file_imported_and_rendered_means_the_same(content):
    try:
        tree = imported(content)
    except PlacementError:
        assume(False)
    configuration, lacking = render(tree)
    assert {each.keys for each in lacking} <= {("policy",)}
    assume(not lacking)
    assert imported(write(configuration)) == tree


@settings(max_examples=12, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.filter_too_much])
@given(hierarchies())
def test_any_tree_is_rendered_into_a_file_that_can_be_read(tree):
    configuration, lacking = render(tree)
    assert read(write(configuration), "f")[0] == configuration
    again, _ = render(imported(write(configuration)))
    assert again.queues["root"]["aclSubmitApps"] == configuration.queues["root"]["aclSubmitApps"]
    assert all(each.said and each.why and each.keys for each in lacking)


@settings(max_examples=12, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.filter_too_much])
@given(files(good=True))
def test_what_is_imported_can_be_written_as_queues_yaml(content):
    try:
        tree = imported(content)
    except PlacementError:
        assume(False)
    assert read_yaml(as_yaml(tree).encode(), "q").hierarchy == tree


def test_root_is_closed_unless_it_says_otherwise_and_a_file_opens_it():
    assert rendered("queues: [{name: a}]")[1]["root"] == {"aclSubmitApps": " ", "aclAdministerApps": " "}
    assert imported(b"<allocations/>").root.submit.everybody
    closed = b'<allocations><queue name="root"><aclSubmitApps> </aclSubmitApps></queue></allocations>'
    assert imported(closed).root.submit is None


def limits(text, name="maxResources"):
    """The limit of each queue that has one, and why there is none."""
    _, queues, lacking = rendered(text)
    found = {path.removeprefix("root."): said[name] for path, said in queues.items() if name in said}
    return found, [(each.queue, each.keys, each.how) for each in lacking]


def test_percent_of_the_parent_become_percent_of_the_cluster():
    found, lacking = limits("""
root: {maximum: 80%}
queues:
- {name: a, maximum: 50%, queues: [{name: b, queues: [{name: c, maximum: 25%}]}, {name: d, maximum: {memory: 10%}}]}
- {name: e, maximum: {memory: 50%}, queues: [{name: f, maximum: {memory: 50%, vcores: 10%}}]}
""")
    assert found == {  # 80% * 50% = 40%; 40% * 25% = 10%; vcores of e are those of root
        "root": "80%",
        "a": "40%",
        "a.b.c": "10%",
        "a.d": "memory-mb=4%",
        "e": "memory-mb=40%",
        "e.f": "memory-mb=20%, vcores=8%",
    }
    assert not lacking


def test_percent_of_an_absolute_amount_are_absolute_and_rounded_down():
    found, lacking = limits("""
root: {maximum: {memory: 1000m, vcores: 10}}
queues:
- {name: a, maximum: {memory: 33.3%, vcores: 99%}}
- {name: b, maximum: 50%}
- {name: c, maximum: {memory: 10m}, queues: [{name: d, maximum: {memory: 50%, vcores: 50%}}]}
""")
    assert found == {
        "root": "memory-mb=1000, vcores=10",
        "a": "memory-mb=333, vcores=9",
        "b": "memory-mb=500, vcores=5",
        "c": "memory-mb=10, vcores=2147483647",
        "c.d": "memory-mb=5, vcores=5",
    }
    assert lacking == [("root.b", ("maximum",), "approximated")]


def test_some_absolute_and_some_percent_cannot_be_said():
    text = "queues: [{name: a, maximum: {memory: 10g}, queues: [{name: b, maximum: 50%}]}]"
    assert limits(text) == ({"a": "memory-mb=10240, vcores=2147483647"}, [("root.a.b", ("maximum",), "not expressed")])


def test_what_is_reserved_in_percent_needs_an_absolute_amount_above():
    found, lacking = limits(
        """
root: {reserved: {memory: 10g}}
queues:
- {name: a, reserved: 50%, queues: [{name: b, reserved: {memory: 50%}}]}
- {name: c, reserved: 50% of cluster}
- {name: d, queues: [{name: e, reserved: 50%}]}
""",
        "minResources",
    )
    assert found == {"root": "memory-mb=10240", "a": "memory-mb=5120, vcores=0", "a.b": "memory-mb=2560"}
    assert [queue for queue, _, _ in lacking] == ["root.c", "root.d.e"]


def test_a_default_in_percent_of_the_parent_is_written_at_every_queue():
    found, lacking = limits("{defaults: {maximum: 50%}, queues: [{name: a, queues: [{name: b}]}]}")
    assert found == {"a": "50%", "a.b": "25%"}
    assert lacking == [(None, ("defaults", "maximum"), "approximated")]


def test_all_that_the_fair_scheduler_cannot_say_is_told(expect):
    _, _, lacking = rendered("""
roles: {odd: {users: ["a b"], groups: ["c,d"]}}
defaults:
  policy: fifo
  max-queued: 5
  per-user: {max-running: 2}
  per-connection: {max-running: 3}
  fair: {queueMaxAppsDefault: 7, defaultQueueSchedulingMode: FIFO, queue: x, queuePlacementPolicy: <a/>}
root:
  per-user: {max-running: 1, max-queued: 2, except: {ann: {maximum: 5%}}}
  max-am-share: 0.5
queues:
- name: a
  policy: fifo
  submit: {roles: [odd], users: ["*x", "y z"]}
  max-queued: 9
  node-labels: {access: [gpu], shares: {gpu: {reserved: 50%}}}
  auto-create: {max-queues: 9, max-depth: 1, template: {weight: 2, maximum: 10%}, leaf: {max-running: 1}}
  capacity: {maximum-applications: 5}
- {name: b, policy: furion, per-user: {max-running: 3, except: {bob: 4}}, per-connection: {max-queued: 3}}
- {name: c, policy: fair, weight: 2, fair: {weight: 3, maxRunningApps: many, x y: 1}}
- {name: f, fair: {list: [1], mine: <mine, type: leaf}}
- {name: d, policy: fair, queues: [{name: e, policy: drf}], fair: {maxAMShare: 1, "bad\\u0001": 1, ok: "\\u0001"}}
""")
    expect("fair_file/lacking.txt", "".join(f"{each.as_data()}\n" for each in lacking))


def test_queues_that_are_created_have_the_maximum_of_the_template():
    _, queues, lacking = rendered("queues: [{name: a, maximum: 50%, auto-create: {template: {maximum: 10%}}}]")
    assert queues["root.a"] == {"type": "parent", "maxResources": "50%", "maxChildResources": "5%"}
    assert not lacking


def test_a_default_for_whether_others_may_take_is_written_at_every_queue():
    _, queues, _ = rendered("""
defaults: {preemption: {allowed: false}}
queues: [{name: a, preemption: {fair-share-timeout: 5m}}, {name: b, preemption: {allowed: true}}]
""")
    assert queues["root.a"] == {"allowPreemptionFrom": "false", "fairSharePreemptionTimeout": "300"}
    assert queues["root.b"] == {"allowPreemptionFrom": "true"}


def test_what_the_capacity_scheduler_would_have_otherwise_is_said_and_changes_nothing():
    content = b"""<allocations><queue name="a"><minResources>memory-mb=5, vcores=1</minResources></queue>
<queue name="b"/><queue name="p"><queue name="c"/></queue></allocations>"""
    told, _ = read(content, "f")
    tree, problems = hierarchy(told)
    assert (tree.defaults.policy, tree.defaults.max_am_share) == ("fair", 0.5)
    assert [queue.weight for _, queue in tree.queues()] == [None, None, 1.0, 1.0, None]
    assert [problem.code for problem in problems] == ["other-defaults"]
    again, lacking = render(tree)
    assert not lacking
    for queue in (None, *told.queues):
        before, after = (each.queues[queue] if queue else each.general for each in (told, again))
        assert all(same(queue, name, before.get(name), after.get(name)) for name in {**before, **after})


def maxima(text):
    tree, problems = hierarchy(read(f"<allocations><queue name='a'>{text}</queue></allocations>".encode(), "f")[0])
    (queue,) = tree.root.children
    return queue, [problem.code for problem in problems if problem.severity == "warning"], render(tree)[0]


@pytest.mark.parametrize(
    ("text", "values", "codes"),
    [
        ("memory-mb=1024", {"memory": 1024, "vcores": 0}, ["no-vcores"]),
        ("memory-mb=1024, vcores=2147483647", {"memory": 1024}, []),
        ("memory-mb=1024, vcores=2", {"memory": 1024, "vcores": 2}, []),
        ("vcores=2", {"vcores": 2}, []),
        ("vcores=2147483647", {"vcores": 2147483647}, []),
        ("yarn.io/gpu=2, vcores=2147483647", {"yarn.io/gpu": 2}, []),
    ],
)
def test_vcores_that_a_maximum_does_not_name_are_none_to_the_scheduler(text, values, codes):
    queue, found, rendered = maxima(f"<maxResources>{text}</maxResources>")
    assert (queue.maximum.values, found) == (values, codes)
    assert same("root.a", "maxResources", text, rendered.queues["root.a"]["maxResources"])
    queue, found, _ = maxima(f"<maxContainerAllocation>{text}</maxContainerAllocation>")
    assert (queue.extras["fair"]["maxContainerAllocation"], found) == (text, codes)


def test_less_than_nothing_by_a_sign_is_nothing():
    queue, _, _ = maxima("<maxResources>-0%</maxResources>")
    assert queue.maximum.as_data() == "0% of cluster"
