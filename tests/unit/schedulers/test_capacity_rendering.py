import pytest
from hypothesis import given, settings

from placement.errors import PlacementError
from placement.queues_file.reading import read as read_queues
from placement.schedulers.capacity.file import of, properties, read, write
from placement.schedulers.capacity.importing import hierarchy
from placement.schedulers.capacity.rendering import render
from placement.schedulers.capacity.values import same
from placement.schedulers.configuration import APPROXIMATED, NOT_EXPRESSED
from tests import capacity_trees


@settings(max_examples=40, deadline=None)
@given(capacity_trees.hierarchies())
def test_what_is_rendered_is_imported_and_rendered_the_same(tree):
    rendered, _ = render(tree)
    content = write(rendered)
    again, problems = read(content, "capacity-scheduler.xml")
    assert again == rendered
    assert [problem for problem in problems if problem.severity != "warning"] == []
    imported, _ = hierarchy(again)
    twice, _ = render(imported)
    assert twice.queues.keys() == rendered.queues.keys()
    for path, own in rendered.queues.items():
        for name in {**own, **twice.queues[path]}:
            assert same(path, name, own.get(name), twice.queues[path].get(name)), (path, name)
    assert hierarchy(twice)[0] == imported


@settings(max_examples=150, deadline=None)
@given(capacity_trees.properties())
def test_what_is_imported_is_rendered_and_imported_the_same(said):
    configuration = of(said)
    try:
        imported, _ = hierarchy(configuration)
    except PlacementError:
        return
    rendered, _ = render(imported)
    for path, own in configuration.queues.items():
        for name in {**own, **rendered.queues[path]}:
            assert same(path, name, own.get(name), rendered.queues[path].get(name)), (path, name)
    assert hierarchy(rendered)[0] == imported
    assert of(properties(rendered)) == rendered


POLICY = b"""
defaults: {per-user: {max-running: 20}}
root: {admin: {users: [yarn]}, policy: drf}
queues:
  - name: batch
    weight: 3
    reserved: {memory: 200g, vcores: 50}
    maximum: 60%
    submit: {groups: [etl], users: ["a b"]}
    preemption: {threshold: 0.5}
    queues:
      - {name: large, reserved: 30%, max-running: 5, max-queued: 7, maximum: 30% of cluster, max-am-share: -1}
      - {name: small, reserved: 70%, max-queued: 7, policy: drf, fair: {x: 1}, capacity: {capacity: 70.0}}
  - {name: adhoc, weight: 1, maximum: {memory: 1g}}
"""


def test_what_the_scheduler_lacks_is_told_and_the_rest_is_written():
    rendered, shortfalls = render(read_queues(POLICY, "queues.yaml").hierarchy)
    assert rendered.queues == {
        "root": {"acl_submit_applications": " ", "acl_administer_queue": "yarn"},
        "root.batch": {"capacity": "3w", "maximum-capacity": "60", "acl_submit_applications": " etl"},
        "root.batch.large": {
            "capacity": "30", "maximum-capacity": "50", "max-parallel-apps": "5", "maximum-am-resource-percent": "1",
            "maximum-applications": "12",
        },
        "root.batch.small": {"ordering-policy": "fair", "maximum-applications": "7", "capacity": "70.0"},
        "root.adhoc": {"capacity": "1w"},
    }  # fmt: skip
    calculator = "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator"
    assert rendered.general == {"yarn.scheduler.capacity.resource-calculator": calculator}
    assert [(each.queue, each.keys, each.how) for each in shortfalls] == [
        (None, ("defaults", "per-user"), "not expressed"),
        ("root.batch", ("reserved",), "not expressed"),
        ("root.batch", ("submit",), "not expressed"),
        ("root.batch", ("preemption", "threshold"), "not expressed"),
        ("root.batch.large", ("max-am-share",), "approximated"),
        ("root.batch.small", ("fair",), "not expressed"),
        ("root.batch.small", ("max-queued",), "approximated"),
        ("root.adhoc", ("maximum",), "not expressed"),
    ]


def rendered(text):
    configuration, shortfalls = render(read_queues(text.encode(), "queues.yaml").hierarchy)
    return configuration.queues, [(each.queue, each.keys, each.how) for each in shortfalls]


def test_what_one_queue_has_reserved_takes_no_share_from_those_beside_it():
    queues, lost = rendered("queues: [{name: a, reserved: {memory: 10g}}, {name: b, weight: 2}, {name: c}]")
    assert [queues[f"root.{name}"]["capacity"] for name in "abc"] == ["1w", "2w", "1w"]
    assert lost == [("root.a", ("reserved",), NOT_EXPRESSED)]
    queues, lost = rendered("queues: [{name: a, reserved: {memory: 10g}}, {name: b, reserved: {vcores: 5}}]")
    assert [queues[f"root.{name}"]["capacity"] for name in "ab"] == ["1w", "1w"]
    assert [each[0] for each in lost] == ["root.a", "root.b"]
    queues, lost = rendered(
        "queues: [{name: a, reserved: {memory: 10g}}, {name: b, reserved: {memory: 1g}}, {name: c}]"
    )
    assert [queues[f"root.{name}"].get("capacity") for name in "abc"] == ["[memory=10240]", "[memory=1024]", None]
    assert not lost


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("4096 mb, 2 vcores", ("4096", "2")),
        ("memory-mb=4096, vcores=2", ("4096", "2")),
        ("memory-mb=4096", None),
        ("memory-mb=4096, vcores=2147483647", None),
        ("memory-mb=4096, vcores=2, yarn.io/gpu=1", None),
        ("50%", None),
        ("much", None),
    ],
)
def test_the_most_of_one_container(amount, expected):
    queues, lost = rendered(f"queues: [{{name: a, fair: {{maxContainerAllocation: '{amount}'}}}}]")
    found = tuple(queues["root.a"].get(f"maximum-allocation-{unit}") for unit in ("mb", "vcores"))
    assert found == (expected or (None, None))
    assert lost == ([] if expected else [("root.a", ("fair",), NOT_EXPRESSED)])


def test_placement_rules_of_the_fair_scheduler_give_way_to_the_map():
    _, lost = rendered("defaults: {fair: {queuePlacementPolicy: <queuePlacementPolicy/>, reservation-agent: a.B}}")
    assert lost == [
        (None, ("defaults", "fair", "queuePlacementPolicy"), APPROXIMATED),
        (None, ("defaults", "fair"), NOT_EXPRESSED),
    ]
