"""Which rules match an identity, and which of them a request gets. Part of the hot path: standard library only."""

from placement.queues.names import is_same
from placement.rules.model import EVERYONE, GROUP, Rule, Rules
from placement.submission import Identity


def candidates(rules: Rules, identity: Identity) -> list[Rule]:
    """The rules that match `identity`, top to bottom; names compare exactly, case included."""
    return [rule for rule in rules.rules if _matches(rule, identity)]


def choose(candidates: list[Rule], asked: str | None, scheduler: str) -> Rule | None:
    """The first candidate, or, with a queue `asked` for, the first that *is* that queue; None if there is none.

    A leaf name that would fit candidates of different paths (capacity scheduler) is ambiguous and gets none.
    """
    if asked is None:
        return candidates[0] if candidates else None
    fitting = [rule for rule in candidates if is_same(asked, rule.queue, scheduler)]
    paths = {rule.queue for rule in fitting if "." in rule.queue}
    return fitting[0] if fitting and ("." in asked or len(paths) <= 1) else None


def _matches(rule: Rule, identity: Identity) -> bool:
    if rule.kind == EVERYONE:
        return True
    if rule.kind == GROUP:
        return rule.name in identity.groups
    return rule.name == identity.user
