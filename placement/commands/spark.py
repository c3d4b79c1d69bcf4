"""spark-submit's command line, read as Spark reads it. Part of the hot path: standard library only.

Sources: Spark `SparkSubmitOptionParser` (options), `SparkSubmitArguments` (precedence), `SparkSubmit` (masters); held
against the real command by tests/cluster/test_spark_reading.py.
"""

from placement.commands.base import Surroundings
from placement.commands.properties import parse
from placement.errors import PlacementError, Problem, nearest, quoted
from placement.estimate.demand import of_spark
from placement.submission import Reading, Request

# Every option of Spark 3.3 to 4.x that takes a value. An older Spark refuses one that it does not know, so a name too
# many here cannot shift the reading of a command line that runs.
VALUED = frozenset(
    [
        "--archives",
        "--class",
        "--conf",
        "-c",
        "--deploy-mode",
        "--driver-class-path",
        "--driver-cores",
        "--driver-java-options",
        "--driver-library-path",
        "--driver-memory",
        "--exclude-packages",
        "--executor-cores",
        "--executor-memory",
        "--files",
        "--jars",
        "--keytab",
        "--kill",
        "--master",
        "--name",
        "--num-executors",
        "--packages",
        "--principal",
        "--properties-file",
        "--proxy-user",
        "--py-files",
        "--queue",
        "--remote",
        "--repositories",
        "--status",
        "--total-executor-cores",
    ]
)
SWITCHES = frozenset(("--load-spark-defaults", "--supervise", "--verbose", "-v"))
ENDING = {
    "--help": "shows its help",
    "-h": "shows its help",
    "--version": "shows its version",
    "--usage-error": "fails",
}
QUEUE_KEY = "spark.yarn.queue"
TAGS_KEY = "spark.yarn.tags"


def read(command: str, arguments: list[str], around: Surroundings) -> Reading:
    """What `COMMAND ARGUMENTS` would do.

    Raises PlacementError `unknown-option` where an option may be one of a Spark newer than this table: whether a value
    follows it, and so where the application begins, cannot be known then.
    """
    reading = Reading(command, arguments)
    options: dict[str, str] = {}
    conf: dict[str, str] = {}
    refusal = _read_options(reading, options, conf)
    if refusal:
        return reading.passes(refusal)
    try:
        properties, file = _properties(options, around)
    except (OSError, ValueError) as error:
        return reading.passes(f"spark-submit will refuse its properties: {error}")

    def said(option: str, key: str, variable: str = "") -> tuple[str, str] | None:
        """The value in force and where it was said: option, --conf, properties, environment, the first that has it."""
        if option in options:
            return options[option], option
        if key in conf:
            return conf[key], f"{key} in --conf"
        if key in properties:
            return properties[key], f"{key} in {file}"
        return (around.environ[variable], variable) if variable in around.environ else None

    def value(option: str, key: str, variable: str = "") -> str | None:
        found = said(option, key, variable)
        return found[0] if found else None

    reading.master = value("--master", "spark.master", "MASTER") or "local[*]"
    reading.deploy_mode = value("--deploy-mode", "spark.submit.deployMode", "DEPLOY_MODE") or "client"
    reading.name = value("--name", "spark.app.name")
    reading.tags = value("", TAGS_KEY)
    reading.proxy_user = options.get("--proxy-user")
    asked = said("--queue", QUEUE_KEY)
    reading.request = Request(*asked) if asked else None
    if "--kill" in options or "--status" in options:
        return reading.passes("asks about a submission that exists")
    if value("--remote", "spark.remote"):
        return reading.passes("connects to a Spark server that runs already")
    if reading.master != "yarn":
        return reading.passes(f"its master is {reading.master}, not yarn")
    if reading.application is None:
        return reading.passes("names no application")
    reading.asked = of_spark(value, reading.deploy_mode)
    reading.submits = True
    return reading


def place(reading: Reading, queue: str, tag: str) -> list[str]:
    """The arguments with `queue` and `tag` where they win: --queue beats --conf, and the last of several counts."""
    arguments, position = reading.arguments, reading.position
    tags = f"{reading.tags},{tag}" if reading.tags else tag
    ours = ("--queue", queue, "--conf", f"{TAGS_KEY}={tags}")
    return [*arguments[:position], *ours, *arguments[position:]]


def _read_options(reading: Reading, options: dict[str, str], conf: dict[str, str]) -> str:
    """Fills `options`, `conf` and the application of `reading`; says why nothing will be submitted, or nothing."""
    arguments = reading.arguments
    index = 0
    while index < len(arguments):
        option, value = _split_at_equals(arguments[index])
        if option in ENDING:
            return ENDING[option]
        if option in SWITCHES:
            options[option] = ""
        elif option in VALUED:
            if value is None:
                index += 1
                if index == len(arguments):
                    return f"{option} lacks its value"
                value = arguments[index]
            if option in ("--conf", "-c"):
                key, equals, value = value.partition("=")
                if not equals:
                    return f"{option} lacks its KEY=VALUE"
                conf[key] = value
            else:
                options[option] = value
        elif arguments[index].startswith("-"):
            raise _unknown(option)
        else:
            reading.application = arguments[index]
            reading.application_arguments = arguments[index + 1 :]
            break
        index += 1
    reading.position = index
    return ""


def _unknown(option: str) -> PlacementError:
    near = nearest(option, [*VALUED, *SWITCHES, *ENDING])
    return PlacementError(
        Problem(
            "unknown-option",
            f"{quoted(option)} is no option of spark-submit that placement knows",
            remedy=f"did you mean {quoted(near)}?" if near else "`spark-submit --help` lists them",
        )
    )


def _split_at_equals(argument: str) -> tuple[str, str | None]:
    """Option and value of `--option=value`; a value must not be empty or hold a line end (Java's `(--[^=]+)=(.+)`)."""
    option, _, value = argument.partition("=")
    if option.startswith("--") and option != "--" and value and not any(end in value for end in "\n\r\x85\u2028\u2029"):
        return option, value
    return argument, None


def _properties(options: dict[str, str], around: Surroundings) -> tuple[dict[str, str], str]:
    """The properties in force and their file: --properties-file replaces spark-defaults.conf altogether.

    Raises OSError or ValueError where Spark would refuse the file.
    """
    conf_dir = around.environ.get("SPARK_CONF_DIR") or (f"{around.home}/conf" if around.home else "")
    defaults = f"{conf_dir}/spark-defaults.conf" if conf_dir else ""
    file = options.get("--properties-file")
    if file is None:
        text = around.read(defaults) if defaults else None
        return parse(text or ""), defaults
    text = around.read(file)
    if text is None:
        raise FileNotFoundError(f"no such file: {file}")
    properties = parse(text)
    if "--load-spark-defaults" in options and defaults:
        properties = parse(around.read(defaults) or "") | properties
    return properties, file
