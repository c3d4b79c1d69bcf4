"""Lines of a map that open no queue to anybody: those of a scheduler's placement rules, for whom access lists let in.

A scheduler places first and asks its access lists then; a map opens its queues to whoever has a rule.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from placement.errors import Problem, quoted, visible
from placement.queues import access
from placement.queues.queue import Hierarchy
from placement.queues.tree import ROOT
from placement.rules import grammar
from placement.rules.model import EVERYONE, GROUP, USER, Rule
from placement.schedulers.granted import ALL, Entry, entry_of, line
from placement.schedulers.spots import Finder, Spot

REFUSED_THERE = "whoever asks for no queue is refused there; the map gives them the first that access lists allow"


@dataclass(slots=True)
class Permitted:
    """Lines of a map, comments among them, and a warning for each line that is not as it was."""

    lines: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def permitted(lines: Iterable[str], hierarchy: Hierarchy) -> Permitted:
    """The lines, each for no more people than the access lists of `hierarchy`, which has no roles, let in.

    A line for everybody gives way to lines for those who may submit there: `rule-approximated`. Where there are none
    such, or it is for one user or group that may not, it is left as a comment: `rule-left-out`. O(lines x depth), and
    for a line with a placeholder O(queues beside each other).
    """
    found = Permitted()
    rights = _Rights(hierarchy)
    for rule in grammar.parse("".join(f"{each}\n" for each in lines).encode(), "")[0].rules:
        if rights.hold(rule):
            found.lines.append(rule.text)
            continue
        narrower = list(_narrower(rule, rights)) if rule.kind == EVERYONE else []
        found.lines += narrower or [f"# left out: {visible(rule.text)}"]
        found.problems.append(_approximated(rule) if narrower else _left_out(rule))
    return found


class _Rights:
    """Who may submit to the queues that a rule leads to."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._finder = Finder(hierarchy)
        self._entries: dict[str, dict[Entry, None]] = {}

    def hold(self, rule: Rule) -> bool:
        """Whether all whom the rule opens a queue to may submit there anyway."""
        return all(
            ALL in there or there.keys() >= set(spot.names or [entry_of(rule)])
            for spot in self._spots(rule)
            for there in [self._of(spot.path)]
        )

    def named(self, rule: Rule) -> dict[Entry, None]:
        """Who may submit to any of the queues that a rule leads to; nobody if it leads to none."""
        return {entry: None for spot in self._spots(rule) for entry in self._of(spot.path)}

    def _spots(self, rule: Rule) -> list[Spot]:
        return [spot for spot in self._finder.spots(rule) if spot.path != ROOT]  # which no rule opens

    def _of(self, path: str) -> dict[Entry, None]:
        if path not in self._entries:
            grants = access.of_queue(self._hierarchy, path).submit
            self._entries[path] = {(grant.kind, grant.name): None for grant in grants}
        return self._entries[path]


def _narrower(rule: Rule, rights: _Rights) -> Iterator[str]:
    """The rule for each of those who may submit there already."""
    for kind, name in rights.named(rule):
        written = line(kind, name, rule.queue) if kind in (USER, GROUP) else None
        narrow = Rule(kind, name, rule.queue, rule.line, "")
        if written and rights.named(narrow) and rights.hold(narrow):
            yield written


def _approximated(rule: Rule) -> Problem:
    message = f"{quoted(rule.text)} would let in more than the access lists do; the map has it for each whom they name"
    remedy = "write that line if everybody is to be let in"
    return Problem("rule-approximated", message, None, remedy, "warning")


def _left_out(rule: Rule) -> Problem:
    who = "everybody whom it places" if rule.kind == EVERYONE else quoted(rule.name)
    message = (
        f"{quoted(rule.text)} is left out: by the access lists {who} may not submit there, as a line would let them"
    )
    remedy = "uncomment it in map.txt if they are to, or write lines for the users and groups that are"
    return Problem("rule-left-out", message, None, remedy, "warning")
