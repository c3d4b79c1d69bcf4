"""Every rule of a map and why it matches a submission or not; the candidates are those of `match.candidates`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.errors import quoted
from placement.rules.condition import holds, value_in_words
from placement.rules.match import queue_of
from placement.rules.model import EVERYONE, GROUP, USER, Rule, Rules

if TYPE_CHECKING:
    from placement.rules.condition import Facts, Value


@dataclass(frozen=True)
class Trial:
    """One rule, tried: `queue` is what it gives as a candidate, None if it is none, and `why` says so in words."""

    rule: Rule
    queue: str | None
    why: str

    def as_data(self) -> dict[str, object]:
        return {"line": self.rule.line, "text": self.rule.text, "queue": self.queue, "why": self.why}


def explain(
    rules: Rules,
    user: str,
    groups: tuple[str, ...],
    facts: "Facts",
    scheduler: str,
    sources: Mapping[str, str] | None = None,
) -> list[Trial]:
    """A trial of every rule, in the order of the map. `sources` say in words what a fact rests on."""
    return [_tried(rule, rules, user, groups, facts, scheduler, sources or {}) for rule in rules.rules]


def _tried(
    rule: Rule,
    rules: Rules,
    user: str,
    groups: tuple[str, ...],
    facts: "Facts",
    scheduler: str,
    sources: Mapping[str, str],
) -> Trial:
    is_meant, why = _target(rule, rules, user, groups)
    if not is_meant:
        return Trial(rule, None, why)
    if rule.condition is not None:
        seen: list[tuple[str, Value | None, bool]] = []
        is_true = holds(rule.condition, facts, seen)
        why = f"{why}; {', '.join(_comparison(*each, sources) for each in seen)}"
        if not is_true:
            return Trial(rule, None, why)
    queue = queue_of(rule, user, groups, scheduler)
    return Trial(rule, queue, why if queue else f"{why}; there is no primary group")


def _target(rule: Rule, rules: Rules, user: str, groups: tuple[str, ...]) -> tuple[bool, str]:
    if rule.kind == EVERYONE:
        return True, "for everyone"
    if rule.kind == USER:
        return rule.name == user, f"the user is {quoted(user)}"
    if rule.kind == GROUP:
        is_member = rule.name in groups
        return is_member, f"{'' if is_member else 'not '}in the group {quoted(rule.name)}"
    if rule.name not in rules.roles:
        return False, f"there is no role {quoted(rule.name)}"
    if user in rules.users_of(rule):
        return True, f"has the role {quoted(rule.name)} as {quoted(user)}"
    for group in groups:
        if group in rules.groups_of(rule):
            return True, f"has the role {quoted(rule.name)} by the group {quoted(group)}"
    return False, f"has not the role {quoted(rule.name)}"


def _comparison(words: str, known: "Value | None", result: bool, sources: Mapping[str, str]) -> str:
    fact = words.partition(" ")[0]
    value = "not known" if known is None else value_in_words(fact, known)
    source = f", {sources[fact]}" if fact in sources else ""
    return f"`{words}` is {'true' if result else 'false'} ({fact}: {value}{source})"
