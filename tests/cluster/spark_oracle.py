"""Spark's own reading of a command line: its launcher and `SparkSubmitArguments`, asked in one JVM a version.

A question takes a fraction of a millisecond. The words that a script of Spark's `bin/` puts before those that were
typed are taken from the script itself.
"""

import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from placement.commands import spark
from placement.commands.base import Surroundings
from placement.errors import PlacementError
from placement.estimate.demand_spark import of_spark
from placement.gateway import arity_of_option
from tests.cluster import parts
from tests.cluster.jvm import Jvm

COMMANDS = ("spark-submit", "spark-shell", "spark-sql", "pyspark", "sparkR")
VERSIONS = (parts.SPARK_VERSION, parts.NEWEST_SPARK)
DEFAULTS = "spark.master yarn\nspark.yarn.queue: from-defaults\nspark.app.name = named\\u0020so\nyarn.queue x\n"
MINE = "! mine\nspark.master=yarn\nspark.yarn.queue=mine\\\n   -continued\n\nspark.submit.deployMode   cluster \n"
MORE = "spark.yarn.queue more\nspark.executor.instances 7\nspark.yarn.tags=theirs\n"
WORDS = (
    *("--queue", "--queue=q", "--queue=", "--queue=a=b", "--queue=a\nb", "q\r", "root.x", "", "é", "--", "-", "–queue"),
    *("--conf", "-c", "spark.yarn.queue=c", "--conf=spark.yarn.queue=d", "spark.yarn.queue = e", "-c=spark.x=y"),
    *("--properties-file", "mine.conf", "--properties-file=mine.conf", "--load-spark-defaults"),
    *("--extra-properties-file", "--extra-properties-file=more.conf", "--extra-properties-file=mine.conf"),
    *("--master", "yarn", "local[2]", "--master=yarn", "--conf=spark.master=local", "--conf=spark.master=yarn"),
    *("--deploy-mode", "cluster", "client", "--proxy-user", "bob", "--name", "--name=n", "--jars", "--supervise"),
    *("--verbose", "-v", "--verbose=yes", "--help", "-h", "--version", "--usage-error", "--kill", "--status"),
    *("--remote", "--remote=sc://localhost", "--conf=spark.remote=sc://h", "--conf=spark.api.mode=connect"),
    *("--conf=spark.yarn.tags=mine", "--driver-default-class-path", "--never-heard-of", "--never-heard-of=x"),
    *("app.jar", "app.py", "app.R", "x y", "-e", "select 1", "-i", "--hiveconf", "a=b", "--hivevar=a=b", "--database"),
    *("--class", "Main", "org.apache.spark.repl.Main", "--class=org.apache.spark.repl.Main", "spark-shell"),
    *("--class=org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "run-example", "SparkPi"),
    *("pyspark-shell-main", "sparkr-shell-main", "pyspark-shell", "--num-executors=2", "--num-executors", "3"),
    *("--executor-memory=2g", "--executor-memory", "512m", "--executor-cores=2", "--driver-memory=3g"),
    *("--conf=spark.executor.memory=1500", "--conf=spark.executor.instances=4", "--driver-cores", "--driver-cores=2"),
    *("--conf=spark.dynamicAllocation.enabled=TRUE", "--conf=spark.executor.memoryOverhead=1g"),
)
ENVIRONMENTS = (
    {},
    {},
    {"MASTER": "yarn", "SPARK_CONF_DIR": "/nowhere"},
    {"MASTER": "local", "DEPLOY_MODE": "cluster", "SPARK_EXECUTOR_MEMORY": "2g", "SPARK_EXECUTOR_CORES": "4"},
    {"SPARK_REMOTE": "sc://h", "SPARK_CONF_DIR": "/nowhere"},
    {"SPARK_YARN_APP_NAME": "called-so", "MASTER": "yarn", "SPARK_CONF_DIR": "/nowhere"},
)
FIELDS = ("--executor-memory", "--executor-cores", "--num-executors", "--driver-memory", "--driver-cores")


class SparkRefusesError(Exception):
    """Spark refuses the command line, or shows its usage instead of submitting; the message is its own."""


class SparkOracle(Jvm):
    """A JVM with the Spark of a version on its class path, up inside its `with` block."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.home = parts.spark_home(version)
        super().__init__("SparkOracle.java", f"{self.home}/jars/*")
        for name, text in (("spark-defaults.conf", DEFAULTS), ("mine.conf", MINE), ("more.conf", MORE)):
            (self.folder / name).write_text(text)
        self.environ |= {"SPARK_HOME": self._home_with_examples(), "SPARK_SCALA_VERSION": "2"}
        self._arity: dict[str, int | None] = {}

    def _home_with_examples(self) -> str:
        """A home as a downloaded Spark has it: PyPI's lacks the jars of the examples."""
        home = self.folder / "home"
        (home / "examples" / "jars").mkdir(parents=True)
        (home / "examples" / "jars" / "spark-examples.jar").touch()
        (home / "RELEASE").touch()
        (home / "jars").symlink_to(self.home / "jars")
        return str(home)

    def script(self, command: str) -> list[str]:
        """What the script of a command puts before the words that were typed."""
        text = (self.home / "bin" / command).read_text()
        found = re.findall(r'/bin/(?:spark-submit|spark-class org\.apache\.spark\.deploy\.SparkSubmit)(.*) "\$@"', text)
        return shlex.split(found[-1])

    def arity(self, option: str) -> int | None:
        """How many values follow an option, as the gateway asks it of this version."""
        if option not in self._arity:
            self._arity[option] = arity_of_option(option, str(self.home), os.environ)
        return self._arity[option]

    def read(self, command: str, arguments: list[str], environ: Mapping[str, str]) -> dict[str, Any]:
        """What `COMMAND ARGUMENTS` understands. Raises SparkRefusesError."""
        answer = self._understood([*self.script(command), *arguments], environ)
        while "again" in answer:  # a shell that starts spark-submit itself, its arguments in a variable
            if answer["environ"].get("MASTER") == "local":
                raise SparkRefusesError("pyspark has a Spark Connect server of its own, whatever else names a master")
            answer = self._understood(shlex.split(answer["again"]), {**environ, **answer["environ"]})
        return answer

    def _understood(self, words: list[str], environ: Mapping[str, str]) -> dict[str, Any]:
        answer = json.loads(self.ask(json.dumps({"words": words, "environ": dict(environ)})))
        if "refused" in answer:
            raise SparkRefusesError(answer["refused"])
        return answer


def agree(oracle: SparkOracle, command: str, arguments: list[str], more: Mapping[str, str]) -> bool:
    """Asserts that Spark and we understand the same, before and after the placing; says whether anything is submitted.

    Where Spark refuses there is nothing to compare.
    """
    arguments = [re.sub(r"(?:mine|more)\.conf$", lambda name: f"{oracle.folder}/{name[0]}", word) for word in arguments]
    environ = {"SPARK_CONF_DIR": str(oracle.folder), "HADOOP_CONF_DIR": str(oracle.folder), **more}
    try:
        ours = spark.read(command, arguments, Surroundings(environ, None, _text, arity=oracle.arity))
    except PlacementError:
        ours = None
    try:
        real = oracle.read(command, arguments, environ)
    except SparkRefusesError:
        return False
    assert ours is not None, "an option of this Spark is not known"
    submits = real["action"] == "SUBMIT" and real["master"] == "yarn" and real["remote"] is None
    assert ours.submits == submits, ours.why
    if not submits:
        return False
    assert (ours.request.queue if ours.request else None) == real["queue"]
    assert ours.deploy_mode == (real["deploy_mode"] or "client")
    assert ours.application_arguments == real["arguments"]
    assert ours.proxy_user == real["proxy_user"]
    assert ours.name in (None, real["name"])
    if real["application"].endswith("/spark-examples.jar"):
        assert real["class"].endswith(ours.application)
    else:
        assert unquote(real["application"]).endswith(ours.application)  # Spark makes it a URI
    assert ours.asked == of_spark(_setting(real), ours.deploy_mode, real["is_python"])
    tags = real["properties"].pop("spark.yarn.tags", None)
    assert ours.tags == tags
    placed = oracle.read(command, spark.place(ours, "root.decided", "placement:1"), environ)
    assert placed["properties"].pop("spark.yarn.tags") == (f"{tags},placement:1" if tags else "placement:1")
    assert placed == real | {"queue": "root.decided"}
    return True


def _text(path: str) -> str | None:
    if not Path(path).is_file():
        return None
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        return file.read()


def _setting(real: dict[str, Any]) -> Any:
    """The settings that Spark understood, as `of_spark` asks for them."""

    def setting(option: str, key: str, _variable: str = "") -> str | None:
        return real[option] if option in FIELDS else real["properties"].get(key)

    return setting
