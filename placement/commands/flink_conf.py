"""Flink's configuration file, as far as placement needs it. Part of the hot path: standard library only.

Sources: Flink `GlobalConfiguration` and `YamlParserUtils`. Up to 1.18 there is `flink-conf.yaml` alone, lines of
`key: value`; 1.19 and 1.20 prefer it to `config.yaml`, which is YAML; 2.x knows the latter alone. Held against them by
tests/engines/test_flink.py.
"""

from placement.errors import Place, PlacementError, Problem, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TARGET, QUEUE, TAGS = "execution.target", "yarn.application.queue", "yarn.tags"
NAME, APPLICATION_ID = "yarn.application.name", "yarn.application.id"
KEYS = (TARGET, QUEUE, TAGS, NAME, APPLICATION_ID)
LINES, YAML = "flink-conf.yaml", "config.yaml"
_BLANKS = "".join(map(chr, range(33)))  # what Java's String.trim takes off
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_NO_TEXT = frozenset(("true", "false", "null"))


def read(folder: str, text_of: "Callable[[str], str | None]") -> tuple[dict[str, str], str]:
    """{key: value} of KEYS that are set, and the file. `text_of` gives the text of a file, None if there is none.

    Raises OSError if a file cannot be read, PlacementError `flink-configuration` if it cannot be said what it means.
    """
    files = {name: f"{folder}/{name}" for name in (LINES, YAML)}
    texts = {name: text for name, file in files.items() if (text := text_of(file)) is not None}
    found = {name: (_lines if name == LINES else _yaml)(text, files[name]) for name, text in texts.items()}
    if len(found) == 2 and found[LINES] != found[YAML]:
        raise PlacementError(
            Problem(
                "flink-configuration",
                f"{LINES} and {YAML} differ, and which one counts depends on Flink's version",
                Place(folder),
                remedy=f"remove the one that this Flink does not read: {LINES} in 2.x",
            )
        )
    name = next(iter(found), YAML)
    return found.get(name, {}), files[name]


def sizes(folder: str, text_of: "Callable[[str], str | None]", keys: tuple[str, ...]) -> dict[str, str]:
    """Those of `keys` that are set in a way that leaves no doubt. Raises as `text_of`."""
    texts = [text for name in (LINES, YAML) if (text := text_of(f"{folder}/{name}")) is not None]
    found = [_plain(text, keys) for text in texts]
    return found[0] if found and all(each == found[0] for each in found) else {}


def _plain(text: str, keys: tuple[str, ...]) -> dict[str, str]:
    """Those of `keys` that are plain `key: value`, nested or not; what is written in another way is not found."""
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []  # as in `_yaml`
    for line in text.splitlines():
        words = line.lstrip(" ")
        if not words or words[0] == "#":
            continue
        indent = len(line) - len(words)
        while above and indent <= above[-1][0]:
            above.pop()
        key, _, value = words.partition(":")
        whole = f"{above[-1][1]}.{key}" if above else key
        value = value.partition(" #")[0].strip(" \t'\"")
        if whole in keys and value:
            found[whole] = value
        above.append((indent, whole))
    return found


def _lines(text: str, _: str) -> dict[str, str]:
    """As `GlobalConfiguration.loadLegacyYAMLResource`: what is no `key: value` is passed over, the last one counts."""
    found = {}
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        key, _, value = (part.strip(_BLANKS) for part in line.partition("#")[0].strip(_BLANKS).partition(": "))
        if key in KEYS and value:
            found[key] = value
    return found


def _yaml(text: str, file: str) -> dict[str, str]:
    """The part of YAML that configurations are written in: nested `key: value`, plain or quoted.

    All that is indented under a key which is not on the way to one of KEYS is passed over, whatever it is; on the way
    to one, what is not as plain as that raises PlacementError.
    """
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []  # the keys that the line is under: (their indentation, whole key)
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        words = line.lstrip(" ")
        indent = len(line) - len(words)
        words = words.rstrip(" \t")
        if not words or words[0] == "#" or (not indent and (words in ("---", "...") or words.startswith("--- #"))):
            continue
        is_item = words == "-" or words.startswith("- ")
        while above and (indent < above[-1][0] or (indent == above[-1][0] and not is_item)):
            above.pop()
        prefix = above[-1][1] if above else ""
        fault = Place(file, number, indent + 1, len(words), line)
        if prefix in KEYS:  # a value that goes on
            raise _unclear(fault)
        if not _leads(prefix):
            continue
        key, value = _pair(words, fault)
        whole = f"{prefix}.{key}" if prefix else key
        if whole in KEYS:
            if not value:
                raise _unclear(fault)
            found[whole] = _scalar(value, fault)
        elif _leads(whole) and value:
            raise _unclear(fault)
        above.append((indent, whole))
    return found


def _leads(prefix: str) -> bool:
    """Whether one of KEYS may be under it."""
    return not prefix or any(key.startswith(f"{prefix}.") for key in KEYS)


def _pair(words: str, fault: Place) -> tuple[str, str]:
    """Key and value of a line, the value still quoted and "" if it is not on the line. Raises PlacementError."""
    end = words.find(":")
    if words[0] in "'\"":
        end = words.find(words[0], 1) + 1
    key, colon, rest = words[:end], words[end : end + 1], words[end + 1 :]
    if end < 1 or colon != ":" or (rest and rest[0] not in " \t"):
        raise _unclear(fault)
    value = rest.strip(" \t")
    return _scalar(key, fault), "" if value.startswith("#") else value


def _scalar(text: str, fault: Place) -> str:
    """The text of a scalar that is no number, date, truth value or null. Raises PlacementError."""
    quote, bare = text[0], text
    if quote in "'\"":
        bare, closing, rest = text[1:].partition(quote)
        comment = rest.lstrip(" \t")
        if not closing or "\\" in bare or (rest and not (comment != rest and comment.startswith("#"))):
            raise _unclear(fault)
        return bare
    for blank in " \t":
        bare = bare.partition(f"{blank}#")[0].rstrip(" \t")
    if quote not in _LETTERS or bare.lower() in _NO_TEXT or ": " in bare or bare.endswith(":"):
        raise _unclear(fault)
    return bare


def _unclear(place: Place) -> PlacementError:
    keys = ", ".join(map(quoted, KEYS[:3]))
    remedy = f"write {keys} and what is above them as plain `key: value`"
    return PlacementError(Problem("flink-configuration", "placement cannot tell what this says", place, remedy=remedy))
