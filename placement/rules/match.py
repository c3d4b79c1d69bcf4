"""Which rules match a submission, and which of them a request gets. Part of the hot path: standard library only."""

from placement.queues.names import full_name, is_same
from placement.rules.condition import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Protocol, TypeAlias

    from placement.rules.condition import Facts
    from placement.rules.model import Rule

    class RuleBook(Protocol):
        """Where rules are looked up: those of a parsed map, or of its index."""

        def matching(self, user: str, groups: tuple[str, ...]) -> list[Rule]:
            """The rules whose target matches, whatever their conditions say, in the order of the map.

            `groups`, each once.
            """
            ...

    Candidate: TypeAlias = tuple[Rule, str]  # a rule, and the queue that it gives, as the scheduler knows it


def candidates(
    book: "RuleBook", user: str, groups: tuple[str, ...], facts: "Facts", scheduler: str
) -> "Iterator[Candidate]":
    """The rules that match, top to bottom, each with its queue; names compare exactly, case included."""
    for rule in book.matching(user, groups):
        if rule.condition is None or holds(rule.condition, facts):
            queue = rule.queue if rule.is_full else queue_of(rule, user, groups, scheduler)
            if queue is not None:
                yield rule, queue


def choose(candidates: "Iterable[Candidate]", asked: str | None, scheduler: str) -> "Candidate | None":
    """The first candidate, or, with a queue `asked` for, the first that *is* that queue; None if there is none.

    A leaf name that would fit candidates of different paths (capacity scheduler) is ambiguous and gets none.
    """
    if asked is None:
        return next(iter(candidates), None)
    fitting = [candidate for candidate in candidates if is_same(asked, candidate[1], scheduler)]
    paths = {queue for _, queue in fitting if "." in queue}
    return fitting[0] if fitting and ("." in asked or len(paths) <= 1) else None


def queue_of(rule: "Rule", user: str, groups: tuple[str, ...], scheduler: str) -> str | None:
    """The queue of a rule for `user`, as the scheduler knows it; None if it names a primary group and there is none.

    A `.` in a name becomes `_dot_`, as in both schedulers (CSMappingPlacementRule, FairSchedulerUtilities).
    """
    queue = rule.queue
    if "%" in queue:
        if "%primary_group" in queue:
            if not groups:
                return None
            queue = queue.replace("%primary_group", groups[0].replace(".", "_dot_"))
        queue = queue.replace("%user", user.replace(".", "_dot_"))
    return full_name(queue, scheduler)
