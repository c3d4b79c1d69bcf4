"""The command lines of `flink` and `yarn-session.sh`, read as Flink reads them. Part of the hot path.

Sources: Flink 1.17 to 2.3 `CliFrontend`, `CliFrontendParser`, `ProgramOptions`, `GenericCLI`, `FlinkYarnSessionCli`,
`DefaultCLI`, `DynamicPropertiesUtil`, `bin/config.sh`; held against the real classes by tests/engines/test_flink.py.

Three of Flink's own readers may get a `flink run`, the first that feels addressed: `GenericCLI` (`-t`, or a target in
the configuration), `FlinkYarnSessionCli` (`-m yarn-cluster`), `DefaultCLI`. The file that `yarn-session.sh` leaves for
later runs (`.yarn-properties-USER`) makes the second one send the job to that session; without it the third one sends
it to a cluster that stands: nothing new goes to YARN either way, so the file is not looked for.
"""

from placement.commands.base import Surroundings, joined_tags
from placement.commands.commons_cli import UNLIMITED, Line
from placement.commands.flink_conf import APPLICATION_ID, NAME, QUEUE, TAGS, TARGET, sizes
from placement.commands.flink_conf import read as read_configuration
from placement.errors import PlacementError, Problem, quoted
from placement.estimate.demand_flink import KEYS, MASTER_MEMORY, MEMORY, PARALLELISM, SLOTS, of_flink
from placement.submission import Reading, Request

# {short name: (long name, values)}, of 1.17 to 2.3. `flink` takes an option that it does not know for the program, and
# fails: a name too many in RUN cannot shift the reading of a command line that runs. `yarn-session.sh` passes over
# what it does not know, and over all that follows: SESSION must be exact.
RUN = {
    "C": ("classpath", 1),
    "D": ("", 2),
    "a": ("arguments", UNLIMITED),
    "c": ("class", 1),
    "cm": ("claimMode", 1),
    "d": ("detached", 0),
    "e": ("executor", 1),
    "h": ("help", 0),
    "j": ("jarfile", 1),
    "m": ("jobmanager", 1),
    "n": ("allowNonRestoredState", 0),
    "p": ("parallelism", 1),
    "py": ("python", 1),
    "pyarch": ("pyArchives", 1),
    "pyclientexec": ("pyClientExecutable", 1),
    "pyexec": ("pyExecutable", 1),
    "pyfs": ("pyFiles", 1),
    "pym": ("pyModule", 1),
    "pypath": ("pyPythonPath", 1),
    "pyreq": ("pyRequirements", 1),
    "rm": ("restoreMode", 1),
    "s": ("fromSavepoint", 1),
    "sae": ("shutdownOnAttachedExit", 0),
    "t": ("target", 1),
    "v": ("verbose", 0),
    "yD": ("", 2),
    "yat": ("yarnapplicationType", 1),
    "yd": ("yarndetached", 0),
    "yh": ("yarnhelp", 0),
    "yid": ("yarnapplicationId", 1),
    "yj": ("yarnjar", 1),
    "yjm": ("yarnjobManagerMemory", 1),
    "ynl": ("yarnnodeLabel", 1),
    "ynm": ("yarnname", 1),
    "yq": ("yarnquery", 0),
    "yqu": ("yarnqueue", 1),
    "ys": ("yarnslots", 1),
    "yt": ("yarnship", 1),
    "ytm": ("yarntaskManagerMemory", 1),
    "yz": ("yarnzookeeperNamespace", 1),
    "z": ("zookeeperNamespace", 1),
}
SESSION = {
    "D": ("", 2),
    "at": ("applicationType", 1),
    "d": ("detached", 0),
    "h": ("help", 0),
    "id": ("applicationId", 1),
    "j": ("jar", 1),
    "jm": ("jobManagerMemory", 1),
    "m": ("jobmanager", 1),
    "nl": ("nodeLabel", 1),
    "nm": ("name", 1),
    "q": ("query", 0),
    "qu": ("queue", 1),
    "s": ("slots", 1),
    "t": ("ship", 1),
    "tm": ("taskManagerMemory", 1),
    "z": ("zookeeperNamespace", 1),
}
PER_JOB, APPLICATION = "yarn-per-job", "yarn-application"
TARGETS = {"run": (PER_JOB, APPLICATION), "run-application": (APPLICATION,)}
YARN_CLUSTER = "yarn-cluster"  # FlinkYarnSessionCli's own name for itself
SEPARATOR = "@@"  # between the properties that FlinkYarnSessionCli keeps as one text
BLANKS = "".join(map(chr, range(33)))  # what Java's String.trim takes off


