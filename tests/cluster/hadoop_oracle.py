"""Hadoop's own reading of generic options and configuration files, asked in one JVM: milliseconds a question."""

import os
import sys
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from tests.cluster import configuration, parts

ENVIRONMENT = {"QUEUE_OF_ENV": "from-env", "EMPTY": ""}  # what the JVM has in its environment besides ours
KEYS = ("mapreduce.job.queuename", "mapreduce.job.name", "mapreduce.job.tags", "mapreduce.framework.name")


class HadoopRefusesError(Exception):
    """Hadoop refuses the options or a file; the message is its own."""


class LacksValueError(HadoopRefusesError):
    """A generic option without its value: the program is given no arguments at all."""


class HadoopOracle:
    """A JVM with Hadoop on its class path, up inside its `with` block; it ends with this process, however that ends."""

    def __enter__(self) -> Self:
        packages = str(parts.spark_home().parent)
        if packages not in sys.path:
            sys.path.append(packages)
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
        from py4j.protocol import Py4JJavaError

        with patch.dict(os.environ, ENVIRONMENT):
            port, token = launch_gateway(
                jarpath=str(next((parts.spark_home() / "jars").glob("py4j*.jar"))),
                classpath=f"{parts.hadoop_lib()}/*",
                javaopts=[*configuration.QUICK_START.split(), configuration.OPENED],
                java_path=str(parts.java_home() / "bin" / "java"),
                die_on_exit=True,
                enable_auth=True,
            )
        self._gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
        self._error = Py4JJavaError
        self._loaded: dict[Path, Any] = {}
        return self

    def __exit__(self, *_: object) -> None:
        self._gateway.shutdown()

    def read(self, arguments: list[str], conf_dir: Path) -> dict[str, Any]:
        """What a program that uses ToolRunner has of `arguments` in the end: `rest`, and each of KEYS.

        Of each `conf_dir` what was there at the first question counts. Raises HadoopRefusesError or LacksValueError.
        """
        jvm = self._gateway.jvm
        words = self._array(jvm.java.lang.String, arguments)
        try:
            if conf_dir not in self._loaded:
                url = self._array(jvm.java.net.URL, [jvm.java.io.File(f"{conf_dir}/").toURI().toURL()])
                conf = jvm.org.apache.hadoop.mapred.JobConf()
                conf.setClassLoader(jvm.java.net.URLClassLoader(url, conf.getClassLoader()))
                conf.reloadConfiguration()
                conf.size()
                self._loaded[conf_dir] = conf
            conf = jvm.org.apache.hadoop.mapred.JobConf(self._loaded[conf_dir])
            parser = jvm.org.apache.hadoop.util.GenericOptionsParser(conf, words)
            if not parser.isParseSuccessful():
                raise LacksValueError
            job = jvm.org.apache.hadoop.mapred.JobConf(parser.getConfiguration())
            return {"rest": list(parser.getRemainingArgs())} | {key: job.get(key) for key in KEYS}
        except self._error as error:
            raise HadoopRefusesError(str(error.java_exception)) from error

    def read_file(self, file: Path) -> dict[str, str | None]:
        """Each of KEYS as that one file says it. Raises HadoopRefusesError."""
        jvm = self._gateway.jvm
        try:
            conf = jvm.org.apache.hadoop.conf.Configuration(False)
            conf.addResource(jvm.org.apache.hadoop.fs.Path(str(file)))
            return {key: conf.get(key) for key in KEYS}
        except self._error as error:
            raise HadoopRefusesError(str(error.java_exception)) from error

    def _array(self, kind: Any, items: list[Any]) -> Any:
        array = self._gateway.new_array(kind, len(items))
        for index, item in enumerate(items):
            array[index] = item
        return array
