"""Access from the map: whoever has a rule for a queue may submit to it, on the ResourceManager too.

And the reverse, for an import: what the access lists of a tree let people ask for, as lines of a map.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from placement.errors import PlacementError, quoted, visible
from placement.queues import access
from placement.queues.queue import Access, Hierarchy, Queue
from placement.queues.tree import ROOT
from placement.rules import grammar
from placement.rules.model import EVERYONE, GROUP, ROLE, USER, Rule, Rules, target_in_words
from placement.schedulers import access_lists
from placement.schedulers.configuration import APPROXIMATED, GATEWAY, NOBODY, NOT_EXPRESSED, Shortfall
from placement.schedulers.spots import Finder, Spot

Entry = tuple[str, str]  # kind and name, as placement.queues.access has them
ALL: Entry = (access.EVERYBODY, "")
SHOWN = 4  # queues that one sentence lists


def granted(hierarchy: Hierarchy, rules: Rules) -> tuple[Hierarchy, list[Shortfall]]:
    """The hierarchy with submit access for whoever has a rule, and what access lists cannot say of the map.

    `rules` as they place. `root` is not opened by any rule, as that would open everything. An entry that a queue
    already grants, itself or through an ancestor, is not added. O(rules + queues), and for a rule with a placeholder
    O(queues beside each other).
    """
    ruled = _Ruled(hierarchy, rules)
    opened = replace(hierarchy, root=_with(hierarchy.root, ROOT, ruled.entries, _Held(hierarchy.roles)))
    return opened, [*ruled.shortfalls, *_without_rule(hierarchy, ruled.entries)]


def access_lines(hierarchy: Hierarchy) -> list[str]:
    """Lines of a map that let everybody ask for what the access lists of `hierarchy` let them submit to.

    Leaves only, what is inherited included; one line where everybody may. What no line can say is a comment.
    """
    return list(_lines(hierarchy.root, ROOT, {}))


def line(kind: str, name: str, queue: str) -> str | None:
    """One line of a map; None if the grammar of the map has no way to write it."""
    rule = Rule(kind, name, queue, 1, "")
    text = str(rule)
    try:
        read, warnings = grammar.parse(text.encode("utf-8", "surrogatepass"), "")
    except PlacementError:
        return None
    return text if read.rules == (rule,) and not warnings else None


class _Ruled:
    """The `entries` that the rules give to each queue, and the `shortfalls` on the way."""

    def __init__(self, hierarchy: Hierarchy, rules: Rules) -> None:
        self.entries: dict[str, dict[Entry, None]] = {}
        self.shortfalls: list[Shortfall] = []
        self._hierarchy = hierarchy
        self._finder = Finder(hierarchy)
        self._holds: dict[Entry, bool] = {}
        opened: list[tuple[Rule, str, Queue, set[Entry]]] = []
        for rule in rules.rules:
            opened += [(rule, *each) for each in self._add(rule)]
        for rule, path, queue, entries in opened:
            self._say_what_opens(rule, path, queue, entries)

    def _add(self, rule: Rule) -> Iterator[tuple[str, Queue, set[Entry]]]:
        """Grants what one rule says; yields each queue with others below it that is opened by it, and to whom."""
        spots = [spot for spot in self._finder.spots(rule) if spot.path != ROOT]
        if not spots:
            why = "the queue is not in queues.yaml, none is created there, and `root` is not opened for one rule"
            self._fall_short(rule, "access", NOT_EXPRESSED, why)
            return
        if self._is_parent(spots[0]):
            why = (
                "it has queues below it, and nothing runs in it: the ResourceManager refuses whom the gateway lets pass"
            )
            self._fall_short(rule, "the queue", NOT_EXPRESSED, why, NOBODY)
        if rule.condition:
            why = "an access list knows no conditions and always lets them in"
            self._fall_short(rule, "the condition", APPROXIMATED, why)
        if any(spot.names and not _is_exact(rule, spot) for spot in spots):
            why = "each queue is open to all whose name, or any of whose groups, it has"
            self._fall_short(rule, "access for nobody else", APPROXIMATED, why)
        for spot in spots:
            entries = [entry for entry in spot.names or (entry_of(rule),) if self._can_hold(rule, entry)]
            self.entries.setdefault(spot.path, {}).update(dict.fromkeys(entries))
            queue = self._hierarchy.find(spot.path)
            if entries and queue and queue.children:
                yield spot.path, queue, set(entries)

    def _is_parent(self, spot: Spot) -> bool:
        queue = self._hierarchy.find(spot.path)
        return not spot.on_demand and queue is not None and not queue.is_leaf

    def _say_what_opens(self, rule: Rule, path: str, queue: Queue, entries: set[Entry]) -> None:
        """That a right to a queue is one to all below it, unless rules give these to the same people anyway."""
        known = ((leaf, self.entries.get(leaf, {})) for leaf in _leaves(path, queue))
        leaves = [leaf for leaf, there in known if ALL not in there and not entries <= there.keys()]
        if leaves:
            why = f"whoever may submit to {quoted(path)} may submit to all below it: {_listed(leaves)}"
            self._fall_short(rule, f"access to {quoted(path)} alone", APPROXIMATED, why)

    def _can_hold(self, rule: Rule, entry: Entry) -> bool:
        if entry not in self._holds:
            kind, name = entry
            given = Access(users=(name,) * (kind == USER), groups=(name,) * (kind == GROUP))
            self._holds[entry] = not access_lists.text(given, {})[1]
        if not self._holds[entry]:
            why = f"no access list can hold {quoted(entry[1])}; the ResourceManager refuses whom the gateway lets pass"
            self._fall_short(rule, "access", NOT_EXPRESSED, why, NOBODY)
        return self._holds[entry]

    def _fall_short(self, rule: Rule, what: str, how: str, why: str, enforced_by: str = GATEWAY) -> None:
        said = f"{quoted(str(rule))}: {what}"
        self.shortfalls.append(Shortfall(None, (), said, how, why, enforced_by, rule.line))


class _Held:
    """Who is let in on the way down the tree; a role lets in each of its members."""

    def __init__(self, roles: Mapping[str, Access]) -> None:
        self._roles = roles
        self._count: Counter[Entry] = Counter()

    def __contains__(self, entry: Entry) -> bool:
        return self._count[ALL] > 0 or self._count[entry] > 0

    def change(self, entries: Iterable[Entry], by: int) -> None:
        """Lets them in (`by` 1), or, on the way up, no longer (-1)."""
        for entry in entries:
            for each in (entry, *_members(entry, self._roles)):
                self._count[each] += by


def _with(queue: Queue, path: str, entries: Mapping[str, Iterable[Entry]], held: _Held) -> Queue:
    """The queue, and all below it, with the entries added that nobody gave yet."""
    own, wanted = [*access.entries(queue.submit), *access.entries(queue.admin)], entries.get(path, ())
    if not queue.children and not wanted:
        return queue
    held.change(own, 1)
    new = [ALL] if ALL in wanted and ALL not in held else [entry for entry in wanted if entry not in held]
    held.change(new, 1)
    children = tuple(_with(child, f"{path}.{child.name}", entries, held) for child in queue.children)
    held.change([*own, *new], -1)
    if not new and all(was is now for was, now in zip(queue.children, children, strict=True)):
        return queue
    return replace(queue, submit=_together(queue.submit, new) if new else queue.submit, children=children)


def _together(submit: Access | None, new: list[Entry]) -> Access:
    if ALL in new:
        return Access(everybody=True)
    named = {kind: [name for each, name in new if each == kind] for kind in (USER, GROUP, ROLE)}
    before = submit or Access()
    return Access(
        users=(*before.users, *named[USER]),
        groups=(*before.groups, *named[GROUP]),
        roles=(*before.roles, *named[ROLE]),
    )


def entry_of(rule: Rule) -> Entry:
    """Whom an access list has to let in for a rule, unless its queue says so."""
    return ALL if rule.kind == EVERYONE else (rule.kind, rule.name)


def _is_exact(rule: Rule, spot: Spot) -> bool:
    """Whether those named by the queue are just those for whom the rule gives it."""
    return rule.kind == EVERYONE and spot.names[0][0] == USER


def _members(entry: Entry, roles: Mapping[str, Access]) -> list[Entry]:
    kind, name = entry
    return access.entries(roles.get(name)) if kind == ROLE else []


def _leaves(path: str, queue: Queue) -> Iterator[str]:
    """The queues below that one, or itself, that have none below them."""
    rest = [(path, queue)]
    while rest:
        here, at = rest.pop()
        if at.children:
            rest += [(f"{here}.{child.name}", child) for child in reversed(at.children)]
        else:
            yield here


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(map(quoted, paths[:SHOWN])) + more


def _without_rule(hierarchy: Hierarchy, ruled: Mapping[str, Iterable[Entry]]) -> Iterator[Shortfall]:
    """For each entry of queues.yaml whom the gateway would refuse somewhere, as no rule of the map is for them."""
    known = {path: {*entries, *_all_members(entries, hierarchy.roles)} for path, entries in ruled.items()}
    for path, queue in hierarchy.queues():
        for keys, given in _said(queue):
            there = access.entries(given)
            for kind, name in there:
                lacking = _lacking((kind, name), path, queue, hierarchy.roles, known)
                if lacking:
                    alike = [each for each in there if each[0] == kind]
                    where = () if kind == access.EVERYBODY else (f"{kind}s", alike.index((kind, name)))
                    who = f"{kind} {quoted(name)}" if name else kind
                    why = f"no rule of the map is for them in {quoted(lacking)}; the ResourceManager lets them in"
                    yield Shortfall(path, (*keys, *where), f"{who} in {quoted(path)}", APPROXIMATED, why, GATEWAY)


def _lacking(
    entry: Entry, path: str, queue: Queue, roles: Mapping[str, Access], known: Mapping[str, set[Entry]]
) -> str | None:
    """The first queue at or below `queue`, of that path, that no rule gives to them."""
    members = _members(entry, roles)
    for leaf in _leaves(path, queue):
        there = known.get(leaf, set())
        if not ({ALL, entry} & there or (members and there.issuperset(members))):
            return leaf
    return None


def _all_members(entries: Iterable[Entry], roles: Mapping[str, Access]) -> Iterator[Entry]:
    for entry in entries:
        yield from _members(entry, roles)


def _said(queue: Queue) -> Iterator[tuple[tuple[str, ...], Access | None]]:
    """Every access that the queue says, also of what is created below it, with its keys in queues.yaml."""
    yield (access.SUBMIT,), queue.submit
    yield (access.ADMIN,), queue.admin
    if queue.auto_create:
        for key, said in (
            ("template", queue.auto_create.template),
            ("leaf", queue.auto_create.leaf),
            ("parent", queue.auto_create.parent),
        ):
            yield ("auto-create", key, access.SUBMIT), said.submit
            yield ("auto-create", key, access.ADMIN), said.admin


def _lines(queue: Queue, path: str, inherited: Mapping[Entry, None]) -> Iterator[str]:
    own = [*access.entries(queue.submit), *access.entries(queue.admin)]
    held = {**inherited, **dict.fromkeys(own)} if own else inherited
    if queue.auto_create and held:
        yield f"# more may be asked for below {visible(path)}: the queues that are created there"
    if queue.is_leaf:
        for kind, name in [ALL] if ALL in held else held:
            target = EVERYONE if kind == access.EVERYBODY else kind
            written = line(target, name, path)
            yield written or f"# a map cannot say: {visible(f'{target_in_words(target, name)} {path}')}"
    for child in queue.children:
        yield from _lines(child, f"{path}.{child.name}", held)
