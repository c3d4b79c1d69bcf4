"""Which rules of a map place somebody who asks for no queue."""

from collections.abc import Iterator

from placement.rules.model import EVERYONE, GROUP, USER, Rule, Rules

Target = tuple[str, str]  # USER or GROUP and a name, or EVERY
EVERY: Target = (EVERYONE, "")


def placing(rules: Rules) -> Iterator[tuple[Rule, list[Target]]]:
    """The rules that can be the first that somebody has, and for whom, roles as their members.

    Ends with the first rule that is for everyone and has no condition: those behind it are never the first.
    """
    placed: set[Target] = set()
    for rule in rules.rules:
        left = [target for target in _targets(rules, rule) if target not in placed]
        if left:
            yield rule, left
        if rule.condition is None:
            placed.update(left)
        if EVERY in placed:
            return


def _targets(rules: Rules, rule: Rule) -> list[Target]:
    if rule.kind == EVERYONE:
        return [EVERY]
    users = [(USER, name) for name in sorted(rules.users_of(rule))]
    return users + [(GROUP, name) for name in sorted(rules.groups_of(rule))]
