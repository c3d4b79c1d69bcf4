"""The index of a policy, as it is written: from plain values to bytes, and from bytes to a file, whole or not at all.

The layout is that of `placement.rules.index`, which reads it.
"""

import os
import time
from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from placement import __version__
from placement.errors import Place, PlacementError, Problem
from placement.rules.index import (
    CHECKED,
    DEEPEST,
    DIRECTORY,
    ENCODING,
    HEADER,
    KINDS,
    MAGIC,
    NUMBER,
    OPERATORS,
    REAL,
    RULE,
    SOURCE,
    VERSION,
    WORD,
    checksum_of,
)
from placement.rules.model import EVERYONE, Rule, Rules

if TYPE_CHECKING:
    from placement.policy import Site
    from placement.rules.condition import Condition, Value
    from placement.rules.index import Fingerprint

TEMPORARY = ".map.index."  # what the name of an unfinished index begins with
ABANDONED_S = 3600  # seconds after which the unfinished index of a killed process is deleted
LARGEST_PLACE = 0xFFFF  # of a name or a queue in the words of a rule
LARGEST_INDEX = 0xFFFFFFFF  # bytes: what an offset can say


def image(rules: Rules, site: "Site", revision: str, sources: "dict[str, Fingerprint | None]") -> bytes:
    """The content of the index of a policy; `sources` as in `Index`.

    Raises PlacementError `index-unwritten` if a condition is nested too deep, or the policy too large.
    """
    users, groups, everyone = _postings(rules)
    out = bytearray(HEADER.size + DIRECTORY.size)
    meta = len(out)
    out += _meta(rules.file, site, revision, sources)
    places = [_place(out, _numbers(everyone)), len(everyone)]
    for postings in (users, groups):
        places += _table(out, {name: (_numbers(found), len(found)) for name, found in postings.items()}, WORD)
    static = site.static_groups
    places += _table(out, {user: (b"".join(map(_text, names)), len(names)) for user, names in static.items()}, 1)
    records = b"".join([_record(out, rule, rules.file) for rule in rules.rules])
    places += [_append(out, records), len(rules.rules)]
    out += bytes(-len(out) % WORD)
    if len(out) > LARGEST_INDEX:
        raise unwritten(rules.file, "the policy is too large for one")
    DIRECTORY.pack_into(out, HEADER.size, meta, *places)
    HEADER.pack_into(out, 0, MAGIC, VERSION, 0, len(out))
    NUMBER.pack_into(out, CHECKED[0], checksum_of(bytes(out)))
    return bytes(out)


def write(folder: str, name: str, content: bytes, mode: int) -> None:
    """Puts `content` into the file `name` of `folder`: whoever looks sees the old or the new, also after a crash.

    `mode` are its permissions, whatever the umask. Raises OSError, and leaves the old, if that cannot be done.
    """
    there = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    temporary = f"{TEMPORARY}{os.getpid()}.{os.urandom(4).hex()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=there)
        try:
            _write_out(descriptor, content, mode)
            os.rename(temporary, name, src_dir_fd=there, dst_dir_fd=there)
        except BaseException:
            os.unlink(temporary, dir_fd=there)
            raise
        os.fsync(there)
        _delete_abandoned(there)
    finally:
        os.close(there)


def unwritten(file: str, why: str) -> PlacementError:
    """The error of an index that could not be written; the policy is not at fault."""
    remedy = "run it as the owner of the folder; without an index the map itself is read each time"
    return PlacementError(Problem("index-unwritten", f"the index cannot be written: {why}", Place(file), remedy))


def _postings(rules: Rules) -> tuple[dict[str, list[int]], dict[str, list[int]], list[int]]:
    """Numbers of rules by user, by group, and of those for everyone, ascending. INVARIANT postings-ascend"""
    users: dict[str, list[int]] = {}
    groups: dict[str, list[int]] = {}
    everyone = []
    for number, rule in enumerate(rules.rules):
        if rule.kind == EVERYONE:
            everyone.append(number)
        for user in rules.users_of(rule):
            users.setdefault(user, []).append(number)
        for group in rules.groups_of(rule):
            groups.setdefault(group, []).append(number)
    return users, groups, everyone


