"""A real HiveServer2 on the test cluster, with MapReduce as its engine and all its data in one folder."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.cluster import configuration, keeper, parts
from tests.cluster.yarn import Yarn
from tests.engines.parts import hive_lib

PACKAGES = ("lang", "lang.reflect", "net", "util", "util.concurrent", "util.concurrent.atomic", "io", "nio", "time")
OPENED = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in PACKAGES]
SUBMISSION = "-Dplacement.submission=hive"  # names the staging folder, see tests/cluster/configuration.py
_START_LIMIT_S = 180


def hive_site(folder: Path) -> dict[str, str]:
    options = f"-Xmx256m {configuration.QUICK_START} {' '.join(OPENED)} {SUBMISSION}"
    collections = next(hive_lib().glob("commons-collections-3*.jar"))  # the reducer asks for it
    return {
        "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore;create=true",
        "datanucleus.schema.autoCreateAll": "true",
        "hive.metastore.schema.verification": "false",
        "hive.execution.engine": "mr",
        "hive.metastore.warehouse.dir": f"{folder}/warehouse",
        "hive.exec.scratchdir": f"{folder}/scratch",
        "hive.exec.local.scratchdir": f"{folder}/scratch-local",
        "hive.server2.enable.doAs": "false",
        "hive.server2.thrift.bind.host": "127.0.0.1",
        "hive.server2.webui.port": "0",
        "hive.support.concurrency": "false",
        "hive.txn.manager": "org.apache.hadoop.hive.ql.lockmgr.DummyTxnManager",
        "hive.stats.autogather": "false",
        "metastore.create.as.acid": "false",
        "mapreduce.map.java.opts": options,
        "mapreduce.reduce.java.opts": options,
        "yarn.app.mapreduce.am.command-opts": options,
        "mapreduce.application.classpath": f"{parts.hadoop_lib()}/*,{collections}",
    }


class HiveServer:
    """Up inside its `with` block; submits as ADMIN for all. `url` is for JDBC, `beeline` a client's command."""

    def __init__(self, yarn: Yarn, folder: Path) -> None:
        self._yarn = yarn
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"jdbc:hive2://127.0.0.1:{self._port}/default"
        (folder / "conf").mkdir(parents=True)
        (folder / "conf" / "hive-site.xml").write_text(configuration.xml(hive_site(folder)))
        self._class_path = f"{folder}/conf:{yarn.conf_dir}:{hive_lib()}/*:{parts.hadoop_lib()}/*"
        self.beeline = folder / "bin" / "beeline"
        self.beeline.parent.mkdir()
        java = f"{parts.java_home()}/bin/java -Xmx256m {configuration.QUICK_START} {' '.join(OPENED)}"
        self.beeline.write_text(
            f"#!/bin/sh\nexec {java} -cp '{self._class_path}' org.apache.hive.beeline.BeeLine \"$@\"\n"
        )
        self.beeline.chmod(0o755)

    def __enter__(self) -> Self:
        java = parts.java_home() / "bin" / "java"
        command = [
            *(sys.executable, "-I", "-S", keeper.__file__, java, "-Xmx700m", *configuration.QUICK_START.split()),
            *(*OPENED, SUBMISSION, f"-Djava.io.tmpdir={self._folder}", "-cp", self._class_path),
            *("org.apache.hive.service.server.HiveServer2", "--hiveconf", f"hive.server2.thrift.port={self._port}"),
        ]
        log_file = self._folder / "hiveserver2.log"
        with open(log_file, "wb") as log:
            environ = self._yarn.environment(configuration.ADMIN)
            self._keeper = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environ, cwd=self._folder
            )
        deadline = time.monotonic() + _START_LIMIT_S
        while not self._is_up():
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"HiveServer2 is not up: {log_file.read_text()[-3000:]}")
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._keeper.stdin.close()
        self._keeper.wait()

    def _is_up(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self._port)) == 0
