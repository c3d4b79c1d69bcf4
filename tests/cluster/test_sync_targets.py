"""The places a scheduler is told by, each with a real ResourceManager: taken up, refused, and stale."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from placement.errors import PlacementError
from placement.policy import Site
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.configuration import Configuration
from placement.schedulers.fair import file as fair_file
from placement.sync import shown
from placement.sync.targets import CapacityFile, FairFile, SchedulerConf, find
from placement.yarn.client import ADMINISTER, ResourceManager, simple
from tests.cluster.conftest import _Holder
from tests.cluster.yarn import Yarn

PROD, DEV = "root.applications.prod", "root.applications.dev"


def manager_of(yarn: Yarn) -> ResourceManager:
    return ResourceManager([yarn.url], auth=simple("yarn"))


def with_own(configuration: Configuration, path: str, **said: str | None) -> Configuration:
    """The configuration with properties of a queue set, or None taken away; `_` stands for `-`."""
    named = {
        name if name.startswith(("acl", "max", "min")) else name.replace("_", "-"): text for name, text in said.items()
    }
    own = {name: text for name, text in {**configuration.queues.get(path, {}), **named}.items() if text is not None}
    return replace(configuration, queues={**configuration.queues, path: own})


def without(configuration: Configuration, path: str) -> Configuration:
    return replace(configuration, queues={name: own for name, own in configuration.queues.items() if name != path})


def problem_of(error: pytest.ExceptionInfo[PlacementError]) -> tuple[str, str]:
    (problem,) = error.value.problems
    return problem.code, problem.message


@pytest.fixture
def mutable_yarn(_holder: _Holder) -> Iterator[Yarn]:
    """A ResourceManager that keeps the capacity scheduler's configuration itself; alone, for a small machine."""
    _holder.stop()
    with Yarn("capacity", yarn_site={"yarn.scheduler.configuration.store.class": "memory"}) as yarn:
        yield yarn


def test_the_fair_schedulers_file(fair_yarn: Yarn) -> None:
    manager = manager_of(fair_yarn)
    target = find(Site(scheduler="fair"), {"HADOOP_CONF_DIR": str(fair_yarn.conf_dir)}, manager)
    assert isinstance(target, FairFile)
    assert target.name == str(fair_yarn.scheduler_file)
    before = target.in_force()
    assert shown.differences(before.configuration, manager.scheduler()) == []

    amounts = {"minResources": "1024 mb, 1 vcores", "maxResources": "50.0% memory, 25.0% cpu"}
    new = {**before.configuration.queues[PROD], **amounts, "maxRunningApps": "3", "schedulingPolicy": "fifo"}
    new |= {"allowPreemptionFrom": "false", "maxContainerAllocation": "512 mb, 1 vcores"}
    queues = {**before.configuration.queues, PROD: new, "root.new": {}}
    queues["root"] = {**queues["root"], "aclAdministerApps": "yarn "}
    wanted = replace(before.configuration, queues={path: own for path, own in queues.items() if path != DEV})
    content = fair_file.write(wanted)
    assert len(shown.differences(wanted, manager.scheduler())) == 10
    assert target.put(before, content) == []
    assert shown.differences(wanted, manager.scheduler()) == []
    assert DEV not in manager.scheduler().queues

    with pytest.raises(PlacementError) as stale:
        target.put(before, before.content)
    assert problem_of(stale)[0] == "changed-meanwhile"
    assert target.in_force().content == content

    # Nothing but who may submit: seen by asking for her.
    now = target.in_force()
    assert not manager.may_submit("carol", "root.new")
    assert target.put(now, fair_file.write(with_own(wanted, "root.new", aclSubmitApps="carol "))) == []
    assert manager.may_submit("carol", "root.new")
    assert not manager.access("carol", "root.new", ADMINISTER).allowed

    # `drf` below `fair`: the ResourceManager goes on with the old, and says so in its log alone.
    now = target.in_force()
    with pytest.raises(PlacementError) as refused:
        replace_limit(target, 20).put(now, fair_file.write(with_own(wanted, "root.new.a", schedulingPolicy="drf")))
    assert problem_of(refused) == (
        "not-taken-up",
        "the ResourceManager does not take it up: there is no queue `root.new.a`",
    )


