"""What the applications that have not ended say: by queue, by user, by decision. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from placement.admission.resources import NOTHING, Resources
from placement.admission.snapshot import Seen, UserUse
from placement.yarn import moment
from placement.yarn.moment_shapes import LiveApp


@dataclass(frozen=True, slots=True)
class Live:
    """`applications`, `waiting` and `users` by the full path of a queue; of users what theirs have, no limits."""

    applications: Mapping[str, int]
    waiting: Mapping[str, Resources]
    users: Mapping[str, Mapping[str, UserUse]]
    running: Mapping[str, int]
    seen: tuple[Seen, ...]


class _User:
    __slots__ = ("pending", "running", "used")

    def __init__(self) -> None:
        self.running = self.pending = 0
        self.used = NOTHING


def some_wait(apps: Iterable[LiveApp]) -> bool:
    """Whether an application master waits for its container."""
    return any(not moment.has_begun(app) for app in apps)


def live(apps: Iterable[LiveApp], queues: Iterable[str], asked: Mapping[str, Resources], minimum: Resources) -> Live:
    """`asked`: what the application masters that wait ask for, by application; where it is not there, `minimum`.

    Running is who has a container, as an application master that has not registered takes its room too. All others
    wait: also what is not ACCEPTED yet, or has just been, which is in no count of the scheduler for a moment.
    """
    paths = _Paths(queues)
    waiting: defaultdict[str, Resources] = defaultdict(Resources)
    users: defaultdict[str, defaultdict[str, _User]] = defaultdict(lambda: defaultdict(_User))
    running: Counter[str] = Counter()
    applications: Counter[str] = Counter()
    seen = []
    for app in apps:
        queue = paths.full(app.queue)
        user = users[queue][app.user]
        applications[queue] += 1
        if moment.has_begun(app):
            user.running += 1
            user.used += moment.allocated(app)
            running[app.user] += 1
        else:
            user.pending += 1
            waiting[queue] += asked.get(app.id, minimum)
        if (decision := moment.decision(app)) is not None:
            has = moment.allocated(app)
            seen.append(Seen(decision, app.id, app.user, queue, app.state, has, max(app.startedTime, 0)))
    plain = {
        queue: {name: UserUse(user.used, running=user.running, pending=user.pending) for name, user in there.items()}
        for queue, there in users.items()
    }
    return Live(applications, waiting, plain, running, tuple(seen))


class _Paths:
    """Full paths of queues: before Hadoop 3.3 the capacity scheduler's applications have a leaf's name alone."""

    def __init__(self, queues: Iterable[str]) -> None:
        self._paths = frozenset(queues)
        self._of_leaf: dict[str, str] = {}

    def full(self, name: str) -> str:
        """The name itself if no queue is known by it."""
        if name in self._paths:
            return name
        if not self._of_leaf:
            self._of_leaf = {path.rpartition(".")[2]: path for path in sorted(self._paths, reverse=True)}
        return self._of_leaf.get(name, name)