def _meta(file: str, site: "Site", revision: str, sources: "dict[str, Fingerprint | None]") -> bytes:
    settings = {name: getattr(site, name) for name in type(site).__slots__ if name not in ("commands", "static_groups")}
    words = {name: word for name, word in settings.items() if word is not None}
    parts = [_text(text) for text in (__version__, revision, file)]
    parts.append(NUMBER.pack(len(sources)))
    for name, found in sources.items():
        parts += [_text(name), b"\1" + SOURCE.pack(*found) if found else b"\0"]
    for said in (words, site.commands):
        parts.append(NUMBER.pack(len(said)))
        parts += [_text(name) + _text(word) for name, word in said.items()]
    return b"".join(parts)


def _table(out: bytearray, found: dict[str, tuple[bytes, int]], unit: int) -> tuple[int, int]:
    """Appends names, what is found under each, entries and slots: the place and the number of the slots.

    `unit` is that of where the found is, WORD or 1 byte. At least half of the slots are empty. INVARIANT slot-is-empty
    """
    count = 1 << (3 * len(found)).bit_length()
    slots = [0] * count
    for name, (content, length) in found.items():
        raw = name.encode(*ENCODING)
        checksum = crc32(raw)
        slot = checksum & (count - 1)
        while slots[slot]:
            slot = (slot + 1) & (count - 1)
        where = _place(out, content) if unit == WORD else _append(out, content)
        slots[slot] = _place(out, _numbers((checksum, _append(out, raw), len(raw), where, length)))
    return _place(out, _numbers(slots)), count


def _record(out: bytearray, rule: Rule, file: str) -> bytes:
    """The record of a rule, whose words are appended: its text, in which name and queue mostly stand already."""
    words, text = rule.text, 0
    name, queue = words.find(rule.name), words.find(rule.queue)
    if min(name, queue) < 0 or max(name, queue) > LARGEST_PLACE // 2:
        words, text = rule.name + rule.queue + rule.text, len(rule.name) + len(rule.queue)
        name, queue = 0, len(rule.name)
    if max(len(rule.name), len(rule.queue)) > LARGEST_PLACE // 2:
        raise unwritten(file, f"the names in line {rule.line} are too long for one")
    raw = words.encode(*ENCODING)
    places = (text, name, name + len(rule.name), queue, queue + len(rule.queue))
    condition = _append(out, _condition(rule.condition, file)) if rule.condition else 0
    return RULE.pack(_append(out, raw), len(raw), rule.line, condition, *places, KINDS.index(rule.kind))


def _condition(condition: "Condition", file: str, depth: int = 0) -> bytes:
    if depth > DEEPEST:
        raise unwritten(file, "a condition is nested too deep for one")
    operator = condition[0]
    lead = bytes([OPERATORS.index(operator)])
    if operator in ("and", "or"):
        parts = [_condition(each, file, depth + 1) for each in condition[1]]
        return lead + NUMBER.pack(len(parts)) + b"".join(parts)
    if operator == "not":
        return lead + _condition(condition[1], file, depth + 1)
    lead += _text(condition[1])
    if operator == "in":
        return lead + NUMBER.pack(len(condition[2])) + b"".join(map(_value, condition[2]))
    return lead + _value(condition[2])


def _value(value: "Value") -> bytes:
    return b"\1" + _text(value) if isinstance(value, str) else b"\0" + REAL.pack(value)


def _text(text: str) -> bytes:
    raw = text.encode(*ENCODING)
    return NUMBER.pack(len(raw)) + raw


def _numbers(numbers: Iterable[int]) -> bytes:
    return array("I", numbers).tobytes()


def _append(out: bytearray, content: bytes) -> int:
    """Appends `content`; the offset at which it stands."""
    at = len(out)
    out += content
    return at


def _place(out: bytearray, content: bytes) -> int:
    """Appends `content` at a whole word; the place, in words, at which it stands."""
    out += bytes(-len(out) % WORD)
    return _append(out, content) // WORD


def _write_out(descriptor: int, content: bytes, mode: int) -> None:
    """Content and permissions onto the disk; closes the descriptor."""
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _delete_abandoned(there: int) -> None:
    """Deletes what killed processes left in the folder `there`; whatever goes wrong with that can wait."""
    for name in os.listdir(there):
        try:
            if name.startswith(TEMPORARY) and os.stat(name, dir_fd=there).st_mtime < time.time() - ABANDONED_S:
                os.unlink(name, dir_fd=there)
        except OSError:
            continue
