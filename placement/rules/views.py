"""A map as the comparison of two maps sees it: for each target on its own, the rules that it makes match.

Queues keep their placeholders as symbols: what is equal with the symbols is equal for every name put in their place,
because a rendered queue depends on the symbolic one alone; and with a name that occurs nowhere, different symbolic
queues are different queues. A user whom a map names has that name put in for `%user` in the rules for that user.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.queues.names import FAIR, full_name
from placement.rules.model import EVERYONE, GROUP, USER, Rule, Rules

if TYPE_CHECKING:
    from placement.rules.condition import Condition

OF_USER, OF_PRIMARY_GROUP = "\x01", "\x00"  # the symbols; no map can contain these characters
EACH = (EVERYONE, "")
ALWAYS = -1  # the number of the condition of a rule without one

Target = tuple[str, str]  # kind and name: of a user, of a group, or EACH
Entry = tuple[int, str, int]  # number of the rule, symbolic queue, number of the condition


@dataclass(frozen=True)
class Side:
    """One of the two policies: its rules as they decide, with full names of queues, and the scheduler of its site."""

    rules: Rules
    scheduler: str


class View:
    """`entries`: for each target the rules it makes match, top to bottom; a role's rule stands under each member.

    `is_as_written`: queues that begin with a placeholder stay so, without the `root.` that the scheduler adds.
    """

    def __init__(self, side: Side, numbers: "dict[Condition, int]", is_as_written: bool = False) -> None:
        self.side = side
        self.entries: dict[Target, list[Entry]] = {}
        for number, rule in enumerate(side.rules.rules):
            condition = ALWAYS if rule.condition is None else numbers[rule.condition]
            for target in targets(side.rules, rule):
                queue = symbolic(rule.queue, side.scheduler, target)
                if is_as_written and target[0] != USER and rule.queue.startswith("%"):
                    queue = symbolic(f"root.{rule.queue}", side.scheduler).removeprefix("root.")
                self.entries.setdefault(target, []).append((number, queue, condition))

    def without_groups(self) -> "View":
        """The view for those who are in no group at all: `%primary_group` stands for nothing there."""
        view = View(Side(Rules("", ()), self.side.scheduler), {})
        for target, entries in self.entries.items():
            if target[0] != GROUP:
                view.entries[target] = [entry for entry in entries if OF_PRIMARY_GROUP not in entry[1]]
        return view


def targets(rules: Rules, rule: Rule) -> list[Target]:
    """The users and groups that the target of `rule` stands for, or EACH."""
    if rule.kind == EVERYONE:
        return [EACH]
    return [
        *((USER, name) for name in sorted(rules.users_of(rule))),
        *((GROUP, name) for name in sorted(rules.groups_of(rule))),
    ]


def symbolic(queue: str, scheduler: str, target: Target = EACH) -> str:
    """The queue of a rule as the scheduler names it, placeholders as symbols unless `target` says what they are."""
    queue = queue.replace("%primary_group", OF_PRIMARY_GROUP).replace("%user", OF_USER)
    return full_name(for_user(queue, target[1]) if target[0] == USER else queue, scheduler)


def for_user(queue: str, user: str) -> str:
    """The symbolic queue with a user's name in it."""
    return queue.replace(OF_USER, user.replace(".", "_dot_")) if OF_USER in queue else queue


def as_written(queue: str) -> str:
    """The symbolic queue with its placeholders as a map spells them."""
    return queue.replace(OF_PRIMARY_GROUP, "%primary_group").replace(OF_USER, "%user")


def root_is_special(sides: tuple[Side, Side]) -> bool:
    """Whether somebody named `root` may break the symbols.

    The fair scheduler's `%user.a` is `root.%user.a`, but for a user named `root` it is `root.a`. With one spelling in
    use, and nothing else that speaks of that name, the one is still a new name for the other.
    """
    rules = [(side, rule) for side in sides if side.scheduler == FAIR for rule in side.rules.rules]
    leading = any(rule.queue.startswith("%") for _, rule in rules)
    clash = any(
        rule.queue.startswith(("root.%", "root.root", "root%"))
        or any(name == "root" for _, name in targets(side.rules, rule))
        or rule.queue == "root"
        for side, rule in rules
    )
    return leading and (clash or len({side.scheduler for side in sides}) > 1)
