"""Mapping rules of the capacity scheduler, in JSON or in the old form, as lines of a map.

Sources: Hadoop `CapacitySchedulerConfiguration.getMappingRules`, `MappingRuleCreator`, `MappingRule.createLegacyRule`.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from placement.errors import Problem, quoted
from placement.queues.names import CAPACITY, full_name
from placement.queues.tree import ROOT, Tree
from placement.rules.model import EVERYONE, GROUP, USER
from placement.schedulers.capacity.mapping_words import (
    FORMAT,
    IN_A_FILE,
    INLINE,
    LEGACY,
    LEGACY_BY_NAME,
    NO_REQUEST,
    OVERRIDE,
    VARIABLES,
)
from placement.schedulers.granted import line
from placement.schedulers.permitted import REFUSED_THERE
from placement.schedulers.spots import PLACEHOLDERS

Json = Mapping[str, Any]

_TYPES = {"user": USER, "group": GROUP}
_BELOW = {  # policies that place below `parentQueue`
    "user": "%user",
    "primaryGroup": "%primary_group",
    "secondaryGroup": "%secondary_group",
    "primaryGroupUser": "%primary_group.%user",
    "secondaryGroupUser": "%secondary_group.%user",
    "applicationName": "%application",
}
_SHOWN = ("type", "matches", "policy", "parentQueue", "customPlacement", "value")
DEFAULT = "root.default"
_REMEDY = "see whether lines of the map can say what it is for"


class _NoLineError(Exception):
    """A rule that no line of a map can be; the message says why."""


def lines(general: Mapping[str, str], queues: Collection[str]) -> tuple[list[str], list[Problem]]:
    """Lines of a map, in order, that place whoever asks for nothing as the mapping rules in `general` do.

    Whom no rule is for goes to `root.default` (`ClientRMService.submitApplication`).
    `queues`: every full path there is. Problems, all warnings: `rule-left-out` for a rule that cannot be a line,
    `rule-approximated` where requests do not count, `rules-unreadable` for rules that the ResourceManager could not
    read either, `rules-elsewhere` for those in another file.
    """
    is_json = general.get(FORMAT, "legacy").strip() == "json"
    rules, problems = _of_json(general) if is_json else _of_old_form(general)
    is_whole = not problems
    last = next((number for number, rule in enumerate(rules) if _ends_all(rule)), None)
    counting = rules[:last]
    tree = Tree(path for path in queues if path != ROOT)
    written, left_out = _written(counting, tree)
    problems += left_out
    is_for_all = any(text.startswith("* ") for text in written)
    if last is not None:
        problems += [] if is_for_all else [_left_out(rules[last], REFUSED_THERE)]
        problems += [_left_out(later, "an earlier rule rejects everybody") for later in rules[last + 1 :]]
    elif is_whole and not is_for_all and tree.is_leaf(DEFAULT) and not _has(counting, "setDefaultQueue"):
        written.append(f"* {DEFAULT}")
    if rules and not _has(counting, "specified") and general.get(OVERRIDE, "").strip().lower() == "true":
        message = "the mapping rules override every request; the map lets people ask for the queues that they may use"
        remedy = "delete the lines of map.txt for what is not to be asked for"
        problems.append(Problem("rule-approximated", message, None, remedy, "warning"))
    return written, problems


def _written(rules: list[Json], tree: Tree) -> tuple[list[str], list[Problem]]:
    written: list[str] = []
    problems: list[Problem] = []
    has_other_default = False
    for rule in rules:
        has_other_default |= _has([rule], "setDefaultQueue")
        try:
            written += _lines(rule, tree, has_other_default)
        except _NoLineError as error:
            problems.append(_left_out(rule, str(error)))
    return written, problems


def _has(rules: list[Json], policy: str) -> bool:
    return any(rule.get("policy") == policy for rule in rules)


def _of_json(general: Mapping[str, str]) -> tuple[list[Json], list[Problem]]:
    text = general.get(INLINE, "")
    if not text.strip():
        file = general.get(IN_A_FILE, "").strip()
        if not file:
            return [], []
        message = f"the mapping rules are in {quoted(file)}, which was not read"
        remedy = f"put its content into {INLINE} and import again, or write the rules into map.txt"
        return [], [Problem("rules-elsewhere", message, None, remedy, "warning")]
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return [], [_unreadable(INLINE, "it is no JSON")]
    rules = said.get("rules") if isinstance(said, dict) else None
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        return [], [_unreadable(INLINE, "it is no object with a list of `rules`")]
    return rules, []


def _of_old_form(general: Mapping[str, str]) -> tuple[list[Json], list[Problem]]:
    """As in JSON: `u:NAME:QUEUE` and `g:NAME:QUEUE`, and `APPLICATION:QUEUE` in a property of its own."""
    found: list[Json] = []
    problems: list[Problem] = []
    for name, parts_wanted in ((LEGACY, 3), (LEGACY_BY_NAME, 2)):
        for text in filter(None, map(str.strip, general.get(name, "").split(","))):
            parts = [part.strip() for part in text.split(":")]
            kind = {"u": "user", "g": "group"}.get(parts[0]) if parts_wanted == 3 else "application"
            if len(parts) != parts_wanted or not all(parts) or kind is None:
                problems.append(_unreadable(name, f"{quoted(text)} is no mapping"))
                continue
            matches, queue = parts[-2:]
            found.append({"type": kind, "matches": matches, "policy": "custom", "customPlacement": queue})
    return found, problems


def _lines(rule: Json, tree: Tree, has_other_default: bool) -> Iterator[str]:
    policy = rule.get("policy")
    if policy == "specified" and _is_for_all(rule):
        return  # what may be asked for is said by the access lists
    kind, name = _target(rule)
    queue = _queue(rule, has_other_default)
    parts = queue.split(".")
    strange = next((part for part in parts if "%" in part and part not in PLACEHOLDERS), None)
    if strange:
        raise _NoLineError(f"nothing in a map stands for {quoted(strange)}")
    if parts[0] != ROOT and parts[0] not in PLACEHOLDERS:
        parts[0] = full_name(parts[0], CAPACITY, tree)
    written = line(kind, name, ".".join(parts))
    if written is None:
        raise _NoLineError("a map cannot write these names")
    yield written


def _target(rule: Json) -> tuple[str, str]:
    matches, said_type = rule.get("matches"), rule.get("type")
    if not isinstance(matches, str) or not matches:
        raise _NoLineError("it does not say whom it is for")
    name = matches.removesuffix(NO_REQUEST) or matches
    if (said_type == "application" and name == "%application") or (said_type == "user" and name in ("*", "%user")):
        return EVERYONE, ""
    if said_type == "application":
        raise _NoLineError("it goes by the name of the application")
    kind = _TYPES.get(str(said_type))
    if kind is None:
        raise _NoLineError(f"there is no type {quoted(str(said_type))}")
    if any(variable in name for variable in VARIABLES):
        raise _NoLineError(f"nothing in a map stands for {quoted(name)}")
    return kind, name


def _queue(rule: Json, has_other_default: bool) -> str:
    policy = str(rule.get("policy"))
    if policy == "custom":
        queue = rule.get("customPlacement")
    elif policy == "defaultQueue" and not has_other_default:
        queue = DEFAULT
    elif policy in _BELOW:
        parent = rule.get("parentQueue")
        queue = f"{parent}.{_BELOW[policy]}" if isinstance(parent, str) and parent else _BELOW[policy]
    else:
        raise _NoLineError(f"no line of a map does what the policy {quoted(policy)} does")
    if not isinstance(queue, str) or not queue:
        raise _NoLineError("it names no queue")
    return queue


def _is_for_all(rule: Json) -> bool:
    return rule.get("type") == "user" and rule.get("matches") in ("*", "%user")


def _ends_all(rule: Json) -> bool:
    return rule.get("policy") == "reject" and _is_for_all(rule)


def _left_out(rule: Json, why: str) -> Problem:
    text = json.dumps({key: rule[key] for key in _SHOWN if isinstance(rule.get(key), str)}, separators=(",", ":"))
    return Problem("rule-left-out", f"the mapping rule {quoted(text)} is left out: {why}", None, _REMEDY, "warning")


def _unreadable(name: str, why: str) -> Problem:
    message = f"the mapping rules of {quoted(name)} cannot be read: {why}"
    return Problem("rules-unreadable", message, None, "correct them, or write the rules into map.txt", "warning")