class Settings:
    """{key: (value, where it was said)} of the properties in force; a later one wins."""

    __slots__ = ("_said",)

    def __init__(self) -> None:
        self._said: dict[str, tuple[str, str]] = {}

    def set(self, key: str, value: str | None, source: str) -> None:
        if value is not None:
            self._said[key] = value, source

    def add(self, properties: dict[str, str], option: str) -> None:
        """Properties of `-Dkey=value`; `option` is its name."""
        for key, value in properties.items():
            self.set(key, value, f"{option} {key}")

    def get(self, key: str) -> str | None:
        return self._said[key][0] if key in self._said else None

    def request(self) -> Request | None:
        return Request(*self._said[QUEUE]) if QUEUE in self._said else None


def read(command: str, arguments: list[str], around: Surroundings) -> Reading:
    """What `COMMAND ARGUMENTS` would do; `command` is flink or yarn-session.sh.

    Raises PlacementError `flink-configuration` where only Flink can tell what its configuration, or a property, means,
    and `unknown-option` for `yarn-session.sh -yd`, which ends the options of 2.x, and those of 1.x not.
    """
    reading = Reading(command, arguments)
    is_session = command == "yarn-session.sh"
    if not is_session and (not arguments or arguments[0] not in TARGETS):
        return reading.passes("runs no program")
    try:
        line = Line(SESSION if is_session else RUN, arguments if is_session else arguments[1:])
        settings = _configured(around)
    except (OSError, ValueError) as error:
        return reading.passes(f"{command} will refuse it: {error}")
    reading.position = line.position + (0 if is_session else 1)
    why = _read_session(reading, line, settings) if is_session else _read_run(reading, line, settings)
    reading.request, reading.tags, reading.name = settings.request(), settings.get(TAGS), settings.get(NAME)
    if why:
        return reading.passes(why)
    reading.asked = of_flink(settings.get, has_job=not is_session)
    reading.submits = True
    return reading


def place(reading: Reading, queue: str, tag: str) -> list[str]:
    """The arguments with `queue` and `tag` behind the user's own options: of several properties the last counts."""
    arguments, position = reading.arguments, reading.position
    tags = joined_tags(reading.tags, tag)
    properties = (f"{QUEUE}={queue}", f"{TAGS}={tags}")
    if reading.master == YARN_CLUSTER:
        ours = [word for each in properties for word in ("-yD", each)]
    else:
        ours = [f"-D{each}" for each in properties]
    return [*arguments[:position], *ours, *arguments[position:]]


def _configured(around: Surroundings) -> Settings:
    """What the configuration file sets. Raises OSError, PlacementError."""
    settings = Settings()
    folder = around.environ.get("FLINK_CONF_DIR") or (f"{around.home}/conf" if around.home else "")
    if folder:
        properties, file = read_configuration(folder, around.read)
        for key, value in properties.items():
            settings.set(key, value, f"{key} in {file}")
        for key, value in sizes(folder, around.read, KEYS).items():
            settings.set(key, value, f"{key} in {file}")
    return settings


