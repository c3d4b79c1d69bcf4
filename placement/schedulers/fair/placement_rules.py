"""The map as placement rules of the fair scheduler, and placement rules as a map.

The scheduler knows no rule for one user or group. Who may ask for what is a matter of its access lists; whoever asks
for nothing is placed by the one rule that is for everyone.
Sources: Hadoop `QueuePlacementPolicy`, `FSPlacementRule` and its kinds; held by tests/cluster/test_enforcement.py.
"""

from lxml import etree

from placement.errors import quoted
from placement.queues.queue import Hierarchy
from placement.queues.tree import ROOT
from placement.rules.model import EVERYONE, Rule, Rules
from placement.schedulers.configuration import APPROXIMATED, GATEWAY, NOT_EXPRESSED, Shortfall
from placement.schedulers.fair.placement_lines import lines
from placement.schedulers.fair.words import PLACEMENT
from placement.schedulers.spots import OF_GROUP, OF_USER, Finder, Spot
from placement.schedulers.unasked import placing

__all__ = ["PROPERTIES", "lines", "of"]

PROPERTIES = (PLACEMENT,)


def of(rules: Rules, hierarchy: Hierarchy) -> tuple[dict[str, str], list[Shortfall]]:
    """The general property by which the ResourceManager places as `rules` do, and what it cannot say.

    A request for a queue that is there is honoured where the access lists allow it. Without one the map's first rule
    that is for everyone, and has no condition, counts for all, and without such a rule they are rejected.
    """
    written = _Written(rules, hierarchy)
    text = etree.tostring(written.policy, encoding="unicode")
    return {PLACEMENT: text}, written.shortfalls


class _Written:
    """The `policy` as XML, and the `shortfalls`."""

    def __init__(self, rules: Rules, hierarchy: Hierarchy) -> None:
        self.shortfalls: list[Shortfall] = []
        self._hierarchy = hierarchy
        self._finder = Finder(hierarchy)
        self.policy = etree.Element(PLACEMENT)
        unasked = [rule for rule, _ in placing(rules)]
        last = unasked.pop() if unasked and _is_for_all(unasked[-1]) else None
        creates = self._asked(rules, last)
        ends = last is not None and self._place(last)
        if not ends:
            etree.SubElement(self.policy, "rule", name="reject")
        self._say_what_is_left(unasked, last, creates)

    def _asked(self, rules: Rules, last: Rule | None) -> bool:
        """The rule for requests. Whether it has queues created: only then one of these can be asked for.

        The gateway asks for the queue of every rule; that of the `last` one is found without.
        """
        created = [(rule, spot) for rule in rules.rules for spot in self._finder.spots(rule) if spot.on_demand]
        creates = any(rule is not last for rule, _ in created)
        etree.SubElement(self.policy, "rule", name="specified", create=_flag(creates))
        for rule, spot in created if creates else ():
            why = f"they may ask for the queues of others that are created below {quoted(spot.path)} too"
            self._fall_short(rule, "its own queue alone", APPROXIMATED, why)
        return creates

    def _place(self, rule: Rule) -> bool:
        """Adds the rule for whoever asks for nothing; False if it leaves some of them to the next one."""
        path = self._finder.path(rule) or ""
        parts = path.split(".")
        number = next((number for number, part in enumerate(parts) if "%" in part), len(parts))
        parent, below = ".".join(parts[:number]), parts[number:]
        if not below and self._finder.runs(path):
            etree.SubElement(self.policy, "rule", name="default", queue=path, create="true")
            return True
        if below not in ([OF_USER], [OF_GROUP], [OF_GROUP, OF_USER]) or (len(below) == 2 and parent != ROOT):
            why = (
                "the scheduler has no rule for such a queue, or it is none to run in; whoever asks for none is rejected"
            )
            self._fall_short(rule, "the queue", NOT_EXPRESSED, why)
            return False
        if OF_GROUP in below:
            why = "without a request whoever is in no group is rejected, rather than placed by the next rule"
            self._fall_short(rule, "only for those who are in a group", APPROXIMATED, why)
        return self._place_below(parent, below, self._finder.spots(rule))

    def _place_below(self, parent: str, below: list[str], spots: list[Spot]) -> bool:
        """`create` is true where queues.yaml has it so; then no rule can come behind it."""
        creates = any(spot.on_demand for spot in spots)
        creates_parent = creates and any(spot.on_demand and spot.path == parent for spot in spots)
        is_nested = len(below) == 2 or parent != ROOT
        name = "primaryGroup" if below == [OF_GROUP] else "nestedUserQueue" if is_nested else "user"
        rule = etree.SubElement(self.policy, "rule", name=name, create=_flag(creates))
        if len(below) == 2:
            etree.SubElement(rule, "rule", name="primaryGroup", create=_flag(creates_parent))
            return creates_parent
        if is_nested:
            etree.SubElement(rule, "rule", name="default", queue=parent, create=_flag(creates))
        return creates

    def _say_what_is_left(self, unasked: list[Rule], last: Rule | None, creates: bool) -> None:
        instead = f"{quoted(str(last))} counts" if last else "they are rejected"
        for rule in unasked:
            why = f"the scheduler knows no conditions, and no rules for one user or group; without a request {instead}"
            self._fall_short(rule, "the queue without a request", NOT_EXPRESSED, why)
        if not creates and last is None:
            return
        why = "it is created, if they may submit to the queue around it" if creates else f"as without one, {instead}"
        said = "to refuse a request for a queue that is not there"
        self.shortfalls.append(Shortfall(None, (), said, NOT_EXPRESSED, why, GATEWAY))

    def _fall_short(self, rule: Rule, what: str, how: str, why: str) -> None:
        self.shortfalls.append(Shortfall(None, (), f"{quoted(str(rule))}: {what}", how, why, GATEWAY, rule.line))


def _is_for_all(rule: Rule) -> bool:
    return rule.kind == EVERYONE and rule.condition is None


def _flag(value: bool) -> str:
    return "true" if value else "false"
