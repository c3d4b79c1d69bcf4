"""Spark's own reading of a command line, asked of `SparkSubmitArguments` in one JVM: milliseconds a question."""

import sys
from collections.abc import Mapping
from typing import Any, Self

from tests.cluster import configuration, parts


class SparkRefusesError(Exception):
    """Spark refuses the command line, or shows its usage instead of submitting; the message is its own."""


class SparkOracle:
    """A JVM with Spark on its class path, up inside its `with` block; it ends with this process, however that ends."""

    def __enter__(self) -> Self:
        packages = str(parts.spark_home().parent)
        if packages not in sys.path:
            sys.path.append(packages)
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
        from py4j.protocol import Py4JJavaError

        jars = parts.spark_home() / "jars"
        port, token = launch_gateway(
            jarpath=str(next(jars.glob("py4j*.jar"))),
            classpath=f"{jars}/*",
            javaopts=configuration.QUICK_START.split(),
            java_path=str(parts.java_home() / "bin" / "java"),
            die_on_exit=True,
            enable_auth=True,
        )
        self._gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
        self._error = Py4JJavaError
        return self

    def __exit__(self, *_: object) -> None:
        self._gateway.shutdown()

    def read(self, arguments: list[str], environ: Mapping[str, str]) -> dict[str, Any]:
        """What `spark-submit ARGUMENTS` understands. Raises SparkRefusesError."""
        jvm = self._gateway.jvm
        words = jvm.java.util.ArrayList()
        for argument in arguments:
            words.add(argument)
        variables = jvm.java.util.HashMap()
        for name, value in environ.items():
            variables.put(name, value)
        to_scala = jvm.org.apache.spark.api.python.PythonUtils
        try:
            understood = jvm.org.apache.spark.deploy.SparkSubmitArguments(
                to_scala.toSeq(words), to_scala.toScalaMap(variables)
            )
        except self._error as error:
            raise SparkRefusesError(str(error.java_exception)) from error
        master, child = understood.maybeMaster(), understood.childArgs()
        return {
            "action": understood.action().toString(),
            "master": master.get() if master.isDefined() else None,
            "deploy_mode": understood.deployMode(),
            "queue": understood.queue(),
            "application": understood.primaryResource(),
            "application_arguments": [child.apply(index) for index in range(child.size())],
            "proxy_user": understood.proxyUser(),
            "connects": understood.maybeRemote().isDefined(),
        }
