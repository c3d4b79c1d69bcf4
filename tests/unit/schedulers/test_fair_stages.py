"""A parent that becomes a leaf is a parent without queues in between."""

from placement.schedulers.configuration import Configuration
from placement.schedulers.fair.stages import stages


def fair(**queues):
    return Configuration(
        "fair", {"root": {}, **{f"root.{path.replace('_', '.')}": said for path, said in queues.items()}}
    )


def test_most_changes_are_made_at_once():
    old = fair(a={}, a_x={}, a_y={}, b={})
    for new in (fair(a={}, a_x={}), fair(b={}), fair(a={}, a_z={}, b={}), fair(a={"type": "parent"}, b={}), old):
        assert stages(old, new) == [new]
    assert stages(fair(a={}), fair(a={}, a_x={})) == [fair(a={}, a_x={})]


def test_queues_below_go_first():
    old = fair(a={}, a_x={}, a_y={}, b={"type": "parent"})
    new = fair(a={"weight": "2", "maxAMShare": "0.3", "reservation": ""}, b={"maxRunningApps": "3"})
    first, last = stages(old, new)
    assert first == fair(a={"weight": "2", "type": "parent"}, b={"maxRunningApps": "3", "type": "parent"})
    assert last is new
