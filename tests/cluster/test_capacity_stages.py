"""From one tree of queues to another on a real ResourceManager, by a file and `yarn rmadmin -refreshQueues`."""

import subprocess

import pytest

from placement.schedulers.capacity.file import write
from placement.schedulers.capacity.stages import keeping_states, stages
from placement.schedulers.configuration import Configuration
from tests.cluster.yarn import Yarn

pytestmark = pytest.mark.engines  # it takes minutes


def tree(*paths: str, **states: str) -> Configuration:
    """Queues of equal weight; `states` by the last part of a path."""
    queues = {"root": {}}
    for path in paths:
        name = path.rpartition(".")[2]
        queues[path] = {"capacity": "1w", **({"state": states[name]} if name in states else {})}
    return Configuration("capacity", queues)


def refresh(yarn: Yarn, configuration: Configuration) -> str:
    """What `yarn rmadmin` says; empty if the ResourceManager took the file."""
    yarn.scheduler_file.write_bytes(write(configuration))
    ended = subprocess.run(
        ["yarn", "rmadmin", "-refreshQueues"],
        env=yarn.environment("yarn"), cwd=yarn.directory, stdin=subprocess.DEVNULL, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    return ended.stderr if ended.returncode else ""


def queues(yarn: Yarn) -> dict[str, str]:
    """The state of every queue."""
    found, rest = {}, [yarn.get("scheduler")["scheduler"]["schedulerInfo"]]
    while rest:
        queue = rest.pop()
        found[queue["queuePath"]] = queue.get("state", "RUNNING")
        rest += (queue.get("queues") or {}).get("queue", [])
    return found


OLD = tree(
    "root.default", "root.gone", "root.sub", "root.sub.one", "root.sub.two", "root.leaf", "root.parent", "root.parent.x"
)
CHANGES = {
    "a leaf goes": tree(*[path for path in OLD.queues if path not in ("root", "root.gone")]),
    "a subtree goes": tree(*[path for path in OLD.queues if path != "root" and not path.startswith("root.sub")]),
    "a leaf becomes a parent": tree(*list(OLD.queues)[1:], "root.leaf.below"),
    "a parent becomes a leaf": tree(*[path for path in OLD.queues if path not in ("root", "root.parent.x")]),
    "one comes and another goes": tree("root.new", *[path for path in OLD.queues if path not in ("root", "root.gone")]),
}


def test_every_change_is_taken_up_and_leaves_running_what_ran(capacity_yarn: Yarn) -> None:
    first = tree("root.default", "root.applications", "root.applications.prod", "root.applications.dev")
    assert refresh(capacity_yarn, first) == ""
    for step in stages(first, OLD):
        assert refresh(capacity_yarn, step) == ""
    for name, new in CHANGES.items():
        steps = stages(OLD, new)
        if len(steps) > 1:
            assert refresh(capacity_yarn, new), f"{name}: nothing had to be stopped"
        for step in steps:
            assert refresh(capacity_yarn, step) == "", name
        assert queues(capacity_yarn) == dict.fromkeys(new.queues, "RUNNING"), name
        for step in stages(new, OLD):
            assert refresh(capacity_yarn, step) == "", name
        assert queues(capacity_yarn) == dict.fromkeys(OLD.queues, "RUNNING"), name


@pytest.mark.parametrize("said", [None, "RUNNING"])
def test_a_stopped_queue_stays_so_unless_it_is_told_to_run(capacity_yarn: Yarn, said: str | None) -> None:
    first = tree("root.default", "root.applications", "root.applications.prod", "root.applications.dev")
    stopped = tree(
        "root.default", "root.applications", "root.applications.prod", "root.applications.dev", dev="STOPPED"
    )
    assert refresh(capacity_yarn, stopped) == ""
    new = keeping_states(tree(*list(first.queues)[1:], **({"dev": said} if said else {})), stopped)
    assert refresh(capacity_yarn, new) == ""
    assert queues(capacity_yarn)["root.applications.dev"] == (said or "STOPPED")