def replace_limit(target: FairFile, limit_s: float) -> FairFile:
    return FairFile(target.name, target._manager, limit_s)


def test_the_capacity_schedulers_file(capacity_yarn: Yarn) -> None:
    manager = manager_of(capacity_yarn)
    environ = capacity_yarn.environment("yarn")
    target = find(Site(scheduler="capacity"), environ, manager)
    assert isinstance(target, CapacityFile)
    assert Path(target.name) == capacity_yarn.scheduler_file
    assert manager.scheduler_conf() is None
    scenario(target, manager)
    with pytest.raises(PlacementError) as other:
        find(Site(scheduler="fair"), environ, manager)
    assert problem_of(other)[0] == "other-scheduler"


def test_the_configuration_that_the_resource_manager_keeps(mutable_yarn: Yarn) -> None:
    manager = manager_of(mutable_yarn)
    target = find(Site(scheduler="capacity"), mutable_yarn.environment("yarn"), manager)
    assert isinstance(target, SchedulerConf)
    before = target.in_force()
    bad = with_own(before.configuration, "root.default", capacity="40")
    (refusal,) = target.validate(capacity_file.write(bad))
    assert refusal.code == "rm-refuses-change"
    assert "Illegal capacity sum of 1.15" in refusal.message
    assert target.validate(before.content) == []
    assert target.validate(capacity_file.write(one_queue(before.configuration))) == []  # it is stopped first, by `put`
    scenario(target, manager)
    with pytest.raises(PlacementError) as refused:
        ResourceManager([mutable_yarn.url], auth=simple("alice")).scheduler_conf()
    assert problem_of(refused)[0] == "rm-refused"


def one_queue(configuration: Configuration) -> Configuration:
    return with_own(without(configuration, PROD), DEV, capacity="100")


def scenario(target: CapacityFile | SchedulerConf, manager: ResourceManager) -> None:
    before = target.in_force()
    assert shown.differences(before.configuration, manager.scheduler()) == []

    good = with_own(before.configuration, PROD, capacity="60", acl_submit_applications="alice")
    good = with_own(good, DEV, capacity="40", maximum_capacity=None)
    good = replace(good, general={**good.general, "yarn.scheduler.capacity.max-parallel-apps": "7"})
    assert len(shown.differences(good, manager.scheduler())) == 8  # two shares, one list, five limits
    assert target.put(before, capacity_file.write(good)) == []
    assert shown.differences(good, manager.scheduler()) == []
    assert target.in_force().configuration == good

    with pytest.raises(PlacementError) as stale:
        target.put(before, before.content)
    assert problem_of(stale)[0] == "changed-meanwhile"

    now = target.in_force()
    bad = with_own(good, "root.default", capacity="40")
    with pytest.raises(PlacementError) as refused:
        target.put(now, capacity_file.write(bad))
    code, message = problem_of(refused)
    assert code == "not-taken-up"
    assert "Illegal capacity sum of 1.15 for children of queue root" in message
    assert "Exception" not in message
    assert target.in_force() == now
    assert shown.differences(good, manager.scheduler()) == []

    gone = one_queue(good)
    assert target.put(now, capacity_file.write(gone)) == []
    assert PROD not in manager.scheduler().queues
    assert target.in_force().configuration == gone

    # Stopped, and back by what says nothing of its state.
    now = target.in_force()
    assert target.put(now, capacity_file.write(with_own(gone, DEV, state="STOPPED"))) == []
    assert manager.queue_states()[DEV].state == "STOPPED"
    assert target.put(target.in_force(), now.content) == []
    assert manager.queue_states()[DEV].state == "RUNNING"
    assert target.put(now, before.content) == []
    assert target.in_force().version == before.version
