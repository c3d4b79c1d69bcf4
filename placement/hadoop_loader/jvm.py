"""Hadoop's own scheduler in a short JVM: where Java and the jars are, and what it makes of a file.

Nothing is asked over the network, and no daemon stays. The Java source is templates/HadoopLoader.java.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from placement.errors import PlacementError, Problem, quoted
from placement.gateway import real_command

CLASSPATH = "PLACEMENT_HADOOP_CLASSPATH"  # not HADOOP_CLASSPATH, which adds jars to Hadoop's own
TIMEOUT_S = 60
LOADER = "HadoopLoader"

_QUICK = ("-Xmx512m", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData")
_MARK = "placement: "  # what the scheduler logs, among what else is on standard error
_LOG4J = f"""\
log4j.rootLogger=OFF
log4j.logger.org.apache.hadoop.yarn.server.resourcemanager=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.EnhancedPatternLayout
log4j.appender.stderr.layout.ConversionPattern={_MARK}%m%n%throwable{{none}}
"""


@dataclass(frozen=True, slots=True)
class Hadoop:
    """Java, its compiler, and Hadoop's class path, the site's configuration first if there is one."""

    java: str
    javac: str
    classpath: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the scheduler made of one file: `complaints` are the chain of exceptions, the outermost first.

    Each is `class: message`; none at all: the file was taken, and `queues` are the full paths of its queues. `log`: the
    warnings.
    """

    complaints: tuple[str, ...]
    log: tuple[str, ...]
    queues: tuple[str, ...]


def find(site_commands: Mapping[str, str], environ: Mapping[str, str]) -> Hadoop:
    """Java of JAVA_HOME, or else on PATH; the class path that the variable CLASSPATH holds, or `yarn classpath` says.

    `site_commands`: as in site.yaml. Raises PlacementError `no-java`, `no-java-compiler` or `no-hadoop-jars`.
    """
    home, path = environ.get("JAVA_HOME"), environ.get("PATH", os.defpath)
    java = shutil.which("java", path=os.path.join(home, "bin") if home else path)
    if java is None:
        where = f"in JAVA_HOME, {quoted(home)}" if home else "on PATH"
        raise _missing("no-java", f"no `java` {where}", "set JAVA_HOME to the JDK that Hadoop runs with")
    javac = shutil.which("javac", path=os.path.dirname(java)) or _beside(java, "javac")
    if javac is None:
        message = f"no compiler `javac` beside {quoted(java)}: it is a JRE"
        raise _missing("no-java-compiler", message, "set JAVA_HOME to a JDK; Debian's is openjdk-17-jdk-headless")
    found = environ.get(CLASSPATH) or _asked(site_commands, environ)
    return Hadoop(java, javac, ":".join(filter(None, (environ.get("HADOOP_CONF_DIR"), found))))


def answers(hadoop: Hadoop, scheduler: str, contents: Sequence[bytes]) -> list[Answer]:
    """What the `scheduler`, fair or capacity, makes of each of the files' `contents`.

    Takes about four seconds, and tens of milliseconds more for each further file. Raises PlacementError
    `no-hadoop-jars`, `java-too-old` or `hadoop-loader-failed`.
    """
    with tempfile.TemporaryDirectory(prefix="placement-hadoop-") as folder:
        files = [os.path.join(folder, f"{number}.xml") for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            Path(file).write_bytes(content)
        log4j = Path(folder, "log4j.properties")
        log4j.write_text(_LOG4J)
        # First on the class path: the scheduler would read the site's own over the file that it is asked about.
        Path(folder, "capacity-scheduler.xml").write_text("<configuration/>\n")
        _compile(hadoop, folder)
        options = (f"-Dlog4j.configuration={log4j.as_uri()}", f"-Djava.io.tmpdir={folder}")
        command = [hadoop.java, *_QUICK, *options, "-cp", f"{folder}:{hadoop.classpath}", LOADER, scheduler, *files]
        done = _run(command, _environment(folder))
        lines = done.stdout.splitlines()
        if done.returncode or len(lines) != len(files):
            raise _failed(f"Java ended with status {done.returncode}", done.stderr)
        try:
            return [_answer(line) for line in lines]
        except (ValueError, TypeError, KeyError) as error:
            raise _failed("what Java printed is no answer", done.stderr) from error


def source() -> Path:
    """The Java source: in a checkout beside the package, else where the installation put it."""
    checkout = Path(__file__).resolve().parents[2] / "templates"
    folder = checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "yarn-placement" / "templates"
    return folder / f"{LOADER}.java"


def _answer(line: str) -> Answer:
    said = json.loads(line)
    log = tuple(each.removeprefix(_MARK) for each in said["log"] if each.startswith(_MARK))
    return Answer(tuple(said["complaints"]), log, tuple(said["queues"]))


def _compile(hadoop: Hadoop, folder: str) -> None:
    options = ("-nowarn", "-proc:none", "-encoding", "UTF-8", "-cp", hadoop.classpath, "-d", folder)
    done = _run([hadoop.javac, *options, str(source())], _environment(folder))
    if not done.returncode:
        return
    if "wrong version" in done.stderr:
        message = f"{quoted(hadoop.javac)} is older than the Java that these jars of Hadoop are for"
        raise _missing("java-too-old", message, "set JAVA_HOME to the JDK that the ResourceManager runs with")
    if "does not exist" in done.stderr or "cannot find symbol" in done.stderr:
        raise _no_jars("the class path lacks the ResourceManager's classes")
    raise _failed("the loader does not compile", done.stderr)


def _asked(site_commands: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """What `yarn classpath`, or else `hadoop classpath`, says."""
    for name in ("yarn", "hadoop"):
        try:
            command = real_command(name, site_commands, environ)
        except PlacementError:
            continue
        done = _run([command, "classpath"], environ)
        lines = done.stdout.split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if done.returncode or not said:
            raise _no_jars(f"{quoted(command)} `classpath` ended with status {done.returncode}{_last(done.stderr)}")
        return said
    raise _no_jars("neither `yarn` nor `hadoop` is on PATH or in site.yaml")


def _run(command: Sequence[str], environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_S,
            env=environ,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _failed(f"{quoted(command[0])} had not ended after {TIMEOUT_S} seconds", "") from error
    except OSError as error:
        raise _failed(f"{quoted(command[0])} cannot be run: {error.strerror or error}", "") from error


def _environment(folder: str) -> dict[str, str]:
    """No option for Java, nor anything of Hadoop, comes from whoever calls."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": folder, "HADOOP_USER_NAME": "placement"}


def _beside(java: str, name: str) -> str | None:
    """`name` beside what a link leads to, as /usr/bin/java does."""
    return shutil.which(name, path=os.path.dirname(os.path.realpath(java)))


def _last(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return f": {lines[-1]}" if lines else ""


def _no_jars(why: str) -> PlacementError:
    remedy = f"give `commands: {{yarn: PATH}}` in site.yaml, or set {CLASSPATH} to what `yarn classpath` prints"
    return _missing(
        "no-hadoop-jars", f"Hadoop's classes cannot be asked: {why}", f"{remedy} on a ResourceManager's host"
    )


def _failed(why: str, stderr: str) -> PlacementError:
    remedy = "see whether the class path is that of one whole Hadoop, 3.3 or newer"
    message = f"Hadoop's classes cannot be asked: {why}{_last(stderr)}"
    return PlacementError(Problem("hadoop-loader-failed", message, remedy=remedy))


def _missing(code: str, message: str, remedy: str) -> PlacementError:
    return PlacementError(Problem(code, message, remedy=remedy))
