"""The one shape of all command families. Part of the hot path: standard library only, one family imported at a time.

To add a family: a module here with `read(command, arguments, around) -> Reading` and `place(reading, queue, tag) ->
list[str]`, both pure, that read a command line exactly as the command does; its command names in FAMILIES; a link in
`wrappers/`; a differential test against the real command. `spark.py` is the model.
"""

from placement.errors import PlacementError, Problem, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import BinaryIO

# The names of Spark's commands, and those that distributions give them where two Sparks stand side by side.
SPARK = ["spark-submit", "spark-shell", "spark-sql", "pyspark", "sparkR"]
SPARK += ["spark2-submit", "spark2-shell", "spark2-sql", "pyspark2"]
SPARK += ["spark3-submit", "spark3-shell", "spark3-sql", "pyspark3"]
FAMILIES = {
    **dict.fromkeys(SPARK, "spark"),
    "beeline": "hive",
    "flink": "flink",
    "hadoop": "hadoop",
    "hive": "hive",
    "mapred": "hadoop",
    "sqoop": "hadoop",
    "yarn": "hadoop",
    "yarn-session.sh": "flink",
}


MOST_TAGS = 10  # of an application; YARN refuses one with more (ApplicationSubmissionContextPBImpl.checkTags)


def joined_tags(asked: str | None, tag: str) -> str:
    """The tags that were asked for and `tag`, which is left out where the application has as many as it may have."""
    if not asked:
        return tag
    return asked if asked.count(",") + 1 >= MOST_TAGS else f"{asked},{tag}"


def undashed(option: str) -> str:
    """An option of commons-cli without its dashes. Source: `Util.stripLeadingHyphens`."""
    return option[2:] if option.startswith("--") else option.removeprefix("-")


def unquoted(value: str) -> str:
    """A value of commons-cli without the quotes around it. Source: `Util.stripLeadingAndTrailingQuotes`."""
    inner = value[1:-1]
    return inner if len(value) > 1 and value[0] == value[-1] == '"' and '"' not in inner else value


def _cannot_ask(_option: str) -> int | None:
    raise OSError("no Spark to ask")


class Surroundings:
    """What a command sees besides its arguments.

    `environ` is its environment; `home` the folder it is installed in, None if unknown; `read` gives the text of a
    file, or None if there is none, and raises OSError where it cannot be read; `opened` likewise gives the open file.
    `real` is the absolute path of the command, None if unknown; `account` the name of the account that runs it.
    `arity` asks the installed Spark how many values follow an option, None if it has no such option, and raises OSError
    where it cannot be asked.
    """

    __slots__ = ("account", "arity", "environ", "home", "opened", "read", "real")

    def __init__(
        self,
        environ: "Mapping[str, str]",
        home: str | None,
        read: "Callable[[str], str | None]",
        opened: "Callable[[str], BinaryIO | None]" = lambda _: None,
        real: str | None = None,
        account: "Callable[[], str]" = lambda: "?",
        arity: "Callable[[str], int | None]" = _cannot_ask,
    ) -> None:
        self.environ = environ
        self.home = home
        self.read = read
        self.opened = opened
        self.real = real
        self.account = account
        self.arity = arity


def family(command: str) -> "ModuleType":
    """The module that reads `command`. Raises PlacementError `unknown-command` for a command that no family knows."""
    if command not in FAMILIES:
        known = ", ".join(map(quoted, FAMILIES))
        raise PlacementError(
            Problem(
                "unknown-command",
                f"{quoted(command)} is not a command that placement reads",
                remedy=f"use one of {known}",
            )
        )
    module: ModuleType = __import__(f"placement.commands.{FAMILIES[command]}", fromlist=["read"])
    return module  # `importlib` takes a millisecond to import
