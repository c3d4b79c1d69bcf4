"""A command line as Apache Commons CLI's `DefaultParser` reads it. Part of the hot path: standard library only.

Source: commons-cli 1.5 `DefaultParser`, `Option`, `Options` with `stopAtNonOption`: the first word that is no option
ends the options. Held against the real class by tests/engines/test_flink.py.
"""

from placement.commands.base import undashed, unquoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

UNLIMITED = 1 << 30  # values of an option


class Line:
    """What was read: `options` as (short name, values) in order, then `rest`.

    `position` is the index of the argument that ended the options, or how many there are.
    """

    __slots__ = ("_accepting", "_table", "_values", "options", "position", "rest")

    def __init__(self, table: "Mapping[str, tuple[str, int]]", arguments: list[str]) -> None:
        """`table`: {short name: (long name or "", how many values)}; with two, they are parted by `=`.

        Raises ValueError if the parser would refuse the arguments.
        """
        self._table = table
        self._values: list[str] = []  # of the option that is being read
        self._accepting = 0  # how many it takes, 0 if none is being read
        self.options: list[tuple[str, list[str]]] = []
        self.rest: list[str] = []
        self.position = len(arguments)
        for index, word in enumerate(arguments):
            if word == "--":
                self.position, self.rest = index, arguments[index + 1 :]
                break
            unknown = self._read(word)
            if unknown is not None:
                self.position, self.rest = index, [unknown, *arguments[index + 1 :]]
                break
        self._require()

    def has(self, short: str) -> bool:
        return any(name == short for name, _ in self.options)

    def values(self, short: str) -> list[str]:
        """All values of an option, however often it stands there."""
        return [value for name, values in self.options if name == short for value in values]

    def value(self, short: str) -> str | None:
        """Of several the first, as `CommandLine.getOptionValue` has it."""
        return next(iter(self.values(short)), None)

    def properties(self, short: str) -> dict[str, str]:
        """{key: value} of an option such as `-Dkey=value`; of several the last, and `true` where there is no value."""
        pairs = [values for name, values in self.options if name == short and values]
        return {key: more[0] if more else "true" for key, *more in pairs}

    def _read(self, word: str) -> str | None:
        """Reads one word; returns what of it ends the options, None if nothing does."""
        if len(self._values) < self._accepting and not self._is_option(word):
            self._add(unquoted(word))
            return None
        if word in ("", "-") or word[0] != "-":
            return word
        bare = undashed(word)
        name, equals, value = bare.partition("=")
        if word.startswith("--"):
            return self._read_long(word, name, value if equals else None)
        if bare == "=":
            return word
        if not name:
            raise ValueError(f"{word} has no name")
        if equals and len(name) == 1:
            return self._whole(word, name, value)
        if equals:
            is_property = self._count(name[0]) > 1
            return self._whole(word, name[0], name[1:], value) if is_property else self._read_long(word, name, value)
        if bare in self._table:
            self._begin(bare)
            return None
        if len(bare) > 1 and self._matching(bare):
            return self._read_long(word, bare, None)
        prefix = self._long_prefix(bare)
        if self._count(prefix):
            return self._whole(word, prefix, bare[len(self._table[prefix][0]) :])
        if self._count(bare[0]) > 1:
            return self._whole(word, bare[0], bare[1:])
        return self._read_letters(word)

    def _read_long(self, word: str, name: str, value: str | None) -> str | None:
        matching = self._matching(name)
        if not matching:
            return word
        if len(matching) > 1:
            raise ValueError(f"{word} is ambiguous")
        if value is not None:
            return self._whole(word, matching[0], value)
        self._begin(matching[0])
        return None

    def _read_letters(self, word: str) -> str | None:
        """Options of one letter in one word, the last of them with its value."""
        for index in range(1, len(word)):
            if word[index] not in self._table:
                return word[index:] if index > 1 else word
            self._begin(word[index])
            if self._accepting and index + 1 < len(word):
                self._add(word[index + 1 :])
                break
        return None

    def _whole(self, word: str, short: str, *values: str) -> str | None:
        """An option that is complete with its word; `word` again if there is none that takes a value."""
        if not self._count(short):
            return word
        self._begin(short)
        for value in values:
            self._add(value)
        self._accepting = 0
        return None

    def _begin(self, short: str) -> None:
        self._require()
        self._values, self._accepting = [], self._count(short)
        self.options.append((short, self._values))

    def _add(self, value: str) -> None:
        """A value; one for two is parted."""
        while "=" in value and self._accepting == 2 and not self._values:
            key, _, value = value.partition("=")
            self._values.append(key)
        self._values.append(value)

    def _require(self) -> None:
        """Raises ValueError if the option that is being read lacks a value."""
        if len(self._values) < (1 if self._accepting == UNLIMITED else self._accepting):
            raise ValueError(f"-{self.options[-1][0]} lacks a value")

    def _is_option(self, word: str) -> bool:
        if word in ("", "-") or word[0] != "-":
            return False
        name = undashed(word.partition("=")[0])
        if name in self._table or self._matching(name):
            return True
        return not word.startswith("--") and (name[0] in self._table or bool(self._long_prefix(undashed(word))))

    def _count(self, short: str) -> int:
        return self._table[short][1] if short in self._table else 0

    def _matching(self, name: str) -> list[str]:
        """The options whose long name is, or else begins with, `name`."""
        longs = [(long, short) for short, (long, _) in self._table.items() if long.startswith(name) and long]
        return [short for long, short in longs if long == name] or [short for _, short in longs]

    def _long_prefix(self, bare: str) -> str:
        """The option whose long name the word begins with, at least two letters before its end."""
        named = {long: short for short, (long, _) in self._table.items() if 1 < len(long) <= len(bare) - 2}
        return max(((long, short) for long, short in named.items() if bare.startswith(long)), default=("", ""))[1]
