"""fair-scheduler.xml: the ResourceManager reads it again by itself, and says nothing if it cannot. Adapter.

Source: Hadoop `AllocationFileLoaderService`.
"""

from placement.errors import PlacementError, Problem
from placement.queues.names import FAIR
from placement.queues.tree import ROOT
from placement.schedulers import access_lists
from placement.schedulers.configuration import Configuration
from placement.schedulers.fair import file as fair_file
from placement.schedulers.fair.stages import stages
from placement.sync import shown
from placement.sync.target import InForce
from placement.sync.targets import files
from placement.sync.targets.waiting import in_words, until_none
from placement.yarn import answers
from placement.yarn.answers import Scheduler
from placement.yarn.client import ADMINISTER, SUBMIT, ResourceManager
from placement.yarn.shapes import Resources

RELOAD_S = 10.0  # between two looks of the ResourceManager at the time of the file
SETTLE_S = 5.0  # how old it lets the file become first
MARGIN_S = 2.0  # for reading it; its times are whole seconds on some file systems
RIGHTS = {"aclSubmitApps": SUBMIT, "aclAdministerApps": ADMINISTER}
PROBES = 5  # access questions at most
UNSEEN = "nothing of this change can be seen from outside; see the ResourceManager's log for a failed reload"

Probe = tuple[str, str, str]  # user, queue, right
Evidence = tuple[list[bool | None], dict[str, Resources | None]]


class FairFile:
    """The allocation file at `path`, which the ResourceManager `manager` works by.

    `limit_s`: how long `put` waits for it to show the new.
    """

    scheduler = FAIR
    is_file = True

    def __init__(self, path: str, manager: ResourceManager, limit_s: float = 40.0) -> None:
        self.name = path
        self._manager = manager
        self._limit_s = limit_s

    def in_force(self) -> InForce:
        """What the file says."""
        return files.in_force(self.name, self.read)

    def read(self, content: bytes, file: str | None = None) -> Configuration:
        """As Target says."""
        return fair_file.read(content, file or self.name)[0]

    def validate(self, content: bytes) -> list[Problem]:
        """None: the ResourceManager cannot be asked."""
        del content
        return []

    def put(self, before: InForce, content: bytes) -> list[str]:
        """As Target says. What REST shows of the change is waited for; else the time in which it is read again.

        Raises PlacementError `not-taken-up` with what is still shown.
        """
        *first, wanted = stages(before.configuration, self.read(content))
        told, at = before.content, before.configuration
        for stage in first:
            text = fair_file.write(stage)
            self._take(told, at, text, stage)
            told, at = text, stage
        return self._take(told, at, content, wanted)

    def _take(self, old: bytes, before: Configuration, new: bytes, wanted: Configuration) -> list[str]:
        """Writes `new` in the place of `old` and waits for it; what could not be seen of it."""
        probes = _probes(before, wanted)
        answer = self._manager.scheduler()
        seen_before = self._evidence(probes, answer)
        is_visible = bool(_missing(before, wanted, answer))
        files.put(self.name, old, new)

        def missing() -> list[str]:
            found = self._manager.scheduler()
            still = _missing(before, wanted, found)
            if still or is_visible:
                return still
            return [] if _is_other(seen_before, self._evidence(probes, found)) else [UNSEEN]

        still = until_none(missing, self._limit_s if is_visible else RELOAD_S + SETTLE_S + MARGIN_S)
        if still == [UNSEEN]:
            return [UNSEEN]
        if still and not is_visible:  # a queue that was about to go when this began has gone, and comes again
            still = until_none(lambda: _missing(before, wanted, self._manager.scheduler()), self._limit_s)
        if still:
            raise files.not_taken_up(self.name, in_words(still))
        return []

    def _evidence(self, probes: list[Probe], answer: Scheduler) -> Evidence:
        """Who has which right, None where it is not told; what each queue would have if all were busy."""
        shares = {path: queue.get("steadyFairResources") for path, queue in answer.queues.items()}
        found: list[bool | None] = []
        for user, queue, right in probes:
            try:
                found.append(self._manager.access(user, queue, right).allowed)
            except PlacementError:
                found.append(None)
        return found, shares


def _missing(old: Configuration, wanted: Configuration, answer: Scheduler) -> list[str]:
    """What the ResourceManager does not show yet, of queues that go too unless they are in use."""
    states = answers.states(answer)
    going = [path for path in old.queues if path not in wanted.queues and path in states]
    idle = [path for path in going if not states[path].running + states[path].pending]
    return [*shown.differences(wanted, answer), *(f"there is still a queue {path}" for path in idle)]


def _is_other(before: Evidence, now: Evidence) -> bool:
    """Whether a change shows.

    Shares tell nothing once the cluster is another (root has all of it), nor when a queue came or went meanwhile, as
    those do that are created on demand, or left the file before this change.
    """
    rights = any(could not in (None, then) for could, then in zip(now[0], before[0], strict=True))
    is_comparable = before[1].get(ROOT) == now[1].get(ROOT) and before[1].keys() == now[1].keys()
    return rights or (is_comparable and before[1] != now[1])


def _probes(old: Configuration, new: Configuration) -> list[Probe]:
    """Users whom an access list names before or after, and not both times."""
    probes: list[Probe] = []
    for path, now in new.queues.items():
        was = old.queues.get(path)
        for name, right in RIGHTS.items():
            if was is not None and was.get(name) != now.get(name):
                users = [set(access_lists.read(each.get(name, "")).users) for each in (was, now)]
                probes += [(user, path, right) for user in sorted(users[0] ^ users[1])]
    return probes[:PROBES]
