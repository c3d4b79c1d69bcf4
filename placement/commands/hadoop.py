"""The command lines of `hadoop`, `mapred`, `yarn` and `sqoop`, read as they read them. Part of the hot path.

All that goes to YARN from here is a program that takes Hadoop's generic options (`-D key=value`): they stand before
the program's own arguments, and there the decided queue goes, behind the user's own.

Sources: Hadoop's shell scripts (subcommands, `--config`), `GenericOptionsParser` over commons-cli's `GnuParser`,
`CLI` (`mapred job`), `StreamJob`, `pipes.Submitter`; Sqoop's `Sqoop` and `OptionsFileUtil`. Held against the real
classes by tests/cluster/test_hadoop_reading.py. What runs in a jar is read by `hadoop_jar.py`.
"""

from placement.commands.base import Surroundings, joined_tags, undashed, unquoted
from placement.commands.hadoop_conf import FRAMEWORK, JAVA_BLANKS, NAME, OLD_NAMES, QUEUE, REDUCES, TAGS, Configuration
from placement.errors import PlacementError, Problem, quoted
from placement.estimate.demand import MAP, REDUCE
from placement.estimate.demand_hadoop import of_mapreduce
from placement.submission import Reading, Request, SizeOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

GENERIC = frozenset(("D", "archives", "conf", "files", "fs", "jt", "libjars", "tokenCacheFile"))
SHELL_SWITCHES = frozenset(("--buildpaths", "--debug", "--reexec", "--workers"))
SHELL_VALUED = frozenset(("--config", "--daemon", "--hostnames", "--hosts", "--loglevel"))
TEZ = "yarn-tez"
YARN_FRAMEWORKS = ("yarn", TEZ)
QUEUE_AND_TAGS = (QUEUE, TAGS, *OLD_NAMES)
ETC_CONF = "/etc/hadoop/conf"  # where packages have it

# The subcommands that may submit something, and what a program does with its arguments.
SUBCOMMANDS = {
    "hadoop": {
        "archive": "tool",
        "archive-logs": "log archive",
        "distch": "tool",
        "distcp": "tool",
        "gridmix": "tool",
        "jar": "jar",
        "job": "job",
        "pipes": "pipes",
    },
    "mapred": {
        "archive": "tool",
        "archive-logs": "log archive",
        "distcp": "tool",
        "job": "job",
        "pipes": "pipes",
        "streaming": "streaming",
    },
    "yarn": {"jar": "jar"},
}
CLASSES = {
    "com.cloudera.sqoop.Sqoop": "sqoop",
    "org.apache.hadoop.mapred.JobClient": "job",
    "org.apache.hadoop.mapred.gridmix.Gridmix": "tool",
    "org.apache.hadoop.mapred.pipes.Submitter": "pipes",
    "org.apache.hadoop.mapreduce.tools.CLI": "job",
    "org.apache.hadoop.streaming.HadoopStreaming": "streaming",
    "org.apache.hadoop.tools.DistCh": "tool",
    "org.apache.hadoop.tools.DistCp": "tool",
    "org.apache.hadoop.tools.HadoopArchiveLogs": "log archive",
    "org.apache.hadoop.tools.HadoopArchives": "tool",
    "org.apache.hadoop.util.RunJar": "jar",
    "org.apache.sqoop.Sqoop": "sqoop",
}
SQOOP_TOOLS = frozenset(("export", "import", "import-all-tables", "import-mainframe", "job", "merge"))
OPTIONS_FILE = "--options-file"
STREAMING_WORDS = ("dumptb", "loadtb", "streamjob")  # HadoopStreaming: before the generic options, in any case
STREAMING_HELP = frozenset(("-help", "--help", "-info", "--info"))
JOBCONF = ("-jobconf", "--jobconf")


class NothingSubmittedError(Exception):
    """The message says why nothing will be submitted."""