def _read_session(reading: Reading, line: Line, settings: Settings) -> str:
    """`FlinkYarnSessionCli.run`; says why it starts no session, or nothing."""
    for option, why in (
        ("h", "shows its help"),
        ("q", "shows what the cluster has"),
        ("id", "joins a running session"),
    ):
        if line.has(option):
            return why
    if line.rest[:1] and line.rest[0].startswith(("-y", "--y")):
        message = f"{quoted(line.rest[0])} means something else in Flink 1.x than in 2.x"
        raise PlacementError(Problem("unknown-option", message, remedy="write `-d`"))
    settings.set(QUEUE, line.value("qu"), "-qu")
    settings.set(NAME, line.value("nm"), "-nm")
    settings.set(MASTER_MEMORY, _in_mib(line.value("jm")), "-jm")
    settings.set(MEMORY, _in_mib(line.value("tm")), "-tm")
    settings.set(SLOTS, line.value("s"), "-s")
    settings.add(_kept(line.properties("D")), "-D")
    reading.master, reading.deploy_mode = "yarn", "cluster"
    return ""


def _read_run(reading: Reading, line: Line, settings: Settings) -> str:
    """`CliFrontend.run` and `runApplication`; says why nothing goes to YARN, or nothing."""
    if line.has("h"):
        return "shows its help"
    reading.master = "yarn"
    if line.has("t") or line.has("e") or settings.get(TARGET) is not None:  # GenericCLI
        settings.set(TARGET, line.value("e"), "-e")
        settings.set(TARGET, line.value("t"), "-t")
        settings.add(line.properties("D"), "-D")
    elif line.value("m") == YARN_CLUSTER or line.has("yid") or settings.get(APPLICATION_ID) is not None:
        if line.has("yid") or settings.get(APPLICATION_ID) is not None:
            return "runs in a session that stands"
        settings.set(TARGET, PER_JOB, "-m")
        settings.set(QUEUE, line.value("yqu"), "-yqu")
        settings.set(NAME, line.value("ynm"), "-ynm")
        settings.set(MASTER_MEMORY, _in_mib(line.value("yjm")), "-yjm")
        settings.set(MEMORY, _in_mib(line.value("ytm")), "-ytm")
        settings.set(SLOTS, line.value("ys"), "-ys")
        settings.add(_kept(line.properties("yD")), "-yD")
        reading.master = YARN_CLUSTER
    else:  # DefaultCLI
        settings.add(line.properties("D"), "-D")
    settings.set(PARALLELISM, line.value("p"), "-p")
    target = (settings.get(TARGET) or "remote").lower()
    reading.deploy_mode = "client" if target == PER_JOB else "cluster"
    words = line.values("a") if line.has("a") else line.rest
    python = line.value("py") or line.value("pym")
    if line.has("j") or python:
        reading.application, reading.application_arguments = line.value("j") or python, words
    elif words:
        reading.application, *reading.application_arguments = words
    elif not line.has("c"):
        return "names no program"
    reading.script = line.value("c") or (reading.application or "").rpartition("/")[2] or None
    return "" if target in TARGETS[reading.arguments[0]] else f"its target is {target}"


def _in_mib(memory: str | None) -> str | None:
    """A size of FlinkYarnSessionCli's own options, where a bare number is MiB."""
    return f"{memory}m" if memory and memory.isdecimal() else memory


def _kept(properties: dict[str, str]) -> dict[str, str]:
    """Properties as `FlinkYarnSessionCli` keeps them, without blanks around keys and values.

    Raises PlacementError where two become one, or one becomes two, as it depends on a hash then which one counts.
    """
    kept = {key.strip(BLANKS): value.strip(BLANKS) for key, value in properties.items()}
    if len(kept) < len(properties) or any(SEPARATOR in f"{key}={value}" for key, value in kept.items()):
        remedy = f"give each property once, without blanks before its `=`, and without {quoted(SEPARATOR)}"
        raise PlacementError(
            Problem("flink-configuration", "placement cannot tell the properties apart", remedy=remedy)
        )
    kept.pop("", None)
    return kept
