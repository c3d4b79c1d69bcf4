"""The options of Spark's commands, and the reading of their words. Part of the hot path: standard library only.

Sources: Spark `SparkSubmitOptionParser` (options), `SparkSubmitCommandBuilder` (which words are the application's), the
scripts in Spark's `bin/`; held against the real commands by tests/cluster/test_spark_reading.py.
"""

from placement.errors import PlacementError, Problem, nearest, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.commands.base import Surroundings

# Every option of Spark 3.3 to 4.3 that takes a value.
VALUED = frozenset(
    [
        "--archives",
        "--class",
        "--conf",
        "-c",
        "--deploy-mode",
        "--driver-class-path",
        "--driver-cores",
        "--driver-default-class-path",
        "--driver-java-options",
        "--driver-library-path",
        "--driver-memory",
        "--exclude-packages",
        "--executor-cores",
        "--executor-memory",
        "--extra-properties-file",
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
# Those of the above that Spark 3.3 does not have. Where it is strict it refuses the command line, so that they shift
# nothing; where options and arguments mix they are the application's there.
RECENT = frozenset(("--driver-default-class-path", "--extra-properties-file", "--load-spark-defaults", "--remote"))
ENDING = {
    "--help": "shows its help",
    "-h": "shows its help",
    "--version": "shows its version",
    "--usage-error": "fails",
}
# What spark-sql's own command line understands, and Spark's does not: no need to ask. Source: Hive `OptionsProcessor`.
OF_SQL = frozenset(("--database", "--define", "--hiveconf", "--hivevar", "--silent"))

REPL = "org.apache.spark.repl.Main"
_SQL = "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver"
# The words that the scripts put before those that were typed.
SCRIPTS: dict[str, list[str]] = {
    "spark-submit": [],
    "spark-shell": ["--class", REPL, "--name", "Spark shell"],
    "spark-sql": ["--class", _SQL],
    "pyspark": ["pyspark-shell-main", "--name", "PySparkShell"],
    "sparkR": ["sparkr-shell-main"],
}
PYSPARK, SPARK_R = "pyspark-shell", "sparkr-shell"
EXAMPLE = "run-example"
# Applications that are a shell; as the first word of all, or with a class that is a shell, options and arguments mix.
SHELLS = {"pyspark-shell-main": PYSPARK, "sparkr-shell-main": SPARK_R}
MIXING = {
    REPL: "spark-shell",
    _SQL: "spark-internal",
    "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2": "spark-internal",
    "org.apache.spark.sql.connect.service.SparkConnectServer": "spark-internal",
    "org.apache.spark.sql.application.ConnectRepl": "connect-shell",
}


class Words:
    """What the words of a spark-submit say, those of the script included.

    `options` have the last value of each, `conf` that of each key of --conf; `files` are all the
    --extra-properties-file. `end` is the index of the word before which one more option still counts, and wins.
    """

    __slots__ = ("application", "arguments", "conf", "end", "files", "mixing", "options")

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self.conf: dict[str, str] = {}
        self.files: list[str] = []
        self.application: str | None = None
        self.arguments: list[str] = []
        self.mixing = False
        self.end = 0

    def read(self, words: list[str], around: "Surroundings") -> str:
        """Reads `words`, once; says why nothing will be submitted, or nothing.

        Raises PlacementError `unknown-option` where an option is in no table of ours, and the installed Spark cannot be
        asked about it: whether a value follows it, and so where the application begins, cannot be known then.
        """
        index = 0
        if words and words[0] in SHELLS:
            self.application, self.mixing, index = words[0], True, 1
        example = words[:1] == [EXAMPLE]
        if example:
            index = 1
        while index < len(words):
            option, value = _split_at_equals(words[index])
            if option in ENDING:
                return ENDING[option]
            arity = self._arity(option, around, lenient=self.mixing or example)
            if arity:
                if value is None:
                    index += 1
                    if index == len(words):
                        return f"{option} lacks its value"
                    value = words[index]
                if not self._take(option, _passed_on(value)):
                    return f"{option} lacks its KEY=VALUE"
            elif arity == 0:
                self.options[option] = ""
            elif self.mixing:
                self.arguments.append(_passed_on(option))  # without its `=value`: so does Spark
            elif option.startswith("-") and not example:
                return f"{quoted(option)} is no option of this Spark"
            else:
                self.application, *self.arguments = map(_passed_on, (option, *words[index + 1 :]))
                break
            index += 1
        self.end = index
        shell = None if example else SHELLS.get(self.application or "")
        if shell == PYSPARK and self.arguments:
            return "pyspark takes no arguments"
        if shell == SPARK_R and self.arguments and self.arguments[0].endswith((".R", ".r")):
            return "sparkR runs no scripts"
        self.application = shell or self.application
        if example and self.application is None:
            self.application = self.options.get("--class")  # of the examples' own jar
        return ""

    def _take(self, option: str, value: str) -> bool:
        """Notes the value of an option; False where it cannot be one."""
        if option in ("--conf", "-c"):
            key, equals, value = value.partition("=")
            self.conf[key] = value
            return bool(equals)
        if option == "--extra-properties-file":
            self.files.append(value)
        if option == "--class" and value in MIXING:
            self.application, self.mixing = MIXING[value], True
        self.options[option] = value
        return True

    def _arity(self, word: str, around: "Surroundings", lenient: bool) -> int | None:
        """How many values follow the option `word`, 0 or 1; None where it is none.

        `lenient`: Spark takes an option that it does not know for something else, and does not refuse it.
        """
        known = 1 if word in VALUED else 0 if word in SWITCHES else None
        if known is None:
            certain = word in OF_SQL or not word.startswith("--") if self.mixing else not word.startswith("-")
        else:
            certain = not (lenient and word in RECENT)
        if certain:
            return known
        try:
            return around.arity(word)
        except OSError as error:
            if known is None:
                raise _unknown(word) from error
            return known


def _passed_on(word: str) -> str:
    """A word as the script spark-class passes it on, which has its reasons on Windows."""
    return word.replace("\r", "")


def _split_at_equals(word: str) -> tuple[str, str | None]:
    """Option and value of `--option=value`; a value must not be empty or hold a line end (Java's `(--[^=]+)=(.+)`)."""
    option, _, value = word.partition("=")
    if option.startswith("--") and option != "--" and value and not any(end in value for end in "\n\r\x85\u2028\u2029"):
        return option, value
    return word, None


def _unknown(option: str) -> PlacementError:
    near = nearest(option, [*VALUED, *SWITCHES, *ENDING])
    return PlacementError(
        Problem(
            "unknown-option",
            f"{quoted(option)} is no option of Spark that placement knows, and the installed Spark could not be asked",
            remedy=f"did you mean {quoted(near)}?" if near else "`spark-submit --help` lists them",
        )
    )