class Words:
    """Arguments of a program with the generic options among them, which are read at once.

    `options` are (name, value) from `start` on, each beginning at one of `begins`; `end` is the index of the first
    word that is not theirs. `jobconf` are the settings (key, value) that the program itself takes, and that win over
    them. `conf_dir` is what `--config` said.
    """

    __slots__ = ("begins", "conf_dir", "end", "jobconf", "options", "words")

    def __init__(self, words: list[str], start: int, conf_dir: str = "") -> None:
        self.words = words
        self.conf_dir = conf_dir
        self.options: list[tuple[str, str]] = []
        self.jobconf: list[tuple[str, str]] = []
        self.begins: list[int] = []
        self.end = len(words)
        tokens = _flattened(words, start)
        place = 0
        while place < len(tokens) and _is_generic(tokens[place][0]):
            option, index = tokens[place]
            if place + 1 == len(tokens) or _is_generic(tokens[place + 1][0]):
                raise NothingSubmittedError(f"{option} lacks its value")
            self.options.append((undashed(option), unquoted(tokens[place + 1][0])))
            self.begins.append(index)
            place += 2
        if place < len(tokens):
            self.end = tokens[place][1]

    def rest(self) -> list[tuple[str, int]]:
        """What the program itself is left with, each with its index; commons-cli drops `--`, and `-` as the first."""
        begin = self.end + (self.words[self.end : self.end + 1] == ["-"])
        return [(word, index) for index, word in enumerate(self.words) if index >= begin and word != "--"]


def read(command: str, arguments: list[str], around: Surroundings) -> Reading:
    """What `COMMAND ARGUMENTS` would do; `command` is hadoop, mapred, yarn or sqoop, and is the reading's family.

    Raises PlacementError `queue-out-of-reach` where no option can say the queue, `hadoop-configuration` where only
    Hadoop can follow its configuration.
    """
    reading = Reading(command, arguments)
    reading.proxy_user = around.environ.get("HADOOP_PROXY_USER")  # UserGroupInformation
    try:
        _read(reading, around)
    except NothingSubmittedError as why:
        return reading.passes(str(why))
    except (OSError, ValueError) as error:
        return reading.passes(f"{command} will refuse it: {error}")
    reading.submits = True
    return reading


def place(reading: Reading, queue: str, tag: str) -> list[str]:
    """The arguments with `queue` and `tag` where they win: behind the user's own, as the last of several counts."""
    arguments, position = reading.arguments, reading.position
    tags = joined_tags(reading.tags, tag)
    option = _option(reading)
    ours = (option, f"{QUEUE}={queue}", option, f"{TAGS}={tags}")
    return [*arguments[:position], *ours, *arguments[position:]]


def _option(reading: Reading) -> str:
    """The option for settings where the decided queue goes."""
    return "-jobconf" if reading.arguments[max(reading.position - 2, 0)] in JOBCONF else "-D"


def _sizes(option: str) -> dict[str, SizeOption]:
    keys = {role: f"mapreduce.{role}.memory.mb" for role in (MAP, REDUCE)}
    return {role: SizeOption(key, option, f"{key}=", str) for role, key in keys.items()}


def _read(reading: Reading, around: Surroundings) -> None:
    """Fills `reading`. Raises NothingSubmittedError, OSError or ValueError if nothing will be submitted."""
    words = _sqoop(reading, 0, around) if reading.family == "sqoop" else _shell(reading, around)
    configuration, known = _configuration(reading.family, words, around)
    framework = configuration.get(FRAMEWORK)
    if framework and framework[0] not in YARN_FRAMEWORKS and (known or framework[1]):
        raise NothingSubmittedError(f"its {FRAMEWORK} is {framework[0]}, not yarn")
    asked, name, tags = (configuration.get(key) for key in (QUEUE, NAME, TAGS))
    reading.master = "yarn"
    reading.request = Request(*asked) if asked and asked[1] else None
    reading.name = name[0] if name else None
    reading.tags = tags[0].strip(JAVA_BLANKS) if tags else None
    if not framework or framework[0] != TEZ:

        def with_said(said: "Mapping[str, str]", key: str) -> str | None:
            return said[key] if key in said else configuration.text(key)

        reading.asked = of_mapreduce(configuration.text)
        reading.asked_with = lambda said: of_mapreduce(lambda key: with_said(said, key))
        reading.sizes = _sizes(_option(reading))


