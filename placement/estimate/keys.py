"""Under which keys a run is remembered, from exact to general. Part of the hot path: standard library only.

A key is text: a letter for its level, then its parts, each quoted so that none can pass for another. What changes from
run to run in a name (dates, times, run numbers, hashes) is no part of a key.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

EXACT, APPLICATION, SCRIPT, KIND, USER, EVERYTHING = "x", "a", "s", "k", "u", "*"
OWN = frozenset((EXACT, APPLICATION, SCRIPT))  # levels of one job; the others are of many
LONGEST = 120  # characters of one part of a key
MOST_READ = 2000  # characters of a text that are looked at
MOST_ARGUMENTS = 40
HASH, SURE_HASH = 8, 12  # so many letters from a to f, with a digit among them or without, are taken for a hash
UUID = 36  # characters

_DIGIT, _HEX = b"0123456789", b"0123456789abcdefABCDEF"
_NO_DIGIT = bytes(set(range(256)) - set(_DIGIT))
_WORDS = bytes(c if c >= 128 or chr(c).isalnum() else 32 for c in range(256))  # all between words is blank


def keys_of(features: "Mapping[str, Any]") -> tuple[str, ...]:
    """The keys of a run, the most exact first, without those that say the same as the one before. Never raises.

    Of `features` count: `user`, `application`, `script`, `arguments` (list), `kind`, `role`. The first level is of
    user, application, script and the arguments' shape; then of user and application; user and script; user and kind;
    user; everything. Every level is of one role, and all but the last of one user.
    """
    role, user = _part(features.get("role")), _part(features.get("user"))
    application, script = (_part(general(_text(features.get(name)))) for name in ("application", "script"))
    shape, kind = _part(_shape(features.get("arguments"))), _part(features.get("kind"))
    keys = []
    if bool(application) + bool(script) + bool(shape) > 1:
        keys.append(f"{EXACT}:{user}/{application}/{script}/{shape}/{role}")
    if application:
        keys.append(f"{APPLICATION}:{user}/{application}/{role}")
    if script:
        keys.append(f"{SCRIPT}:{user}/{script}/{role}")
    if kind:
        keys.append(f"{KIND}:{user}/{kind}/{role}")
    return (*keys, f"{USER}:{user}/{role}", f"{EVERYTHING}:{role}")


def is_own(key: str) -> bool:
    """Whether a key is of one job, rather than of all of a user's or of everybody's."""
    return key[:1] in OWN


def general(name: str) -> str:
    """A name without what changes from run to run: `sales_2026-11-20_0007` is `sales_#`."""
    name = name[:MOST_READ]
    text = name.encode("utf-8", "surrogatepass")
    if not text.translate(None, _NO_DIGIT):
        return name
    parts, at, before, skipped = [b""], 0, b"", 0
    for word in text.translate(_WORDS).split():
        if skipped:
            skipped -= 1  # of a UUID that was seen
            continue
        start = text.index(word, at)
        at_end = start + len(word)
        if len(word) == HASH and _is_uuid(text[start : start + UUID]):
            at_end, skipped = start + UUID, 4
        shown = b"#" if skipped or _is_number(word) else word
        if not (shown == before == b"#" and start - at == 1):  # 2026-11-20 is one number
            parts.append(text[at:start])
            parts.append(shown)
        at, before = at_end, shown
    parts.append(text[at:])
    return b"".join(parts).decode("utf-8", "surrogatepass")


def _is_uuid(text: bytes) -> bool:
    return text.translate(None, _HEX) == b"----" and [len(part) for part in text.split(b"-")] == [8, 4, 4, 4, 12]


def _is_number(word: bytes) -> bool:
    """Whether a word is a number, a time such as `20261120T0300Z`, a hash, or a part of a UUID."""
    letters = len(word.translate(None, _DIGIT))
    if letters in (0, len(word)):
        return letters == 0 or (letters >= SURE_HASH and not word.translate(None, _HEX))
    return len(word) >= HASH and (not word.translate(None, _HEX) or (letters <= 2 and word[:1] in _DIGIT))


def _shape(arguments: object) -> str:
    """The arguments with their numbers generalised, and of each path its end alone."""
    if not isinstance(arguments, list | tuple):
        return ""
    shapes = [_argument(_text(each)) for each in arguments[:MOST_ARGUMENTS]]
    more = f"+{len(arguments) - MOST_ARGUMENTS}" if len(arguments) > MOST_ARGUMENTS else ""
    return " ".join(shapes) + more


def _argument(text: str) -> str:
    option, equals, value = text.partition("=") if text.startswith("-") else ("", "", text)
    shown = f"/{general(value.rstrip('/').rpartition('/')[2])}" if "/" in value else general(value)
    return option + equals + shown


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _part(value: object) -> str:
    """A part of a key: quoted, and of bounded length; what is cut away is told apart by a check sum."""
    text = _text(value)
    if len(text) > LONGEST:
        import zlib  # rarely needed

        text = f"{text[:LONGEST]}~{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"
    return text.replace("%", "%25").replace("/", "%2F").replace("\n", "%0A").replace("\0", "%00")


def of_user(key: str) -> str:
    """The key of all that the user of this key runs in the same role."""
    parts = key.partition(":")[2].split("/")
    return f"{USER}:{parts[0]}/{parts[-1]}"
