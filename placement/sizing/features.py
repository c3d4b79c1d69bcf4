"""What is known of a run before it, as its keys are made of it. Pure, and part of the hot path: standard library only.

INVARIANT equal-features: a run that has ended has the same ones by `placement.observe`, as far as histories tell them.
"""

from placement.estimate.demand import TASK, Asked
from placement.estimate.keys import APPLICATION, SCRIPT
from placement.units import MIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from placement.submission import Reading

LONGEST, MOST_ARGUMENTS = 1000, 100  # characters and arguments that observers keep
WHOLE = "application"  # the role of the whole: a duration, and no container
SPARK, MAPREDUCE, FLINK, TEZ = "spark", "mapreduce", "flink", "tez"
KINDS = {"flink": FLINK, "yarn-session.sh": FLINK, "beeline": MAPREDUCE, "hive": MAPREDUCE}
KINDS |= {"hadoop": MAPREDUCE, "mapred": MAPREDUCE, "sqoop": MAPREDUCE, "yarn": MAPREDUCE}

SQL = "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver"
# Scripts that do a different thing each time: only with their arguments, or a name of its own, is a run one of a job.
TOOLS = {SQL, "org.apache.hadoop.mapred.pipes.Submitter", "org.apache.hadoop.streaming.HadoopStreaming"}
TOOLS |= {"org.apache.hadoop.tools.DistCp", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"}
TOOLS |= {"archive", "distch", "distcp", "gridmix", "pipes", "streaming"}  # of hadoop and mapred
TOOLS |= {"export", "import", "import-all-tables", "import-mainframe", "job", "merge"}  # of sqoop
OWN_NAMES = {SQL: "SparkSQL::0"}  # behind it stands the address of the machine (SparkSQLEnv), a number in a key


def kind_of(family: str, asked: Asked) -> str:
    """What YARN will call the application, in lower case: its type."""
    if any(role.name == TASK for role in asked.others):
        return TEZ
    return KINDS.get(family, SPARK)


def told(arguments: list[str]) -> list[str]:
    """The arguments as far as observers keep them; secrets are to be masked after that, as they do it."""
    return [argument[:LONGEST] for argument in arguments[:MOST_ARGUMENTS]]


def features_of(
    reading: "Reading", asked: Asked, user: str, arguments: list[str], input_bytes: float | None
) -> "dict[str, Any]":
    """The features of all roles, of the whole that is; a role adds its own, see `of_role`.

    `arguments` are those of `told`, masked. Spark gives an application without a name that of its script or class;
    a program of any kind may give another, and is then known by its script alone.
    """
    kind = kind_of(reading.family, asked)
    script = (reading.script or "")[:LONGEST]
    return {
        "application": (reading.name or OWN_NAMES.get(script) or (script if kind == SPARK else ""))[:LONGEST],
        "user": user[:LONGEST],
        "kind": kind,
        "script": script,
        "arguments": arguments,
        "role": WHOLE,
        "request_bytes": None,
        "input_bytes": input_bytes,
        "executors": asked.containers,
    }


def of_job(reading: "Reading", keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a chain that say which job it is, and those of many jobs: of a tool not those of the tool alone."""
    if reading.script not in TOOLS:
        return keys
    loose = (SCRIPT,) if reading.name else (SCRIPT, APPLICATION)
    return tuple(key for key in keys if key[:1] not in loose)


def of_role(features: "dict[str, Any]", asked: Asked, name: str) -> "dict[str, Any]":
    """The features of one role."""
    role = asked.role(name)
    return {**features, "role": name, "request_bytes": role.memory_mib * MIB if role else None}
