"""Java properties as Spark reads them. Part of the hot path: standard library only.

Source: `java.util.Properties.load(Reader)` and Spark's `Utils.getPropertiesFromFile`, which also strips the values.
"""

_BLANKS = " \t\f"
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_TRIMMED = "".join(map(chr, range(33))).replace("\r", "").replace("\n", "")  # Spark's trimExceptCRLF


def parse(text: str) -> dict[str, str]:
    """{key: value} of a properties file; a key given twice has its last value.

    Raises ValueError for a malformed `\\uXXXX`, where Java refuses the whole file.
    """
    properties = {}
    for line in _logical_lines(text):
        key, value = _split(line)
        properties[_unescaped(key)] = _unescaped(value).strip(_TRIMMED)
    return properties


def _logical_lines(text: str) -> list[str]:
    """The lines with continuations joined; blank ones and comments left out."""
    lines: list[str] = []
    joining = False
    for natural in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = natural.lstrip(_BLANKS)
        if not joining and (not line or line[0] in "#!"):
            continue
        continues = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        if continues:
            line = line[:-1]
        if joining:
            lines[-1] += line
        else:
            lines.append(line)
        joining = continues
    return lines


def _split(line: str) -> tuple[str, str]:
    """Key and value, still escaped: the key ends at the first `=`, `:` or blank that no backslash hides."""
    end = 0
    while end < len(line) and line[end] not in "=:" + _BLANKS:
        end += 2 if line[end] == "\\" else 1
    value = line[end:].lstrip(_BLANKS)
    if value[:1] in ("=", ":"):
        value = value[1:].lstrip(_BLANKS)
    return line[:end], value


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    out, rest = [], iter(text)
    for character in rest:
        if character != "\\":
            out.append(character)
            continue
        escaped = next(rest, "")
        if escaped == "u":
            digits = "".join(next(rest, "") for _ in range(4))
            if len(digits) < 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise ValueError(f"malformed \\u{digits}")
            out.append(chr(int(digits, 16)))
        else:
            out.append(_ESCAPES.get(escaped, escaped))
    return "".join(out)
