"""Hadoop's configuration as its clients have it: XML resources in their order, `-D` over all of them.

Part of the hot path: standard library only; the XML parser is imported when a file is there. Sources: Hadoop
`Configuration` (`Parser`, `loadProperty`, `set`, `substituteVars`), `ConfigUtil` (order and old names); held against
them by tests/cluster/test_hadoop_reading.py.
"""

from placement.errors import PlacementError, Problem, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.parsers.expat import XMLParserType

QUEUE, NAME, TAGS = "mapreduce.job.queuename", "mapreduce.job.name", "mapreduce.job.tags"
FRAMEWORK, REDUCES = "mapreduce.framework.name", "mapreduce.job.reduces"
OLD_NAMES = {"mapred.job.queue.name": QUEUE, "mapred.job.name": NAME}
_NEW_NAMES = OLD_NAMES | {
    "mapred.job.map.memory.mb": "mapreduce.map.memory.mb",
    "mapred.job.reduce.memory.mb": "mapreduce.reduce.memory.mb",
    "mapred.map.child.java.opts": "mapreduce.map.java.opts",
    "mapred.reduce.child.java.opts": "mapreduce.reduce.java.opts",
    "mapred.reduce.tasks": REDUCES,
}
DEFAULTS = {QUEUE: "default", FRAMEWORK: "local"}  # what mapred-default.xml says of these
JAVA_BLANKS = "".join(map(chr, range(33)))  # what String.trim takes away
MOST_VARIABLES = 20  # Configuration.MAX_SUBST
UNKNOWN_ENCODING, BAD_DECLARATION = 18, 30  # expat's errors where Hadoop's parser may know more than expat


class Configuration:
    """Properties, and where each was said. `environ` and `account` are what `${env.X}` and `${user.name}` mean."""

    __slots__ = ("_account", "_environ", "_final", "_resources", "_said")

    def __init__(self, environ: "Mapping[str, str]", account: "Callable[[], str]") -> None:
        self._environ = environ
        self._account = account
        self._resources: dict[str, tuple[str, str]] = {}
        self._final: set[str] = set()
        self._said: dict[str, tuple[str, str]] = {}

    def load(self, key: str, value: str | None, source: str, final: bool = False) -> None:
        """A property of a resource. A later resource wins, but not over one that was `final`."""
        new = _NEW_NAMES.get(key, key)
        if value is not None and new not in self._final:
            self._resources[new] = value, f"{key} in {source}" if source else ""
        if final:
            self._final.add(new)

    def load_defaults(self) -> None:
        """What mapred-default.xml says: over core-site.xml, under mapred-site.xml."""
        for key, value in DEFAULTS.items():
            self.load(key, value, "")

    def add(self, xml: bytes, source: str) -> None:
        """All properties of a file; `source` is its name in messages.

        Raises ValueError where Hadoop would refuse the file, PlacementError `hadoop-configuration` for what only
        Hadoop can follow: document types, inclusions, rare encodings.
        """
        for key, value, final in _properties(xml, source):
            self.load(key, value, source, final)

    def set(self, key: str, value: str, source: str) -> None:
        """A property said on the command line: wins over every resource, and over one said before."""
        key = key.strip(JAVA_BLANKS)
        self._said[_NEW_NAMES.get(key, key)] = value, f"{source} {key}"

    def get(self, key: str) -> tuple[str, str] | None:
        """The value in force with its variables replaced, and where it was said; "" for Hadoop's own default.

        Raises ValueError where Hadoop would refuse the value, PlacementError `hadoop-configuration` if a variable may
        be a property of the Java process.
        """
        found = self._raw(key)
        return (self._substituted(*found), found[1]) if found else None

    def text(self, key: str) -> str | None:
        """The value in force without blanks around it, None if there is none. Raises ValueError if nobody can tell."""
        try:
            found = self.get(key)
        except PlacementError as error:
            raise ValueError(key) from error
        return found[0].strip(JAVA_BLANKS) if found else None

    def _raw(self, key: str) -> tuple[str, str] | None:
        key = _NEW_NAMES.get(key, key)
        return self._said.get(key) or self._resources.get(key)

    def _substituted(self, value: str, source: str) -> str:
        text = value
        for _ in range(MOST_VARIABLES):
            bounds = _variable(text)
            if bounds is None:
                return text
            start, end = bounds
            meant = self._meaning(text[start + 2 : end - 1], source)
            if meant is None:
                return text
            if text[start:end] in meant:
                return value
            text = text[:start] + meant + text[end:]
        raise ValueError(f"more than {MOST_VARIABLES} variables in {quoted(value)}")

    def _meaning(self, variable: str, source: str) -> str | None:
        """What `${variable}` stands for; None if nothing is known by that name, and Hadoop leaves it as it is."""
        if variable.startswith("env.") and len(variable) > len("env."):
            meant = self._of_environment(variable.removeprefix("env."))
        else:
            meant = self._account() if variable == "user.name" else None
        if meant is not None:
            return meant
        found = self._raw(variable)
        if found is None and not variable.startswith("env."):
            raise unreadable(f"what `${{{variable}}}` is in {source} only Hadoop knows")
        return found[0] if found else None

    def _of_environment(self, words: str) -> str | None:
        """The value of `X`, or of `X:-word` and `X-word` as a shell would have it."""
        dash = words.find("-")
        if dash < 0:
            return self._environ.get(words)
        if dash > 0 and words[dash - 1] == ":":
            return self._environ.get(words[: dash - 1]) or words[dash + 1 :]
        return self._environ.get(words[:dash], words[dash + 1 :])