def _shell(reading: Reading, around: Surroundings) -> Words:
    """Behind the options of the shell script: the subcommand, or a class to run."""
    arguments, conf_dir, index = reading.arguments, "", 0
    while index < len(arguments) and arguments[index] in SHELL_SWITCHES | SHELL_VALUED:
        if arguments[index] in SHELL_VALUED:
            index += 1
            if index == len(arguments):
                raise NothingSubmittedError(f"{arguments[index - 1]} lacks its value")
            if arguments[index - 1] == "--config":
                conf_dir = arguments[index]
        index += 1
    if index == len(arguments):
        raise NothingSubmittedError("names no command")
    word = arguments[index]
    kind = SUBCOMMANDS[reading.family].get(word) or CLASSES.get(word) or ("class" if "." in word else "")
    if not kind:
        raise NothingSubmittedError(f"`{reading.family} {word}` submits nothing")
    reading.application = reading.script = word
    return _program(reading, kind, index + 1, conf_dir, around)


def _program(reading: Reading, kind: str, start: int, conf_dir: str, around: Surroundings) -> Words:
    """The words of a program of `kind` whose arguments begin at `start`; sets where the decided queue goes.

    Raises NothingSubmittedError, ValueError or PlacementError `queue-out-of-reach`.
    """
    arguments = reading.arguments
    if kind == "jar":
        from placement.commands.hadoop_jar import main_class

        if start == len(arguments):
            raise NothingSubmittedError("names no jar")
        reading.application = arguments[start]
        reading.script, does, start = main_class(arguments, start, around)
        kind = CLASSES.get(reading.script) or does
    if kind == "jar":  # a jar that runs jars
        return _program(reading, kind, start, conf_dir, around)
    if kind == "sqoop":
        return _sqoop(reading, start, around, conf_dir)
    if kind == "driver":
        if start == len(arguments) or arguments[start].startswith("-"):
            raise NothingSubmittedError("names none of the programs in the jar")
        reading.script = arguments[start]
        start += 1
    if kind == "streaming" and start < len(arguments) and arguments[start].lower() in STREAMING_WORDS:
        start += 1
    words = Words(arguments, start, conf_dir)
    reading.position, reading.application_arguments = words.end, arguments[words.end :]
    rest = words.rest()
    match kind:
        case "job":
            if len(rest) != 2 or rest[0][0] != "-submit":
                raise NothingSubmittedError("asks about jobs that exist")
            why = f"the file {quoted(rest[1][0])} alone says the queue of `job -submit`"
            raise _out_of_reach(why, f"write {QUEUE} into it, and call the real command behind the wrapper")
        case "log archive":
            raise _out_of_reach("archive-logs has no option for a queue", "call the real command behind the wrapper")
        case "hive":
            raise NothingSubmittedError("starts Hive, which has a wrapper of its own")
        case "other" | "class" if not words.options:
            raise NothingSubmittedError("its main class submits nothing, as far as can be seen")
        case "deaf" if not words.options:
            why = f"the main class of {quoted(reading.application or '')} submits, and reads no generic options"
            raise _out_of_reach(why, "let it use ToolRunner, or give it the generic options that it does read")
        case "tool" | "streaming" | "pipes" if not rest:
            raise NothingSubmittedError("names nothing to do")
        case "streaming":
            if any(word in STREAMING_HELP for word, _ in rest):
                raise NothingSubmittedError("shows its help")
            for setting, index in _settings(rest):
                key, _, value = setting.partition("=")
                words.jobconf.append((key, value))
                if _is_ours(key):
                    reading.position = index + 1
            words.jobconf += _reduces(rest)
        case "pipes":
            said = [setting for setting, _ in _settings(rest)][:1]  # of several it takes the first
            if any(_is_ours(each.partition("=")[0]) for each in ",".join(said).split(",")):
                raise _out_of_reach("the -jobconf of pipes wins over everything", f"say `-D {QUEUE}=QUEUE` instead")
    return words


