"""The command lines of spark-submit and Spark's shells, read as Spark reads them. Part of the hot path: standard
library only.

Sources: Spark `SparkSubmitArguments` (precedence), `SparkSubmit` (masters), `SparkSubmitCommandBuilder` (shells); held
against the real commands by tests/cluster/test_spark_reading.py.
"""

from placement.commands.base import Surroundings, joined_tags
from placement.commands.properties import parse
from placement.commands.spark_options import PYSPARK, SCRIPTS, Words
from placement.estimate.demand import DRIVER, EXECUTOR
from placement.estimate.demand_spark import of_spark
from placement.submission import Reading, Request, SizeOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

QUEUE_KEY = "spark.yarn.queue"
TAGS_KEY = "spark.yarn.tags"
OLD_MASTERS = {"yarn-client": "client", "yarn-cluster": "cluster"}  # of Spark 1 and 2; Spark 3 refuses them
SCRIPT_FILES = (".py", ".R", ".r")


def in_java_units(mib: int) -> str:
    """MiB as Java's and Spark's options say them: `3g`, `2304m`."""
    return f"{mib // 1024}g" if mib % 1024 == 0 else f"{mib}m"


SIZES = {
    DRIVER: SizeOption("spark.driver.memory", "--driver-memory", "", in_java_units),
    EXECUTOR: SizeOption("spark.executor.memory", "--executor-memory", "", in_java_units),
}


def read(command: str, arguments: list[str], around: Surroundings) -> Reading:
    """What `COMMAND ARGUMENTS` would do; `command` may carry a version, as in `spark3-submit` or `pyspark2`.

    Raises PlacementError `unknown-option` where an option is known neither to our table nor to the installed Spark,
    which could not be asked.
    """
    plain = command.replace("spark2-", "spark-").replace("spark3-", "spark-").rstrip("23")
    reading = Reading(plain, arguments)
    script = SCRIPTS[plain]
    words = Words()
    refusal = words.read([*script, *arguments], around)
    if refusal:
        return reading.passes(refusal)
    options = words.options
    reading.application, reading.application_arguments = words.application, words.arguments
    reading.position = words.end - len(script)
    try:
        layers = _layers(words, around)
    except (OSError, ValueError) as error:
        return reading.passes(f"Spark will refuse its properties: {error}")

    def said(option: str, key: str, variable: str = "") -> tuple[str, str] | None:
        """The value in force and where it was said: option, --conf, properties, environment, the first that has it."""
        if option in options:
            return options[option], option
        for properties, where in layers:
            if key in properties:
                return properties[key], f"{key} in {where}"
        return (around.environ[variable], variable) if variable in around.environ else None

    def value(option: str, key: str, variable: str = "") -> str | None:
        found = said(option, key, variable)
        return found[0] if found else None

    reading.master = value("--master", "spark.master", "MASTER") or "local[*]"
    reading.deploy_mode = value("--deploy-mode", "spark.submit.deployMode", "DEPLOY_MODE") or "client"
    if reading.master in OLD_MASTERS:
        reading.master, reading.deploy_mode = "yarn", OLD_MASTERS[reading.master]
    reading.name = value("--name", "spark.app.name", "SPARK_YARN_APP_NAME")
    reading.proxy_user = options.get("--proxy-user")
    if value("--keytab", "spark.kerberos.keytab"):  # without one nobody is logged in by it (SparkSubmit)
        reading.principal = value("--principal", "spark.kerberos.principal")
    java = [(around.environ.get("SPARK_SUBMIT_OPTS"), "SPARK_SUBMIT_OPTS")]
    if reading.deploy_mode == "client":
        java.insert(0, (value("--driver-java-options", "spark.driver.extraJavaOptions"), "the driver's Java options"))
    asked = said("--queue", QUEUE_KEY) or _said_to_java(QUEUE_KEY, java)
    reading.request = Request(*asked) if asked else None
    tags = said("", TAGS_KEY) or _said_to_java(TAGS_KEY, java)
    reading.tags = tags[0] if tags else None
    if "--kill" in options or "--status" in options:
        return reading.passes("asks about a submission that exists")
    if value("--remote", "spark.remote", "SPARK_REMOTE"):
        return reading.passes("connects to a Spark server that runs already")
    if reading.master != "yarn":
        return reading.passes(f"its master is {reading.master}, not yarn")
    if reading.application is None:
        return reading.passes("names no application")
    reading.script = _script(reading.application, options.get("--class"))
    is_python = reading.application == PYSPARK or reading.application.endswith(".py")  # SparkSubmit.isPython
    mode = reading.deploy_mode
    reading.asked = of_spark(value, mode, is_python)

    def with_said(said: "Mapping[str, str]", option: str, key: str, variable: str = "") -> str | None:
        return said[key] if key in said else value(option, key, variable)

    reading.asked_with = lambda said: of_spark(lambda *words: with_said(said, *words), mode, is_python)
    reading.sizes = SIZES
    reading.submits = True
    return reading


def place(reading: Reading, queue: str, tag: str) -> list[str]:
    """The arguments with `queue` and `tag` where they win: --queue beats --conf, and the last of several counts."""
    arguments, position = reading.arguments, reading.position
    tags = joined_tags(reading.tags, tag)
    ours = ("--queue", queue, "--conf", f"{TAGS_KEY}={tags}")
    return [*arguments[:position], *ours, *arguments[position:]]


def _script(application: str, main_class: str | None) -> str:
    """What the application is known by: of a script its file, whatever class is said."""
    if main_class and not application.endswith(SCRIPT_FILES):
        return main_class
    return application.rpartition("/")[2]


def _layers(words: Words, around: Surroundings) -> list[tuple[dict[str, str], str]]:
    """Properties and where they stand, the strongest first. --properties-file replaces spark-defaults.conf altogether.

    Raises OSError or ValueError where Spark would refuse a file.
    """
    layers = [(words.conf, "--conf")]
    file = words.options.get("--properties-file")
    for path in [*reversed(words.files), *([] if file is None else [file])]:
        text = around.read(path)
        if text is None:
            raise FileNotFoundError(f"no such file: {path}")
        layers.append((parse(text), path))
    folder = around.environ.get("SPARK_CONF_DIR") or (f"{around.home}/conf" if around.home else "")
    if folder and (file is None or "--load-spark-defaults" in words.options):
        defaults = f"{folder}/spark-defaults.conf"
        layers.append((parse(around.read(defaults) or ""), defaults))
    return layers


def _said_to_java(key: str, java: list[tuple[str | None, str]]) -> tuple[str, str] | None:
    """The value of `-DKEY=VALUE` among options for Java, and where it was said; it counts where the key has no other.

    `java` are such options and what they are called, the strongest first. Source: Spark `SparkConf`, which begins with
    the `spark.` properties of its JVM, and `SparkSubmitCommandBuilder`, which gives it these options.
    """
    for text, where in java:
        if text and f"-D{key}=" in text:
            import shlex  # slow to import, and rarely needed

            try:
                options = shlex.split(text)
            except ValueError:
                continue  # Spark refuses it
            for option in reversed(options):
                if option.startswith(f"-D{key}="):
                    return option.partition("=")[2], f"{key} in {where}"
    return None
