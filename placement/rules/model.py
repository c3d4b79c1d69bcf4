"""The rules of a map as plain values. Part of the hot path: standard library only."""

USER, GROUP, EVERYONE = "user", "group", "everyone"


class Rule:
    """One line of the map: `kind` says whom `name` names (`name` is empty for EVERYONE), `queue` as written there.

    `line` counts from 1; `text` is the line as written, without comment and surrounding blanks.
    """

    __slots__ = ("kind", "line", "name", "queue", "text")

    def __init__(self, kind: str, name: str, queue: str, line: int, text: str) -> None:
        self.kind = kind
        self.name = name
        self.queue = queue
        self.line = line
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Rule({self.kind!r}, {self.name!r}, {self.queue!r}, line={self.line})"

    def _key(self) -> tuple[str, str, str, int]:
        return self.kind, self.name, self.queue, self.line


class Rules:
    """All rules of one map, in the order of its lines; `file` is the map's path as messages show it."""

    __slots__ = ("file", "rules")

    def __init__(self, file: str, rules: tuple[Rule, ...]) -> None:
        self.file = file
        self.rules = rules
