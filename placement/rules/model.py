"""The rules of a map as plain values. Part of the hot path: standard library only."""

from placement.rules.condition import in_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.rules.condition import Condition

USER, GROUP, ROLE, EVERYONE = "user", "group", "role", "everyone"
_NONE: "list[int]" = []


class Rule:
    """One line of the map: `kind` says whom `name` names (`name` is empty for EVERYONE), `queue` as written there.

    `is_full` says that this is a full path, the same for everybody. `condition` None: always. `line` counts from 1;
    `text` is the line as written, without comment and blanks around.
    """

    __slots__ = ("condition", "is_full", "kind", "line", "name", "queue", "text")

    def __init__(
        self, kind: str, name: str, queue: str, line: int, text: str, condition: "Condition | None" = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.queue = queue
        self.is_full = queue.startswith("root.") and "%" not in queue
        self.line = line
        self.text = text
        self.condition = condition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Rule({self})"

    def __str__(self) -> str:
        """The rule as it could be written in a map."""
        written = f"{target_in_words(self.kind, self.name)} {self.queue}"
        return f"{written} if {in_words(self.condition)}" if self.condition else written

    def _key(self) -> "tuple[str, str, str, int, Condition | None]":
        return self.kind, self.name, self.queue, self.line, self.condition


class Role:
    """A role of queues.yaml: whoever is one of `users`, or in one of `groups`."""

    __slots__ = ("groups", "users")

    def __init__(self, users: frozenset[str] = frozenset(), groups: frozenset[str] = frozenset()) -> None:
        self.users = users
        self.groups = groups


class Rules:
    """All rules of one map, in the order of its lines; `file` is the map's path as messages show it."""

    __slots__ = ("_by_group", "_by_user", "_everyone", "file", "roles", "rules")

    def __init__(self, file: str, rules: tuple[Rule, ...], roles: dict[str, Role] | None = None) -> None:
        self.file = file
        self.rules = rules
        self.roles = roles or {}
        self._by_user: dict[str, list[int]] = {}
        self._by_group: dict[str, list[int]] = {}
        self._everyone: list[int] = []
        for number, rule in enumerate(rules):
            if rule.kind == EVERYONE:
                self._everyone.append(number)
            for user in self.users_of(rule):
                self._by_user.setdefault(user, []).append(number)
            for group in self.groups_of(rule):
                self._by_group.setdefault(group, []).append(number)

    def users_of(self, rule: Rule) -> tuple[str, ...]:
        """The users whom the target of `rule` names, itself or through its role."""
        if rule.kind == USER:
            return (rule.name,)
        return tuple(self.roles[rule.name].users) if rule.kind == ROLE and rule.name in self.roles else ()

    def groups_of(self, rule: Rule) -> tuple[str, ...]:
        """The groups whose members the target of `rule` names, itself or through its role."""
        if rule.kind == GROUP:
            return (rule.name,)
        return tuple(self.roles[rule.name].groups) if rule.kind == ROLE and rule.name in self.roles else ()

    def matching(self, user: str, groups: tuple[str, ...]) -> list[Rule]:
        """The rules whose target matches, whatever their conditions say, in the order of the map; O(groups).

        `groups`, each once. A rule can be found twice only through its role.
        """
        found = self._everyone + self._by_user.get(user, _NONE)
        by_group = self._by_group
        for group in groups:
            if group in by_group:
                found += by_group[group]
        if len(found) > 1:
            found = sorted(set(found)) if self.roles else sorted(found)
        rules = self.rules
        return [rules[number] for number in found]


def target_in_words(kind: str, name: str) -> str:
    """A target as a map spells it, in quotes where it must be."""
    if kind == EVERYONE:
        return "*"
    if kind == ROLE:
        return f"@{name}"
    is_bare = name[:1] not in ("@", "%") and not set(name) & set(' \t:"#*')
    spelled = name if is_bare else f'"{name}"'
    return f":{spelled}" if kind == GROUP else f"{spelled}:"
