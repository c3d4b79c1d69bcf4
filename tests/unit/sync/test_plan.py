"""Differences, effects and saved plans."""

import json

import pytest

from placement.errors import PlacementError
from placement.schedulers.configuration import Configuration
from placement.sync.difference import Change, difference
from placement.sync.effects import effects
from placement.sync.plan import CLOSED, REMOVED, SMALLER, Binding, Plan, refuse_stale, saved
from placement.yarn.answers import QueueState


def fair(queues, **general):
    return Configuration("fair", {"root": {}, **queues}, general)


def test_equal_configurations_differ_in_nothing_and_neither_do_spellings():
    old = fair({"root.a": {"weight": "1", "maxResources": "1024 mb, 4 vcores"}})
    new = fair({"root.a": {"maxResources": "memory-mb=1024, vcores=4"}})
    assert not difference(old, old)
    assert not difference(old, new)


def test_every_property_is_told_with_its_text_before_and_after():
    old = fair({"root.a": {"weight": "2"}, "root.b": {"weight": "3"}}, queueMaxAppsDefault="5")
    new = fair({"root.a": {"weight": "4", "maxRunningApps": "7"}, "root.c": {"weight": "3"}})
    found = difference(old, new)
    assert (found.added, found.removed, found.moved) == (("root.c",), ("root.b",), ())
    assert found.changes == (
        Change(None, "queueMaxAppsDefault", "5", None),
        Change("root.a", "weight", "2", "4"),
        Change("root.a", "maxRunningApps", None, "7"),
        Change("root.c", "weight", None, "3"),
        Change("root.b", "weight", "3", None),
    )


def test_a_queue_that_goes_and_comes_under_one_name_moves():
    old = fair({"root.a": {}, "root.a.x": {}, "root.b": {}})
    assert difference(old, fair({"root.a": {}, "root.b": {}, "root.b.x": {}})).moved == (("root.a.x", "root.b.x"),)
    two = fair({"root.a": {}, "root.b": {}, "root.b.x": {}, "root.c": {}, "root.c.x": {}})
    assert difference(old, two).moved == ()


def test_what_it_means_for_applications_that_are_there():
    old = fair({"root.gone": {}, "root.leaf": {}, "root.less": {"maxRunningApps": "9"}, "root.same": {}})
    new = fair({"root.leaf": {}, "root.leaf.x": {}, "root.less": {"maxRunningApps": "1"}, "root.same": {}})
    states = {path: QueueState(2, 1) for path in (*old.queues, "root.users.ann")}
    found = {each.queue: each for each in effects(difference(old, new), old, new, states)}
    assert {path: each.what for path, each in found.items()} == {
        "root.gone": REMOVED,
        "root.leaf": CLOSED,
        "root.less": SMALLER,
    }
    assert [each.is_in_the_way for each in found.values()] == [True, True, False]
    idle = dict.fromkeys(old.queues, QueueState(0, 0))
    assert not [*effects(difference(old, new), old, new, idle)]


def plan(binding):
    found = difference(fair({"root.a": {}}), fair({"root.a": {"weight": "2"}}))
    return Plan(binding, "fair", found, (), (), difference(fair({}), fair({})), (), False, (), b"content")


def test_a_saved_plan_says_what_it_rests_on():
    binding = Binding("/etc/fair-scheduler.xml", "a" * 12, "b" * 12, "c" * 12)
    assert saved(json.dumps(plan(binding).as_data()).encode(), "plan") == binding


@pytest.mark.parametrize("source", [b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1, "target": 3}', b"[" * 100_000])
def test_what_is_no_plan_is_refused(source):
    with pytest.raises(PlacementError) as error:
        saved(source, "plan.json")
    assert error.value.problems[0].code == "not-a-plan"
    assert "plan.json" in str(error.value)


@pytest.mark.parametrize("field", ["target", "revision", "version", "digest"])
def test_a_plan_is_stale_once_anything_it_rests_on_has_changed(field):
    binding = Binding("t", "r", "v", "d")
    refuse_stale(binding, binding, "plan")
    other = Binding(**{**{name: getattr(binding, name) for name in Binding.__slots__}, field: "other"})
    with pytest.raises(PlacementError) as error:
        refuse_stale(binding, other, "plan")
    assert error.value.problems[0].code == "stale-plan"
