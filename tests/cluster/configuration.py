"""The configuration of the test cluster and its clients as plain values: {property: value} for each file."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from tests.cluster import parts

ADMIN = "yarn"  # the daemons' user: may see and change everything, and submit for others (--proxy-user)
SCHEDULER_CLASSES = {
    name.lower(): f"org.apache.hadoop.yarn.server.resourcemanager.scheduler.{name.lower()}.{name}Scheduler"
    for name in ("Fair", "Capacity")
}
RESOURCE_MANAGER_PORTS = ("webapp", "scheduler", "resource-tracker", "", "admin")  # "": that of the clients
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"
OPENED = "--add-opens=java.base/java.lang=ALL-UNNAMED"  # Hadoop on Java 17
POLL_MS = "100"

LOG4J = """\
log4j.rootLogger=INFO,stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d{ISO8601} %-5p %c{1}: %m%n
"""
SPARK_LOG4J2 = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1}: %m%n
"""


def core_site(directory: Path, users: Mapping[str, list[str]]) -> dict[str, str]:
    """`users`: each user's groups; the cluster asks the machine's own accounts for none of these."""
    groups = {ADMIN: [ADMIN], **users}
    return {
        "fs.defaultFS": "file:///",
        "hadoop.tmp.dir": f"{directory}/tmp",
        "hadoop.user.group.static.mapping.overrides": ";".join(f"{u}={','.join(g)}" for u, g in groups.items()),
        f"hadoop.proxyuser.{ADMIN}.hosts": "*",
        f"hadoop.proxyuser.{ADMIN}.groups": "*",
        "ipc.client.connect.retry.interval": POLL_MS,
    }


def yarn_site(directory: Path, scheduler: str, ports: Mapping[str, int]) -> dict[str, str]:
    """`ports`: one for each of RESOURCE_MANAGER_PORTS; the NodeManager chooses its own when it starts."""
    addresses = {
        ".".join(filter(None, ("yarn.resourcemanager", name, "address"))): f"127.0.0.1:{port}"
        for name, port in ports.items()
    }
    return {
        **addresses,
        "yarn.acl.enable": "true",
        "yarn.admin.acl": ADMIN,
        "yarn.resourcemanager.scheduler.class": SCHEDULER_CLASSES[scheduler],
        "yarn.scheduler.fair.allocation.file": f"{directory}/conf/fair-scheduler.xml",
        "yarn.scheduler.minimum-allocation-mb": "128",
        "yarn.resource-types.memory-mb.increment-allocation": "128",
        "yarn.node-attribute.fs-store.root-dir": f"file://{directory}/tmp/node-attribute",
        "yarn.nodemanager.hostname": "127.0.0.1",
        "yarn.nodemanager.localizer.address": "127.0.0.1:0",
        "yarn.nodemanager.webapp.address": "127.0.0.1:0",
        "yarn.nodemanager.local-dirs": f"{directory}/local",
        "yarn.nodemanager.log-dirs": f"{directory}/logs/containers",
        # What the node claims to have, and nobody checks: room for several jobs, whatever the machine.
        "yarn.nodemanager.resource.memory-mb": "8192",
        "yarn.nodemanager.resource.cpu-vcores": "8",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.pmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.enable": "false",
        "yarn.nodemanager.aux-services": "mapreduce_shuffle",
        # Everybody looks often: this cluster is there to answer soon.
        "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": POLL_MS,
        "yarn.resourcemanager.connect.retry-interval.ms": POLL_MS,
        "yarn.client.application-client-protocol.poll-interval-ms": POLL_MS,
    }