def unreadable(why: str) -> PlacementError:
    remedy = f"say `-D {QUEUE}=QUEUE` and, if need be, `-D {FRAMEWORK}=yarn`, or write the file in plain properties"
    return PlacementError(Problem("hadoop-configuration", why, remedy=remedy))


def _variable(text: str) -> tuple[int, int] | None:
    """The bounds of the first `${...}` with something but `$`, `}` and blanks in it."""
    start = text.find("${")
    while start >= 0:
        end = start + 2
        while end < len(text) and text[end] not in "}$ ":
            end += 1
        if text[end : end + 1] == "}" and end > start + 2:
            return start, end + 1
        start = text.find("${", start + 1)
    return None


def _properties(xml: bytes, source: str) -> list[tuple[str, str | None, bool]]:
    """Key, value and whether final, in the order of the file. Raises as `Configuration.add`."""
    from xml.parsers import expat

    found: list[tuple[str, str | None, bool]] = []
    key: str | None = None
    value: str | None = None
    final = skipping = False
    text: list[str] = []

    def start(element: str, attributes: list[str]) -> None:
        nonlocal key, value, final, skipping
        named = [(_local(name), word) for name, word in zip(attributes[::2], attributes[1::2], strict=True)]
        match _local(element):
            case "property":
                key, value, final = None, None, False
                for name, word in named:
                    key = word if name == "name" else key
                    value = word if name == "value" else value
                    final = word == "true" if name == "final" else final
            case "name" | "value" | "final" | "source" | "tag":
                text.clear()
            case "include" if any(name == "href" for name, _ in named):
                raise unreadable(f"{source} includes another file")
            case "fallback":
                skipping = True

    def end(element: str) -> None:
        nonlocal key, value, final, skipping
        words = "".join(text)
        match _local(element):
            case "name" if words:
                key = words.strip(JAVA_BLANKS)
            case "value" if words:
                value = words
            case "final":
                final = words == "true"
            case "include":
                skipping = False
            case "property" if key is not None and not skipping:
                found.append((key, value, final))

    def doctype(*_: object) -> None:
        raise unreadable(f"{source} has a document type, which placement does not follow")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = doctype
    _parse(parser, xml, source)
    return found


def _parse(parser: "XMLParserType", xml: bytes, source: str) -> None:
    """Raises as `Configuration.add`."""
    from xml.parsers import expat

    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        if error.code in (UNKNOWN_ENCODING, BAD_DECLARATION):
            raise unreadable(f"{source} cannot be read: {error}") from error
        raise ValueError(f"{source} is no XML: {error}") from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or not as expat needs it
        raise unreadable(f"{source} cannot be read: {error}") from error


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