def _sqoop(reading: Reading, start: int, around: Surroundings, conf_dir: str = "") -> Words:
    """The words of Sqoop from `start` on, `--options-file` replaced by what the file says.

    The decided queue can stand before or behind what a file says, not within. Raises as `_program`.
    """
    expanded: list[str] = []
    origins: list[int] = []  # of each word, the index in the arguments of what it came from
    index = start
    while index < len(reading.arguments):
        origin, said = index, [reading.arguments[index]]
        if said == [OPTIONS_FILE]:
            index += 1
            if index == len(reading.arguments):
                raise NothingSubmittedError(f"{OPTIONS_FILE} lacks its value")
            said = _options_file(reading.arguments[index], around)
        expanded += said
        origins += [origin] * len(said)
        index += 1
    reading.application = reading.script = tool = expanded[0] if expanded else "help"
    if tool not in SQOOP_TOOLS:
        raise NothingSubmittedError(f"`sqoop {tool}` submits nothing")
    own = expanded[: expanded.index("--")] if "--" in expanded else expanded  # the rest is the child program's
    words = Words(own, 1, conf_dir)
    if "--help" in own or (tool == "job" and "--exec" not in own):
        raise NothingSubmittedError("runs no job")
    reading.application_arguments = expanded[words.end :]
    reading.position = origins[words.end] if words.end < len(expanded) else len(reading.arguments)
    begin = origins.index(reading.position) if words.end < len(expanded) else words.end
    if begin < words.end:  # within a file: ours go before it, if nothing in it wins over them
        within = [option for at, option in zip(words.begins, words.options, strict=True) if at >= begin]
        if begin not in words.begins or any(
            name == "D" and _is_ours(value.partition("=")[0]) for name, value in within
        ):
            file = quoted(reading.arguments[reading.position + 1])
            raise _out_of_reach(
                f"{file} holds more than generic options", f"say -D {QUEUE}=QUEUE before {OPTIONS_FILE}"
            )
    return words


def _options_file(file: str, around: Surroundings) -> list[str]:
    """The words of a Sqoop options file: one a line, continued by a backslash. Raises OSError or ValueError."""
    opened = around.opened(file)
    if opened is None:
        raise FileNotFoundError(f"no such file: {file}")
    with opened:
        text = opened.read().decode("utf-8", "replace")
    words, begun = [], ""
    for natural in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = natural.strip(JAVA_BLANKS)
        if not line or line.startswith("#"):
            continue
        begun += line
        if line.endswith("\\"):
            begun = begun[:-1]
            continue
        quotes = begun[0] if begun[0] in "'\"" else ""
        if quotes and (len(begun) < 2 or not begun.endswith(quotes)):
            raise ValueError(f"malformed option in {file}")
        words.append(begun[1:-1] if quotes else begun)
        begun = ""
    if begun:
        raise ValueError(f"malformed option in {file}")
    return words


def _configuration(command: str, words: Words, around: Surroundings) -> tuple[Configuration, bool]:
    """The configuration in force, and whether its folder is known. Raises as `Configuration.add`, or OSError."""
    configuration = Configuration(around.environ, around.account)
    folder = _conf_dir(command, words.conf_dir, around)
    for name in ("core-site.xml", "", "mapred-site.xml", "yarn-site.xml"):
        if not name:
            configuration.load_defaults()
        elif folder:
            _add(configuration, f"{folder}/{name}", around)
    trackers = [value for name, value in words.options if name == "jt"]
    if trackers and trackers[0].lower() == "local":
        configuration.set(FRAMEWORK, trackers[0], "-jt")
    for name, value in words.options:
        if name == "conf":
            _add(configuration, _local_path(value), around)
    for name, value in words.options:
        key, equals, said = value.partition("=")
        if name == "D" and equals:
            configuration.set(key, said, "-D")
    for key, said in words.jobconf:
        configuration.set(key, said, "-jobconf")
    return configuration, bool(folder)