def mapred_site(directory: Path) -> dict[str, str]:
    """Small jobs run whole in their ApplicationMaster (uber mode), as nothing here is about their tasks."""
    java_options = f"-Xmx256m {QUICK_START} {OPENED}"
    # A staging folder for each submission, named by bin/hadoop: as the users are no accounts of this machine,
    # a second job would be refused for the owner of the first one's folder.
    name = "${placement.submission}"
    return {
        "mapreduce.framework.name": "yarn",
        "mapreduce.application.classpath": f"{parts.hadoop_lib()}/*",
        "mapreduce.shuffle.port": "0",  # not in yarn-site.xml: mapred-default.xml would win over it
        "mapreduce.jobhistory.address": "",  # none: do not look for one when a job has ended
        "mapreduce.job.ubertask.enable": "true",
        "yarn.app.mapreduce.am.staging-dir": f"{directory}/staging/{name}",
        "yarn.app.mapreduce.am.resource.mb": "512",
        "mapreduce.map.memory.mb": "512",
        "mapreduce.reduce.memory.mb": "512",
        "yarn.app.mapreduce.am.command-opts": f"{java_options} -Dplacement.submission={name}",
        "mapred.child.java.opts": java_options,
        "yarn.app.mapreduce.am.scheduler.heartbeat.interval-ms": POLL_MS,
        "mapreduce.client.progressmonitor.pollinterval": POLL_MS,
        "mapreduce.client.completion.pollinterval": POLL_MS,
    }


def spark_defaults(directory: Path) -> dict[str, str]:
    """With these, `spark-submit job.py` is all a user has to type; the queue is left to the user."""
    return {
        "spark.master": "yarn",
        "spark.yarn.jars": f"local:{parts.spark_home()}/jars/*",
        "spark.yarn.stagingDir": f"file://{directory}/staging",
        "spark.driver.memory": "512m",
        "spark.executor.memory": "512m",
        "spark.yarn.am.memory": "512m",
        "spark.executor.instances": "1",
        "spark.ui.enabled": "false",
        "spark.local.dir": f"{directory}/tmp",
        "spark.driver.extraJavaOptions": QUICK_START,
        "spark.executor.extraJavaOptions": QUICK_START,
        "spark.yarn.am.extraJavaOptions": QUICK_START,
        "spark.yarn.appMasterEnv.SPARK_LOCAL_IP": "127.0.0.1",
        "spark.executorEnv.SPARK_LOCAL_IP": "127.0.0.1",
        "spark.yarn.report.interval": "200ms",
        "spark.yarn.scheduler.heartbeat.interval-ms": "200",
        "spark.scheduler.minRegisteredResourcesRatio": "0",
    }


def client_environment(directory: Path, user: str) -> dict[str, str]:
    """The whole environment of a client that is `user` to the cluster; nothing of our own is in it."""
    spark = parts.spark_home()
    tools = (Path(__file__).parent / "bin", spark / "bin")
    return {
        "PATH": ":".join(map(str, (*tools, "/usr/local/bin", "/usr/bin", "/bin"))),
        "HOME": f"{directory}/home",
        "TMPDIR": f"{directory}/tmp",
        "LANG": "C.UTF-8",
        "JAVA_HOME": str(parts.java_home()),
        "HADOOP_USER_NAME": user,
        "HADOOP_CONF_DIR": f"{directory}/conf",
        "HADOOP_LIB": str(parts.hadoop_lib()),
        "SPARK_HOME": str(spark),
        "SPARK_CONF_DIR": f"{directory}/spark-conf",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LAUNCHER_OPTS": QUICK_START,
        "SPARK_SUBMIT_OPTS": f"-Djava.io.tmpdir={directory}/tmp",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_ARCHIVES_PATH": f"local:{spark.parent}",  # the workers' pyspark: compiled, not sent along
    }


def local_environment(home: Path) -> dict[str, str]:
    """The whole environment of a Spark that runs by itself, without a cluster."""
    return {
        "PATH": os.defpath,
        "JAVA_HOME": str(parts.java_home()),
        "SPARK_HOME": str(parts.spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "HOME": str(home),
    }


def xml(properties: Mapping[str, str]) -> str:
    """A Hadoop configuration file."""
    root = ElementTree.Element("configuration")
    for name, value in properties.items():
        entry = ElementTree.SubElement(root, "property")
        ElementTree.SubElement(entry, "name").text = name
        ElementTree.SubElement(entry, "value").text = value
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def lines(properties: Mapping[str, str]) -> str:
    """A spark-defaults.conf."""
    return "".join(f"{name} {value}\n" for name, value in properties.items())
