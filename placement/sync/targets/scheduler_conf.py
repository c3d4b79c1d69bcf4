"""The configuration that the ResourceManager itself keeps, and changes through REST. Adapter.

There where `yarn.scheduler.configuration.store.class` is `memory`, `leveldb`, `zk` or `fs`; the capacity scheduler
alone has it, and `yarn rmadmin -refreshQueues` is refused then. Source: Hadoop `MutableCSConfigurationProvider`.
"""

from placement.errors import PlacementError, Problem
from placement.queues.names import CAPACITY
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.configuration import Configuration
from placement.sync import shown
from placement.sync.target import InForce, version_of
from placement.sync.targets import files
from placement.sync.targets.stopping import steps, wait_for_stopped
from placement.sync.targets.waiting import in_words, until_none
from placement.yarn.client import ResourceManager

NOT_YET_STOPPED = "not yet in stopped state"  # Hadoop `CapacitySchedulerConfigValidator`


class SchedulerConf:
    """What `manager` keeps; as content, the XML of a capacity-scheduler.xml that says the same.

    `limit_s`: how long `put` waits for the new to be shown, or that a queue has stopped.
    """

    scheduler = CAPACITY
    is_file = False

    def __init__(self, manager: ResourceManager, limit_s: float = 40.0) -> None:
        self.name = f"the scheduler-conf API of {', '.join(sorted(manager.addresses))}"  # whoever is active
        self._manager = manager
        self._limit_s = limit_s

    def in_force(self) -> InForce:
        """What the ResourceManager works by. Raises PlacementError `not-mutable` if it is told by a file."""
        properties = self._manager.scheduler_conf()
        if properties is None:
            message = f"{self.name} does not keep the scheduler's configuration"
            raise PlacementError(Problem("not-mutable", message, remedy="plan again"))
        configuration = capacity_file.of(dict(sorted(properties.items())))
        content = capacity_file.write(configuration)
        return InForce(configuration, content, version_of(content))

    def read(self, content: bytes, file: str | None = None) -> Configuration:
        """As Target says."""
        return capacity_file.read(content, file or self.name)[0]

    def validate(self, content: bytes) -> list[Problem]:
        """What the ResourceManager would say of the change, but for queues that `put` stops first."""
        changes = _changes(self.in_force().configuration, self.read(content))
        words = self._manager.validate_scheduler_conf(changes) if changes else ""
        if not words or NOT_YET_STOPPED in words:
            return []
        message = f"the ResourceManager would refuse it: {words}"
        return [Problem("rm-refuses-change", message, remedy="correct the policy; nothing has been changed")]

    def put(self, before: InForce, content: bytes) -> list[str]:
        """As Target says: each stage is one change, taken up whole or not at all.

        Raises PlacementError `not-taken-up`, `not-stopped` (a queue that has to be empty first is not), `rm-unclear`.
        """
        wanted, now = self.read(content), self.in_force()
        if now.version != before.version:
            raise files.changed_meanwhile(self.name)
        old = now.configuration
        for stage in steps(old, wanted, self._manager.queue_states())[:-1]:
            self._change(old, stage)
            wait_for_stopped(stage, self._manager, self._limit_s, self.name)
            old = stage
        self._change(old, wanted)
        still = until_none(lambda: self._missing(wanted), self._limit_s)
        if still:
            raise files.not_taken_up(self.name, in_words(still))
        return []

    def _change(self, old: Configuration, new: Configuration) -> None:
        changes = _changes(old, new)
        if not changes:
            return
        try:
            self._manager.update_scheduler_conf(changes)
        except PlacementError as error:
            problem = error.problems[0]
            if problem.code == "rm-refuses-change":
                raise files.not_taken_up(self.name, problem.message) from error
            if problem.code != "rm-unclear" or until_none(lambda: self._untold(new), self._limit_s):
                raise

    def _missing(self, wanted: Configuration) -> list[str]:
        return self._untold(wanted) or shown.differences(wanted, self._manager.scheduler())

    def _untold(self, wanted: Configuration) -> list[str]:
        return [f"{name} is not as told" for name in _changes(self.in_force().configuration, wanted)]


def _changes(old: Configuration, new: Configuration) -> dict[str, str | None]:
    """{full name: text} of every property that differs, None for those that go."""
    was, will = capacity_file.properties(old), capacity_file.properties(new)
    gone: dict[str, str | None] = {name: None for name in was if name not in will}
    return gone | {name: text for name, text in will.items() if was.get(name) != text}