def _add(configuration: Configuration, file: str, around: Surroundings) -> None:
    """Adds a file if there is one; Hadoop goes on without one, be it named by `-conf`."""
    opened = around.opened(file)
    if opened is not None:
        with opened:
            configuration.add(opened.read(), file)


def _conf_dir(command: str, said: str, around: Surroundings) -> str:
    """The folder of the configuration, "" if unknown. Sources: `hadoop_find_confdir`, `yarn-config.sh`."""
    environ = around.environ
    told = (command == "yarn" and environ.get("YARN_CONF_DIR")) or said or environ.get("HADOOP_CONF_DIR")
    if told:
        return told
    home = environ.get("HADOOP_HOME") or environ.get("HADOOP_COMMON_HOME")
    if not home and around.real and command != "sqoop":
        home = around.real.rpartition("/")[0].rpartition("/")[0]
    for folder in (f"{home}/etc/hadoop", f"{home}/conf", ETC_CONF) if home else (ETC_CONF,):
        for name in ("core-site.xml", "mapred-site.xml"):
            found = around.opened(f"{folder}/{name}")
            if found is not None:
                found.close()
                return folder
    return ""


def _local_path(text: str) -> str:
    """The path of a `-conf` file: of a URI Hadoop takes the path alone, and reads it here (`Path`, `loadResource`).

    Raises ValueError where Hadoop has no path in it.
    """
    if not text:
        raise ValueError("-conf names no file")
    colon, slash = text.find(":"), text.find("/")
    if colon >= 0 and (slash < 0 or colon < slash):
        text = text[colon + 1 :]
        if not text.startswith("/"):
            raise ValueError("-conf names no absolute path")
    if text.startswith("//") and len(text) > 2:
        authority_end = text.find("/", 2)
        text = text[authority_end:] if authority_end > 0 else ""
    return text


def _flattened(words: list[str], start: int) -> list[tuple[str, int]]:
    """`-Dkey=value` and `-option=value` as two tokens each, until an unknown option; each with its index.

    Source: `GnuParser.flatten`, which takes dashes away twice before it looks an option up.
    """
    tokens: list[tuple[str, int]] = []
    verbatim = False
    for index in range(start, len(words)):
        word = words[index]
        option, equals, value = word.partition("=")
        if verbatim or not word.startswith("-") or word == "-" or undashed(undashed(word)) in GENERIC:
            tokens.append((word, index))
        elif equals and undashed(undashed(option)) in GENERIC:
            tokens += [(option, index), (value, index)]
        elif word.startswith("-D"):
            tokens += [("-D", index), (word[2:], index)]
        else:
            verbatim = True
            tokens.append((word, index))
    return tokens


def _is_generic(word: str) -> bool:
    return word.startswith("-") and undashed(word) in GENERIC


def _is_ours(key: str) -> bool:
    return key.strip(JAVA_BLANKS) in QUEUE_AND_TAGS


def _settings(rest: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The values of `-jobconf`, each with its index."""
    places = [place for place, (word, _) in enumerate(rest[:-1]) if word in JOBCONF]
    return [(unquoted(rest[place + 1][0]), rest[place + 1][1]) for place in places]


def _reduces(rest: list[tuple[str, int]]) -> list[tuple[str, str]]:
    """What options of streaming's own say of reduces; they win over its settings (`StreamJob.setJobConf`)."""
    own: dict[str, str] = {}
    for place, (word, _) in enumerate(rest[:-1]):
        if word.startswith("-"):
            own.setdefault(undashed(word), unquoted(rest[place + 1][0]))  # of several, commons-cli gives the first
    said = "0" if own.get("reducer") == "NONE" else own.get("numReduceTasks")
    return [] if said is None else [(REDUCES, said)]


def _out_of_reach(why: str, remedy: str) -> PlacementError:
    return PlacementError(Problem("queue-out-of-reach", why, remedy=remedy))
