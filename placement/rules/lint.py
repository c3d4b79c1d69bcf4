"""Findings over a whole policy. One finding is one code and one function; `findings` runs them all.

Pure: the name service, where it is asked at all, is handed in. Every function is linear in the rules and the members
of their roles, so that 100,000 rules take seconds.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from placement.errors import Place, PlacementError, Problem, nearest, quoted
from placement.queues.names import FAIR, ambiguous, full_name, leaf
from placement.queues.tree import ROOT, Tree
from placement.rules.condition import in_words
from placement.rules.model import EVERYONE, GROUP, ROLE, USER, Rule, Rules
from placement.rules.satisfiable import can_hold

if TYPE_CHECKING:
    from placement.rules.condition import Condition

Knows = Callable[[str], bool]
Key = tuple[str, str, str, "Condition | None"]  # kind, name, queue as it is compared, condition

LONGEST_SEARCH = 20_000  # comparisons of two words in search of the nearest; about a second
SHOWN = 4  # lines or paths that one message lists

_PARTS = re.compile(r'((?:[^ \t"#]|"[^"]*")+)[ \t]+(?:((?:[^ \t"#]|"[^"]*")+)(?:[ \t]+if(.*))?)?')


class Subject:
    """What the findings look at: `rules` with their roles, the scheduler, the `tree` or None where there is none.

    `lines` are the lines of the map, so that columns are those of the file; without them, columns count in the rule.
    """

    def __init__(self, rules: Rules, scheduler: str, tree: Tree | None = None, lines: Sequence[str] = ()) -> None:
        self.rules = rules
        self.scheduler = scheduler
        self.tree = tree
        self.lines = lines
        self._roles: dict[tuple[str, str], list[str]] = {}
        for name, role in rules.roles.items():
            for user in role.users:
                self._roles.setdefault((USER, user), []).append(name)
            for group in role.groups:
                self._roles.setdefault((GROUP, group), []).append(name)

    def roles_of(self, kind: str, name: str) -> list[str]:
        """The roles that name this user or group."""
        return self._roles.get((kind, name), [])

    def place(self, rule: Rule, part: int = 0) -> Place:
        """Where the target (1), queue (2) or condition (3) of a rule stands, or the whole rule (0)."""
        text = self.lines[rule.line - 1] if self.lines else rule.text
        start = max(0, text.find(rule.text))
        found = _PARTS.match(rule.text) if part else None
        if not found or found[part] is None:
            return Place(self.rules.file, rule.line, start + 1, len(rule.text), text)
        word = found[part].strip(" \t")
        at = start + found.start(part) + found[part].index(word)
        return Place(self.rules.file, rule.line, at + 1, len(word), text)


def findings(subject: Subject, knows_user: Knows | None = None, knows_group: Knows | None = None) -> list[Problem]:
    """Every finding, in the order of the lines. Names are looked up only by the functions that are given."""
    found = [
        *unknown_roles(subject),
        *unknown_queues(subject),
        *parent_queues(subject),
        *ambiguous_leaves(subject),
        *always_false(subject),
        *duplicate_rules(subject),
        *shadowed(subject),
        *no_everyone(subject),
    ]
    if knows_user:
        found += unknown_users(subject, knows_user)
    if knows_group:
        found += unknown_groups(subject, knows_group)
    return sorted(found, key=lambda each: (each.place.line, each.place.column) if each.place else (0, 0))


def refuse_unknown_roles(rules: Rules) -> None:
    """Raises PlacementError with every rule for a role that `queues.yaml` does not have."""
    if any(rule.kind == ROLE and rule.name not in rules.roles for rule in rules.rules):
        raise PlacementError(*unknown_roles(Subject(rules, FAIR)))


def unknown_roles(subject: Subject) -> Iterator[Problem]:
    """`unknown-role`: a rule for a role that `queues.yaml` does not have; it would match nobody."""
    known = list(subject.rules.roles)
    near = _Nearest(known)
    for rule in subject.rules.rules:
        if rule.kind == ROLE and rule.name not in subject.rules.roles:
            message = f"there is no role {quoted(rule.name)} in queues.yaml"
            remedy = near.remedy(rule.name) or (
                f"roles are {_listed(known)}"
                if known
                else "write it there under `roles:`, or name the users themselves"
            )
            yield Problem("unknown-role", message, subject.place(rule, 1), remedy)


def unknown_queues(subject: Subject) -> Iterator[Problem]:
    """`unknown-queue`: a queue that is not in the tree; with %user or %primary_group, the queue that it is to be in."""
    tree = subject.tree
    if tree is None:
        return
    nearby = _NearestQueue(tree)
    for rule in subject.rules.rules:
        path, is_part = _fixed_part(full_name(rule.queue, subject.scheduler, tree))
        if path in tree or ambiguous(rule.queue, subject.scheduler, tree):
            continue
        what = f"the queue {quoted(path)}, in which {quoted(rule.queue)} is to be," if is_part else f"{quoted(path)}"
        remedy = nearby.remedy(path) or "add it to queues.yaml, or name a queue that is there"
        yield Problem("unknown-queue", f"{what} is not in queues.yaml", subject.place(rule, 2), remedy)


def parent_queues(subject: Subject) -> Iterator[Problem]:
    """`parent-queue`: a queue that has queues below it; no scheduler runs anything there."""
    tree = subject.tree
    if tree is None:
        return
    for rule in subject.rules.rules:
        path = full_name(rule.queue, subject.scheduler, tree)
        if tree.is_parent(path):
            leaves = _listed([each for each in tree.children(path) if tree.is_leaf(each)], "or")
            remedy = f"name a queue below it: {leaves}" if leaves else "name a queue below it"
            message = f"{quoted(path)} has queues below it, so nothing can run in it"
            yield Problem("parent-queue", message, subject.place(rule, 2), remedy)


def ambiguous_leaves(subject: Subject) -> Iterator[Problem]:
    """`ambiguous-leaf`: a name without a path that several queues end in; the capacity scheduler refuses it."""
    for rule in subject.rules.rules:
        paths = ambiguous(rule.queue, subject.scheduler, subject.tree)
        if paths:
            message = f"{quoted(rule.queue)} could be {len(paths)} queues: {_listed(paths)}"
            yield Problem("ambiguous-leaf", message, subject.place(rule, 2), f"write the path, as {quoted(paths[0])}")


def always_false(subject: Subject) -> Iterator[Problem]:
    """`always-false`: a condition that no submission can fulfil, whatever is known of it."""
    known: dict[Condition, bool] = {}
    for rule in subject.rules.rules:
        if rule.condition is None:
            continue
        if rule.condition not in known:
            known[rule.condition] = can_hold(rule.condition)
        if not known[rule.condition]:
            message = f"no submission fulfils {quoted(in_words(rule.condition))}"
            remedy = "correct the condition (did you mean `or`?), or delete the rule"
            yield Problem("always-false", message, subject.place(rule, 3), remedy, severity="warning")


def duplicate_rules(subject: Subject) -> Iterator[Problem]:
    """`duplicate-rule`: a rule that stands in the map already, in this or another spelling of its queue."""
    seen: dict[Key, Rule] = {}
    for rule in subject.rules.rules:
        first = seen.setdefault(_key(rule, subject), rule)
        if first is not rule:
            message = f"line {first.line} says the same"
            yield Problem("duplicate-rule", message, subject.place(rule), "delete one of them", severity="warning")


def shadowed(subject: Subject) -> Iterator[Problem]:
    """`shadowed`: a rule that changes nothing, for whoever it is for gets the same queue by rules above it.

    Only rules above with the same condition, or none, count: those hold whenever this one does. A rule above that
    gives *another* queue shadows nothing, since this rule still allows its queue to be asked for.
    """
    above: dict[Key, Rule] = {}
    for rule in subject.rules.rules:
        key = _key(rule, subject)
        if key not in above:  # else it is a duplicate
            covering = _covering(rule, subject, above)
            if covering:
                lines = sorted({each.line for each in covering})
                where = f"line{'s' if len(lines) > 1 else ''} {_listed(lines)}"
                message = f"the rule changes nothing: {where} gives everybody it is for the same queue"
                message = message.replace(" gives ", " give ") if len(lines) > 1 else message
                yield Problem("shadowed", message, subject.place(rule), "delete it", severity="warning")
            above[key] = rule


def no_everyone(subject: Subject) -> Iterator[Problem]:
    """`no-everyone`: nobody is said to be everyone else, so whom no rule names is refused; often that is meant."""
    if not any(rule.kind == EVERYONE for rule in subject.rules.rules):
        message = "no rule is for `*`: whoever is not named is refused"
        remedy = "if others are to run too, end the map by a line such as `* root.default`"
        yield Problem("no-everyone", message, Place(subject.rules.file), remedy, severity="note")


def unknown_users(subject: Subject, knows: Knows) -> Iterator[Problem]:
    """`unknown-user`: a user, named by a rule or a role, whom the name service does not know."""
    for rule, name in _unknown_names(subject, USER, subject.rules.users_of, knows):
        message = f"the name service knows no user {quoted(name)}{_of_role(rule)}"
        yield Problem("unknown-user", message, subject.place(rule, 1), _SPELLING, severity="warning")


def unknown_groups(subject: Subject, knows: Knows) -> Iterator[Problem]:
    """`unknown-group`: a group, named by a rule or a role, that the name service does not know."""
    for rule, name in _unknown_names(subject, GROUP, subject.rules.groups_of, knows):
        message = f"the name service knows no group {quoted(name)}{_of_role(rule)}"
        yield Problem("unknown-group", message, subject.place(rule, 1), _SPELLING, severity="warning")


_SPELLING = "correct the spelling, case included, or delete the rule if the name is gone"


def _unknown_names(
    subject: Subject, kind: str, names_of: Callable[[Rule], tuple[str, ...]], knows: Knows
) -> Iterator[tuple[Rule, str]]:
    """Each unknown name with every rule that names it, and with the first rule of each role; looked up once each."""
    known: dict[str, bool] = {}
    roles: set[str] = set()
    for rule in subject.rules.rules:
        if rule.kind == kind or (rule.kind == ROLE and rule.name not in roles):
            if rule.kind == ROLE:
                roles.add(rule.name)
            for name in sorted(names_of(rule)):
                if name not in known:
                    known[name] = knows(name)
                if not known[name]:
                    yield rule, name


def _of_role(rule: Rule) -> str:
    return f", of the role {quoted(rule.name)}" if rule.kind == ROLE else ""


def _key(rule: Rule, subject: Subject) -> Key:
    """What a rule says, in one spelling."""
    return rule.kind, rule.name, _spelled(rule.queue, subject), rule.condition


def _spelled(queue: str, subject: Subject) -> str:
    """One spelling for all that are the same queue, whoever fills a placeholder.

    `%user` and `root.%user` stay two under the fair scheduler: for a user called `root` they are.
    """
    if subject.scheduler == FAIR and "%" in queue.partition(".")[0]:
        return queue
    return full_name(queue, subject.scheduler, subject.tree)


def _covering(rule: Rule, subject: Subject, above: dict[Key, Rule]) -> list[Rule]:
    """Rules above that together give the queue of `rule` to everybody whom it is for; none if they do not."""
    whole = _giving(rule.kind, rule.name, rule, subject, above)
    if whole or rule.kind != ROLE:
        return [whole] if whole else []
    members = [(USER, name) for name in subject.rules.users_of(rule)]
    members += [(GROUP, name) for name in subject.rules.groups_of(rule)]
    found = []
    for kind, name in members:
        giving = _giving(kind, name, rule, subject, above)
        if giving is None:
            return []
        found.append(giving)
    return found


def _giving(kind: str, name: str, rule: Rule, subject: Subject, above: dict[Key, Rule]) -> Rule | None:
    """A rule above that gives the queue of `rule` to whoever `kind` and `name` are, whenever `rule` does."""
    targets = [(EVERYONE, ""), (kind, name), *((ROLE, role) for role in subject.roles_of(kind, name))]
    conditions = (None,) if rule.condition is None else (None, rule.condition)
    for queue in _spellings(kind, name, rule.queue, subject):
        for target in targets:
            for condition in conditions:
                found = above.get((*target, queue, condition))
                if found:
                    return found
    return None


def _spellings(kind: str, name: str, queue: str, subject: Subject) -> list[str]:
    """The ways to write the queue that `queue` is for that user or group, one as in `_key`: `%user` is known there."""
    spellings = [_spelled(queue, subject)]
    if kind == USER and "%" not in name and "%primary_group" not in queue:
        user = name.replace(".", "_dot_")
        filled = queue.replace("%user", user)
        spellings += [_spelled(filled, subject), _spelled(filled.replace(user, "%user"), subject)]
    return list(dict.fromkeys(spellings))


def _fixed_part(queue: str) -> tuple[str, bool]:
    """The path before the first part that holds a placeholder, `root` at least, and whether there is such a part."""
    if "%" not in queue:
        return queue, False
    parts = queue.split(".")
    fixed = [part for number, part in enumerate(parts) if not any("%" in each for each in parts[: number + 1])]
    return ".".join(fixed) or ROOT, True


def _listed(items: Sequence[object], last_word: str = "and") -> str:
    """`a, b and 3 more`; words in backticks, numbers bare."""
    shown = [quoted(item) if isinstance(item, str) else str(item) for item in items[:SHOWN]]
    more = [f"{len(items) - SHOWN} more"] if len(items) > SHOWN else []
    if not more and len(shown) < 2:
        return "".join(shown)
    *before, last = [*shown, *more]
    return f"{', '.join(before)} {last_word} {last}"


class _Nearest:
    """Remedies that name what was probably meant; the search is slow, so that there are only so many of them."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = list(known)
        self._remedies: dict[str, str] = {}

    def remedy(self, word: str) -> str:
        """`did you mean ...?`, empty if nothing is near."""
        if word not in self._remedies and (len(self._remedies) + 1) * len(self._known) <= LONGEST_SEARCH:
            near = nearest(word, self._known)
            self._remedies[word] = f"did you mean {quoted(near)}?" if near else ""
        return self._remedies.get(word, "")


class _NearestQueue:
    """Remedies for a queue that is not in the tree: the same name elsewhere in it, or a similar path."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._similar = _Nearest([path for path in tree.paths if path != ROOT])

    def remedy(self, path: str) -> str:
        """`did you mean ...?`, empty if nothing is near."""
        elsewhere = self._tree.leaf_paths(leaf(path))
        if f"{ROOT}.{path}" in self._tree:
            elsewhere = (f"{ROOT}.{path}",)
        return f"did you mean {_listed(elsewhere, 'or')}?" if elsewhere else self._similar.remedy(path)
