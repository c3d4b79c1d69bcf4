"""The Spark command line that a kernel's environment holds: read out of it, and put back with a queue in it. Pure.

PySpark hands PYSPARK_SUBMIT_ARGS to spark-submit (`java_gateway.launch_gateway`); the kernels of Apache Toree and of
Enterprise Gateway are started by a script, which lets a shell hand it SPARK_OPTS, options alone.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from placement.commands.spark import TAGS_KEY
from placement.errors import PlacementError, Problem, quoted

PYSPARK, OPTIONS, HOME = "PYSPARK_SUBMIT_ARGS", "SPARK_OPTS", "SPARK_HOME"
SHELL = "pyspark-shell"  # the application of PySpark that is started from Python
USERNAME, IMPERSONATION = "KERNEL_USERNAME", "EG_IMPERSONATION_ENABLED"  # Enterprise Gateway's


@dataclass(frozen=True)
class SparkArguments:
    """What spark-submit is to be given by the `variable` of an environment, which says `text`."""

    variable: str
    text: str
    words: list[str]

    @property
    def arguments(self) -> list[str]:
        """The whole command line behind `spark-submit`."""
        return self.words if self.variable == PYSPARK else [*self.words, SHELL]

    def asking(self, queue: str | None) -> "SparkArguments":
        """These, with a request for `queue` that wins over one that they have."""
        if queue is None:
            return self
        at = len(self.words) - (self.variable == PYSPARK and self.words[-1:] == [SHELL])
        return self.with_arguments([*self.arguments[:at], "--queue", queue, *self.arguments[at:]])

    def undecided(self, tag: str) -> "SparkArguments":
        """These without the `tag` of an earlier decision; the queue of it stays, as a request."""
        words: list[str] = []
        for word in self.words:
            key, equals, value = word.partition("=")
            tags = [each for each in value.split(",") if each != tag]
            if key != TAGS_KEY or tags == value.split(","):
                words.append(word)
            elif tags:
                words.append(f"{key}{equals}{','.join(tags)}")
            elif words[-1:] == ["--conf"]:
                words.pop()
        return self if words == self.words else SparkArguments(self.variable, shlex.join(words), words)

    def with_arguments(self, arguments: list[str]) -> "SparkArguments":
        """These as `arguments` has them, which a wrapper made of `self.arguments`.

        Of SPARK_OPTS the text stays, as a shell is yet to read it; what is new stands behind it.
        """
        if arguments == self.arguments:
            return self
        if self.variable == PYSPARK:
            return SparkArguments(PYSPARK, shlex.join(arguments), arguments)
        words = arguments[:-1]
        text = f"{self.text} {shlex.join(words[len(self.words) :])}".lstrip()
        return SparkArguments(OPTIONS, text, words)


def spark_arguments(
    environ: Mapping[str, str], own: Mapping[str, str], is_spark: bool = False
) -> SparkArguments | None:
    """What the kernel that `environ` is for will start Spark with; None for a kernel without Spark.

    `own` is what the kernelspec says of the environment: a Spark home or SPARK_OPTS that is merely there makes no
    Spark kernel of any other. `is_spark`: it is one, whatever it says. Raises PlacementError `kernel-arguments`.
    """
    variable = OPTIONS if OPTIONS in own and PYSPARK not in environ else PYSPARK
    if not (is_spark or PYSPARK in environ or OPTIONS in own or HOME in own):
        return None
    text = environ.get(variable, SHELL if variable == PYSPARK else "")
    try:
        return SparkArguments(variable, text, shlex.split(text))
    except ValueError as error:
        message = f"{variable} of the kernel, {quoted(text)}, is no command line: {error}"
        remedy = "close its quotes, in kernel.json or where the server gets its environment"
        raise PlacementError(Problem("kernel-arguments", message, remedy=remedy)) from error


def impersonated(environ: Mapping[str, str]) -> str | None:
    """The user for whom a gateway starts this kernel, if it submits in the user's name. None: in its own.

    Source: Enterprise Gateway, the kernels' `run.sh`, which adds `--proxy-user ${KERNEL_USERNAME}` then.
    """
    return environ.get(USERNAME) or None if environ.get(IMPERSONATION, "").lower() == "true" else None
