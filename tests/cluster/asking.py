"""Commands that ask a real cluster for containers and are held there, so that it can be seen what they are given.

Executors and tasks are containers of the size that was asked for, with a program in them that sleeps instead of Java;
the application master, and Spark's driver, are real.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from placement.admission.resources import Resources
from placement.admission.snapshot import Snapshot
from placement.gateway import read_command
from placement.submission import Reading
from tests.cluster import parts
from tests.cluster.yarn import ENDED, Yarn
from tests.conftest import ROOT

JOBS = ROOT / "tests" / "cluster" / "jobs"
GENERIC = "GENERIC"  # in a command: where the settings of every submission go
JAR, INPUT, OUTPUT = "hold.jar", "INPUT", "OUTPUT"  # files, wherever they are
SETTLED_S, PATIENCE_S = 1.5, 240

Sizes = Counter[tuple[int, int]]  # containers by MiB and vcores


@dataclass(frozen=True)
class Case:
    """A command as it is typed. `numbers`: how many containers a role gets that no command line says."""

    command: str
    numbers: Mapping[str, int]
    version: str = parts.SPARK_VERSION


class Cluster:
    """Takes commands to `yarn`, one by one or many at once; `folder` is for files, `snapshot` says how it rounds."""

    def __init__(self, yarn: Yarn, folder: Path, snapshot: Snapshot) -> None:
        self._yarn = yarn
        self._snapshot = snapshot
        self._folder = folder
        self._java_home = folder / "sleeping"
        (self._java_home / "bin").mkdir(parents=True)
        java = self._java_home / "bin" / "java"
        java.write_text("#!/bin/sh\nexec sleep 600\n")
        java.chmod(0o755)
        (folder / INPUT).write_text("one two\n")
        tools, jars = parts.java_home() / "bin", f"{parts.spark_home()}/jars/*"
        for step in (("javac", "-cp", jars, "-d", folder, JOBS / "Hold.java"), ("jar", "cf", JAR, "Hold.class")):
            subprocess.run([tools / step[0], *step[1:]], cwd=folder, check=True, timeout=120)

    def submitted(self, name: str, case: Case) -> tuple[Sizes, Sizes]:
        """What our reading of the command says that it is given, and what it is given."""
        tag = f"asked-{name.replace(' ', '-')}"
        command, *arguments = self._words(case, tag)
        environ = self._environment(case)
        reading = read_command(command, arguments, _found(command, environ), environ)
        said = expected(reading, case.numbers, self._snapshot)
        log = self._folder / f"{tag}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [command, *arguments], env=environ, cwd=self._folder, stdin=subprocess.PIPE, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        try:
            return said, self._given(tag, said.total(), process, log)
        finally:
            for application in self._yarn.applications(applicationTags=tag.lower()):
                if application["state"] not in ENDED:
                    self._yarn.kill(application["id"])
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdin.close()

    def _words(self, case: Case, tag: str) -> list[str]:
        sleeping = f"JAVA_HOME={self._java_home}"
        if case.command.startswith(("spark", "pyspark")):
            conf = [f"spark.yarn.tags={tag}", f"spark.executorEnv.{sleeping}"]
            if case.version != parts.SPARK_VERSION:
                conf.append(f"spark.yarn.jars=local:{parts.spark_home(case.version)}/jars/*")
            ours = [word for each in conf for word in ("--conf", each)]
            command, *own = case.command.split()
            words = [command, *ours, *own]
        else:
            conf = [f"mapreduce.job.tags={tag}", "mapreduce.job.ubertask.enable=false"]
            conf += [f"mapreduce.{kind}.env={sleeping}" for kind in ("map", "reduce")]
            conf += ["mapreduce.job.reduce.slowstart.completedmaps=0"]
            ours = [word for each in conf for word in ("-D", each)]
            before, _, own_words = case.command.partition(GENERIC)
            words = [*before.split(), *ours, *own_words.split()]
        examples = next(parts.hadoop_lib().glob("hadoop-mapreduce-examples-*.jar"))
        files = {JAR: self._folder / JAR, "wait.py": JOBS / "wait.py", "examples.jar": examples}
        files |= {INPUT: self._folder / INPUT, OUTPUT: self._folder / f"{tag}.out"}
        return [str(files.get(word, word)) for word in words]

    def _environment(self, case: Case) -> dict[str, str]:
        home = parts.spark_home(case.version)
        environ = self._yarn.environment("alice")
        environ |= {"SPARK_HOME": str(home), "PYSPARK_ARCHIVES_PATH": f"local:{home.parent}"}
        environ |= {"PYTHONPATH": str(home.parent), "PYSPARK_DRIVER_PYTHON_OPTS": "-i"}
        return environ | {"PATH": f"{home}/bin:{environ['PATH']}"}

    def _given(self, tag: str, number: int, process: subprocess.Popen[bytes], log: Path) -> Sizes:
        """The containers of the application, once there are `number`, and a moment later."""
        deadline = time.monotonic() + PATIENCE_S
        given: Sizes = Counter()
        while time.monotonic() < deadline and process.poll() is None:
            application = next(iter(self._yarn.applications(applicationTags=tag.lower(), states="RUNNING")), None)
            if application and self._containers(application["id"]).total() >= number:
                time.sleep(SETTLED_S)
                return self._containers(application["id"])
            if application:
                given = self._containers(application["id"])
            time.sleep(0.5)
        print(f"{tag}: {process.poll()}\n{log.read_text()[-1500:]}")
        return given

    def _containers(self, application: str) -> Sizes:
        attempts = self._yarn.get(f"apps/{application}/appattempts")["appAttempts"]["appAttempt"]
        attempt = max(each["appAttemptId"] for each in attempts)
        found = (self._yarn.get(f"apps/{application}/appattempts/{attempt}/containers") or {}).get("container", [])
        return Counter((each["allocatedMB"], each["allocatedVCores"]) for each in found)


def expected(reading: Reading, numbers: Mapping[str, int], snapshot: Snapshot) -> Sizes:
    """The containers that a reading says, rounded as the scheduler does; the capacity scheduler, where it does not
    count vcores, gives one of them to each."""
    sizes: Sizes = Counter()
    for role in reading.asked.roles() if reading.asked else ():
        size = Resources(role.memory_mib, role.vcores).rounded(snapshot.minimum, snapshot.step)
        number = numbers.get(role.name, 0) if role.number is None else role.number
        if number:
            sizes[size.memory_mib, size.vcores if snapshot.counts_vcores else 1] += number
    return sizes


def _found(command: str, environ: Mapping[str, str]) -> str | None:
    places = (Path(folder) / command for folder in environ["PATH"].split(":"))
    return next((str(each) for each in places if each.is_file()), None)
