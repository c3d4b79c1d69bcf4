"""Whether an application is where it was decided, and if not, for what likely reason. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from placement.errors import quoted
from placement.queues.names import is_same
from placement.queues.tree import Tree
from placement.yarn.answers import Application

SPARK = ("spark-submit", "spark-shell", "spark-sql", "pyspark", "sparkR")
HADOOP = ("hadoop", "mapred", "yarn", "sqoop")


@dataclass(frozen=True, slots=True)
class Landing:
    """An application that carries a decision's tag.

    `reasons` it may have to be elsewhere, or somebody else's, the likeliest first; without any it is as decided.
    """

    application: Application
    reasons: tuple[str, ...]

    @property
    def is_as_decided(self) -> bool:
        return not self.reasons

    def as_data(self) -> dict[str, Any]:
        return self.application.as_data() | {"as_decided": self.is_as_decided, "reasons": list(self.reasons)}


def landing(
    record: Mapping[str, Any],
    application: Application,
    scheduler: str,
    tree: Tree | None = None,
    queues: Collection[str] | None = None,
) -> Landing:
    """Where `application` is, beside where `record` of the audit trail says.

    `scheduler` and `tree` are those of the site, for names that are the same queue; `queues` are the full paths that
    the ResourceManager has, None if that is not known.
    """
    decided = record.get("queue")
    identity = record.get("identity")
    user = identity.get("user") if isinstance(identity, dict) else None
    reasons = []
    if user and user != application.user:
        reasons.append(
            f"decided for {quoted(user)}: the ResourceManager saw another user, or the tag was copied from another job"
        )
    if not isinstance(decided, str):
        reasons.append("no queue was decided: the tag was copied from another job")
    elif not is_same(application.queue, decided, scheduler, tree):
        if queues is not None and not any(is_same(decided, queue, scheduler, tree) for queue in queues):
            reasons.append(f"the ResourceManager has no queue {quoted(decided)}, so its own rules placed it")
        else:
            reasons += _other_reasons(record)
    return Landing(application, tuple(reasons))


def _other_reasons(record: Mapping[str, Any]) -> list[str]:
    """Source for what programs can do: `SparkContext` in client mode, `Job` behind GenericOptionsParser (Hadoop)."""
    command = record.get("command")
    family, mode = (command.get("family"), command.get("deploy_mode")) if isinstance(command, dict) else (None, None)
    reasons = []
    if family in SPARK and mode == "client":
        reasons.append('the program asks for it, as it can in client mode: SparkConf.set("spark.yarn.queue", ...)')
    elif family in HADOOP:
        reasons.append('the program asks for it: Configuration.set("mapreduce.job.queuename", ...)')
    reasons.append("a placement rule of the ResourceManager put it there")
    reasons.append("it was moved afterwards: yarn application -changeQueue")
    return reasons
