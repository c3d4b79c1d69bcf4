"""Recorded decisions, decided once more by two policies: who would have been placed otherwise."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from placement.queues.names import is_unset
from placement.rules.condition import FACTS, TEXT, WEEKDAY
from placement.rules.match import candidates, choose
from placement.rules.views import Side

MOVED, REFUSED, ALLOWED = "moved", "refused", "allowed"
MOST_BAD = 20  # bad records that are kept with their line; the rest is counted

Case = tuple[str, str, str | None, str | None, str | None]  # kind, user, request, old queue, new queue


class BadRecordError(ValueError):
    """A record that is not a decision; the text says what was expected."""


@dataclass
class Replay:
    """What became of the records: `cases` that end otherwise and how often; None for a queue: refused.

    `passed` submitted nothing, or failed, so nothing was decided. `without_facts` had none, though a condition asks for
    some: they were taken as not known. `bad` are (line, what was expected), the first MOST_BAD of `bad_count`.
    """

    decided: int = 0
    passed: int = 0
    without_facts: int = 0
    bad_count: int = 0
    cases: Counter[Case] = field(default_factory=Counter)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        names = ("kind", "user", "request", "from", "to")
        return {
            "decided": self.decided,
            "passed": self.passed,
            "without_facts": self.without_facts,
            "cases": [dict(zip(names, case, strict=True)) | {"count": count} for case, count in self.in_order()],
            "bad_count": self.bad_count,
            "bad": [{"line": line, "message": message} for line, message in self.bad],
        }

    def in_order(self) -> list[tuple[Case, int]]:
        """The cases, most frequent first."""
        return sorted(self.cases.items(), key=lambda item: (-item[1], *map(str, item[0])))


def replay(old: Side, new: Side, records: Iterable[tuple[int, Any]]) -> Replay:
    """Decides each record by both policies. `records`: line and JSON value, or a BadRecordError instead of it."""
    result = Replay()
    asks_facts = any(rule.condition for side in (old, new) for rule in side.rules.rules)
    for line, record in records:
        try:
            read = _read(record)
        except BadRecordError as error:
            result.bad_count += 1
            result.bad += [(line, str(error))] if len(result.bad) < MOST_BAD else []
            continue
        if read is None:
            result.passed += 1
            continue
        user, groups, request, facts = read
        result.decided += 1
        result.without_facts += asks_facts and not facts
        was, now = (_queue(side, user, groups, request, facts) for side in (old, new))
        if was != now:
            kind = ALLOWED if was is None else REFUSED if now is None else MOVED
            result.cases[kind, user, request, was, now] += 1
    return result


def _queue(side: Side, user: str, groups: tuple[str, ...], request: str | None, facts: dict[str, Any]) -> str | None:
    chosen = choose(candidates(side.rules, user, groups, facts, side.scheduler), request, side.scheduler)
    return chosen[1] if chosen else None


def _read(record: Any) -> tuple[str, tuple[str, ...], str | None, dict[str, Any]] | None:
    """User, groups, request and facts of a decision as data; None if nothing was decided."""
    if isinstance(record, BadRecordError):
        raise record
    if not isinstance(record, dict):
        raise BadRecordError("expected an object, as `placement decide --json` prints it")
    command = record.get("command")
    if record.get("outcome") in ("pass", "error") or (isinstance(command, dict) and command.get("submits") is False):
        return None
    identity = record.get("identity")
    if not isinstance(identity, dict) or not isinstance(identity.get("user"), str):
        raise BadRecordError("expected `identity` with a `user`")
    groups = identity.get("groups")
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise BadRecordError("expected `identity` with a list of `groups`")
    request = record.get("request")
    asked = request.get("queue") if isinstance(request, dict) else request
    if not (asked is None or isinstance(asked, str)):
        raise BadRecordError("expected `request` to be null, or to have a `queue`")
    return identity["user"], tuple(groups), None if asked is None or is_unset(asked) else asked, _facts(record)


def _facts(record: dict[str, Any]) -> dict[str, Any]:
    """The facts that conditions can ask for; others are ignored."""
    facts = record.get("facts") or {}
    if not isinstance(facts, dict):
        raise BadRecordError("expected `facts` to be an object")
    known = {fact: value for fact, value in facts.items() if fact in FACTS and value is not None}
    for fact, value in known.items():
        is_text = FACTS[fact] in (TEXT, WEEKDAY)
        if not isinstance(value, str if is_text else (int, float)) or isinstance(value, bool):
            raise BadRecordError(f"expected the fact `{fact}` to be a {'text' if is_text else 'number'}")
    return known
