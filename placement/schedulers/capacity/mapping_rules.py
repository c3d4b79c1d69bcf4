"""The map as mapping rules of the capacity scheduler, and mapping rules as a map.

Sources: Hadoop `CSMappingPlacementRule`, `MappingRuleCreator`, `MappingRuleMatchers`, `VariableContext`,
`MappingRuleValidationContextImpl`; held by tests/cluster/test_enforcement.py.
"""

import json
from itertools import takewhile

from placement.errors import quoted
from placement.queues.queue import Hierarchy
from placement.rules.model import Rule, Rules
from placement.schedulers.capacity.mapping_lines import lines
from placement.schedulers.capacity.mapping_words import (
    FORMAT,
    INLINE,
    NO_REQUEST,
    OVERRIDE,
    PROPERTIES,
    VARIABLES,
)
from placement.schedulers.configuration import APPROXIMATED, GATEWAY, NOT_EXPRESSED, Shortfall
from placement.schedulers.spots import OF_GROUP, OF_USER, PLACEHOLDERS, Finder
from placement.schedulers.unasked import EVERY, Target, placing

__all__ = ["PROPERTIES", "lines", "of"]

Json = dict[str, str | bool]

_HONOUR: Json = {"type": "user", "matches": "*", "policy": "specified", "create": True, "fallbackResult": "skip"}
_REFUSE: Json = {"type": "user", "matches": "*", "policy": "reject"}


def of(rules: Rules, hierarchy: Hierarchy) -> tuple[dict[str, str], list[Shortfall]]:
    """The general properties by which the ResourceManager places as `rules` do, and what they cannot say.

    A request is honoured where the access lists allow it. Without one the first rule of the map counts, conditions
    aside. Whatever is left is rejected.
    """
    written = _Written(rules, hierarchy)
    text = json.dumps({"rules": [_HONOUR, *written.rules, _REFUSE]}, separators=(",", ":"))
    return {FORMAT: "json", INLINE: text, OVERRIDE: "true"}, written.shortfalls


class _Written:
    """The `rules` in JSON that place those who ask for nothing, and the `shortfalls`."""

    def __init__(self, rules: Rules, hierarchy: Hierarchy) -> None:
        self.rules: list[Json] = []
        self.shortfalls: list[Shortfall] = []
        self._hierarchy = hierarchy
        self._finder = Finder(hierarchy)
        for rule, targets in placing(rules):
            if rule.condition:
                why = "without a request the next rule counts, whether the condition holds or not"
                self._fall_short(rule, "the condition", APPROXIMATED, why)
            else:
                self._write(rule, targets)
        for rule in rules.rules:
            if OF_USER in rule.queue:
                self._say_who_else(rule)

    def _write(self, rule: Rule, targets: list[Target]) -> None:
        action = self._action(rule)
        for target in targets:
            if any(variable in target[1] for variable in VARIABLES):
                why = f"the ResourceManager takes a part of {quoted(target[1])} for a variable; the next rule counts"
                self._fall_short(rule, "the queue without a request", NOT_EXPRESSED, why)
            else:
                self.rules.append(_matcher(target) | action)

    def _action(self, rule: Rule) -> Json:
        """Where to. Never a queue that the scheduler does not know: it would refuse its whole configuration."""
        queue = self._target_queue(rule)
        if queue is None:
            why = "nothing can run there; without a request they are rejected"
            self._fall_short(rule, "the queue", NOT_EXPRESSED, why)
            return {"policy": "reject"}
        if OF_GROUP in queue:
            why = "without a request whoever is in no group is rejected, rather than placed by the next rule"
            self._fall_short(rule, "only for those who are in a group", APPROXIMATED, why)
        return {"policy": "custom", "customPlacement": queue, "create": True, "fallbackResult": "reject"}

    def _target_queue(self, rule: Rule) -> str | None:
        """The rule's queue as the scheduler may be told it; None if it refuses, or could never place there."""
        if rule.queue in PLACEHOLDERS:  # the one queue of that name, wherever it is
            return rule.queue
        path = self._finder.path(rule)
        if path is None:
            return None
        parts = path.split(".")
        static = list(takewhile(lambda part: part not in PLACEHOLDERS, parts))
        here = ".".join(static)
        queue = self._hierarchy.find(here)
        if queue:
            return path if queue.is_leaf == (static == parts) else None
        return path if self._is_creatable(static, static == parts) else None

    def _is_creatable(self, parts: list[str], is_whole: bool) -> bool:
        """Whether the scheduler takes it for a queue that it creates: `MappingRuleValidationHelper`.

        A whole path up to two levels below a queue that has others created, the start of one just below it.
        """
        above = [".".join(parts[:-1]), *([".".join(parts[:-2])] if is_whole else [])]
        nearest = next(filter(None, map(self._hierarchy.find, above)), None)
        allowed = nearest is not None and nearest.auto_create is not None
        return allowed and (not is_whole or bool(self._hierarchy.chain(".".join(parts))))

    def _say_who_else(self, rule: Rule) -> None:
        created = sorted({spot.path for spot in self._finder.spots(rule) if spot.on_demand})
        if created:
            why = f"they may ask for the queues of others that are created below {quoted(created[0])} too"
            self._fall_short(rule, "its own queue alone", APPROXIMATED, why)

    def _fall_short(self, rule: Rule, what: str, how: str, why: str) -> None:
        self.shortfalls.append(Shortfall(None, (), f"{quoted(str(rule))}: {what}", how, why, GATEWAY, rule.line))


def _matcher(target: Target) -> Json:
    """For whom, if they ask for nothing."""
    if target == EVERY:  # not by the user's name, which is compared with `_dot_` for a dot
        return {"type": "application", "matches": f"%application{NO_REQUEST}"}
    kind, name = target
    return {"type": kind, "matches": f"{name}{NO_REQUEST}"}
