"""The index of a policy, as it is written: from plain values to bytes. Pure.

The layout is that of `placement.rules.index`, which reads it.
"""

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from placement import __version__
from placement.errors import Place, PlacementError, Problem
from placement.rules.index import (
    BLOCK,
    CHECKED,
    DEEPEST,
    ENCODING,
    KINDS,
    MAGIC,
    OPERATORS,
    VERSION,
    WORD,
)
from placement.rules.model import EVERYONE, Rule, Rules

if TYPE_CHECKING:
    from placement.rules.condition import Condition, Value
    from placement.rules.index import Fingerprint, Groups

LARGEST_INDEX = 0xFFFFFFFF  # words: what a place can say


def image(
    rules: Rules,
    revision: str,
    sources: "dict[str, Fingerprint | None]",
    settings: dict[str, str],
    commands: dict[str, str],
    static_groups: "Groups",
) -> bytes:
    """The content of the index of a policy; `sources`, `settings`, `commands` and `static_groups` as in `Index`.

    Raises PlacementError `index-unwritten` if a condition is nested too deep, or the policy is too large.
    """
    body = bytearray(WORD)  # so that nothing stands at place 0
    places = [_append(body, _record(body, rule, rules.file)) for rule in rules.rules]
    users, groups, everyone = _postings(rules, places)
    directory = [_append(body, _words(everyone)), len(everyone)]
    for found in (users, groups):
        directory += _table(body, found)
    static = {
        user: [_append(body, b"".join(map(_text, names))), len(names)] for user, names in dict(static_groups).items()
    }
    directory += [*_table(body, static), len(places), int(bool(rules.roles))]
    with memoryview(body) as view:
        sums = [crc32(view[at : at + BLOCK * WORD]) for at in range(0, len(body), BLOCK * WORD)]
    described = (
        _words(directory) + _words(sums) + _meta((__version__, revision, rules.file), sources, settings, commands)
    )
    head_size = CHECKED // WORD + 2 + len(described) // WORD
    size = head_size + len(body) // WORD
    if size > LARGEST_INDEX:
        raise unwritten(rules.file, "the policy is too large for one")
    checked = _words((size, head_size)) + described
    return MAGIC + _words((VERSION, crc32(checked))) + checked + bytes(body)


def unwritten(file: str, why: str) -> PlacementError:
    """The error of an index that could not be written; the policy is not at fault."""
    remedy = "run it as the owner of the folder; without an index the map itself is read each time"
    return PlacementError(Problem("index-unwritten", f"the index cannot be written: {why}", Place(file), remedy))


def _postings(rules: Rules, places: list[int]) -> tuple[dict[str, list[int]], dict[str, list[int]], list[int]]:
    """Places of rules by user, by group, and of those for everyone, ascending. INVARIANT postings-ascend"""
    users: dict[str, list[int]] = {}
    groups: dict[str, list[int]] = {}
    everyone = []
    for place, rule in zip(places, rules.rules, strict=True):
        if rule.kind == EVERYONE:
            everyone.append(place)
        for user in rules.users_of(rule):
            users.setdefault(user, []).append(place)
        for group in rules.groups_of(rule):
            groups.setdefault(group, []).append(place)
    return users, groups, everyone


def _meta(
    texts: tuple[str, ...],
    sources: "dict[str, Fingerprint | None]",
    settings: dict[str, str],
    commands: dict[str, str],
) -> bytes:
    parts = [*map(_text, texts), _words((len(sources),))]
    for name, found in sources.items():
        parts += [_text(name), _words((1,)) + _text(" ".join(map(str, found))) if found else _words((0,))]
    for said in (settings, commands):
        parts.append(_words((len(said),)))
        parts += [_text(name) + _text(word) for name, word in said.items()]
    return b"".join(parts)


def _table(body: bytearray, found: dict[str, list[int]]) -> tuple[int, int]:
    """Appends an entry for each name and the slots: the place and the number of the slots.

    At least half of the slots are empty. INVARIANT slot-is-empty
    """
    count = 1 << (3 * len(found)).bit_length()
    slots = [0] * count
    for name, numbers in found.items():
        raw = name.encode(*ENCODING)
        checksum = crc32(raw)
        slot = checksum & (count - 1)
        while slots[slot]:
            slot = (slot + 1) & (count - 1)
        slots[slot] = _append(body, _words((checksum, len(raw), len(numbers), *numbers)) + _padded(raw))
    return _append(body, _words(slots)), count


def _record(body: bytearray, rule: Rule, file: str) -> bytes:
    """The record of a rule, whose condition is appended: its text, in which name and queue mostly stand already."""
    text, begin = rule.text, 0
    name, queue = text.find(rule.name), text.find(rule.queue)
    if min(name, queue) < 0:
        text, begin = rule.name + rule.queue + rule.text, len(rule.name) + len(rule.queue)
        name, queue = 0, len(rule.name)
    raw = text.encode(*ENCODING)
    condition = _append(body, _condition(rule.condition, file)) if rule.condition else 0
    places = (name, name + len(rule.name), queue, queue + len(rule.queue), begin)
    return _words((rule.line, KINDS.index(rule.kind), condition, *places, len(raw))) + _padded(raw)


def _condition(condition: "Condition", file: str, depth: int = 0) -> bytes:
    if depth > DEEPEST:
        raise unwritten(file, "a condition is nested too deep for one")
    operator = condition[0]
    lead = _words((OPERATORS.index(operator),))
    if operator in ("and", "or"):
        parts = [_condition(each, file, depth + 1) for each in condition[1]]
        return lead + _words((len(parts),)) + b"".join(parts)
    if operator == "not":
        return lead + _condition(condition[1], file, depth + 1)
    lead += _text(condition[1])
    if operator == "in":
        return lead + _words((len(condition[2]),)) + b"".join(map(_value, condition[2]))
    return lead + _value(condition[2])


def _value(value: "Value") -> bytes:
    return _words((1,)) + _text(value) if isinstance(value, str) else _words((0,)) + _text(repr(value))


def _text(text: str) -> bytes:
    raw = text.encode(*ENCODING)
    return _words((len(raw),)) + _padded(raw)


def _words(numbers: Iterable[int]) -> bytes:
    return array("I", numbers).tobytes()


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % WORD)


def _append(body: bytearray, content: bytes) -> int:
    """Appends `content`, whole words; the place at which it stands."""
    place = len(body) // WORD
    body += content
    return place
