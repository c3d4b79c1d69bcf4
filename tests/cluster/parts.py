"""What the test cluster is made of: Java, Hadoop's jars, Spark; fetched once, into `.parts/`.

`python3 -m tests.cluster.parts` fetches what is missing. Standard library only: it runs first of all.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SPARK_VERSION = "3.5.9"
NEWEST_SPARK = "4.3.0"  # how it reads a command line is tested beside the other
JAVA_MINIMUM = 17  # Hadoop 3.5 is compiled for it
APT_PACKAGES = ("openjdk-17-jdk-headless", "maven")
FETCH_COMMAND = "python3 -m tests.cluster.parts"

_HERE = Path(__file__).resolve().parent
_POM = _HERE / "pom.xml"


class MissingPart(Exception):
    """A part is missing; the message names it and the command that brings it."""


def folder() -> Path:
    """Where the parts are: the environment's PLACEMENT_PARTS, else `.parts` of the repository."""
    return Path(os.environ.get("PLACEMENT_PARTS") or _HERE.parents[1] / ".parts").absolute()


def hadoop_lib() -> Path:
    """The folder of Hadoop's jars. Raises MissingPart if it was not fetched or pom.xml has changed since."""
    fetched_from = folder() / "hadoop" / "pom.xml"
    if not fetched_from.is_file() or fetched_from.read_bytes() != _POM.read_bytes():
        raise MissingPart(f"Hadoop's jars are not in {folder()}; fetch them with: {FETCH_COMMAND}")
    return folder() / "hadoop" / "lib"


def spark_home(version: str = SPARK_VERSION) -> Path:
    """Spark's home in PyPI's pyspark; its parent is a folder for PYTHONPATH. Raises MissingPart."""
    home = folder() / f"spark-{version}" / "pyspark"
    if not home.is_dir():
        raise MissingPart(f"Spark {version} is not in {folder()}; fetch it with: {FETCH_COMMAND}")
    return home


def java_home() -> Path:
    """The home of a Java 17 or newer: JAVA_HOME, else that of the `java` on PATH. Raises MissingPart."""
    if home := os.environ.get("JAVA_HOME"):
        java = Path(home) / "bin" / "java"
    else:
        java = Path(shutil.which("java") or "/nowhere/bin/java").resolve()
    if not os.access(java, os.X_OK):
        where = f"under JAVA_HOME={home}" if home else "on PATH"
        raise MissingPart(f"no Java {where}; {_install_hint(APT_PACKAGES[0])}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA_MINIMUM:
        raise MissingPart(f"{java} is not a Java {JAVA_MINIMUM} or newer; {_install_hint(APT_PACKAGES[0])}")
    return java.parent.parent


def fetch() -> None:
    """Brings what is missing; well under a second when nothing is. Raises MissingPart if it cannot."""
    _tools()
    folder().mkdir(parents=True, exist_ok=True)
    try:
        hadoop_lib()
    except MissingPart:
        _fetch_hadoop()
    for version, megabytes in ((SPARK_VERSION, 318), (NEWEST_SPARK, 460)):
        try:
            spark_home(version)
        except MissingPart:
            _fetch_spark(version, megabytes)


def _tools() -> None:
    """Java, and Maven if jars are to be fetched; installed with apt-get where we may."""
    try:
        _check_tools()
    except MissingPart:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
        with step(f"apt-get install {' '.join(APT_PACKAGES)}"):
            run("apt-get", "update")
            run("apt-get", "install", "-y", "--no-install-recommends", *APT_PACKAGES)
        _check_tools()


def _check_tools() -> None:
    java_home()
    try:
        hadoop_lib()
    except MissingPart:
        if shutil.which("mvn") is None:
            raise MissingPart(f"no `mvn` (Maven) on PATH; {_install_hint(APT_PACKAGES[1])}") from None


def _fetch_hadoop() -> None:
    version = re.search(r"<hadoop.version>(.+?)<", _POM.read_text())[1]
    with step(f"Hadoop {version} (96 MB, a minute or two)"), arriving(folder() / "hadoop") as new:
        shutil.copy(_POM, new)
        options = ("-DincludeScope=runtime", f"-DoutputDirectory={new}/lib")
        mvn = ("mvn", "-B", "-f", new / "pom.xml")
        run(*mvn, "dependency:copy-dependencies", *options, JAVA_HOME=str(java_home()))


def _fetch_spark(version: str, megabytes: int) -> None:
    target = folder() / f"spark-{version}"
    with step(f"Spark {version} ({megabytes} MB, a minute or two)"), arriving(target) as new:
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
        run(*pip, "install", "--root-user-action=ignore", "--target", new, f"pyspark=={version}")


@contextlib.contextmanager
def arriving(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` in one step if all goes well, and goes away otherwise."""
    with tempfile.TemporaryDirectory(prefix="arriving-", dir=target.parent) as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        yield new
        if target.exists():
            target.rename(Path(temporary) / "old")
        new.rename(target)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    print(f"parts: {what} ...", flush=True)
    start = time.monotonic()
    yield
    print(f"parts: done in {time.monotonic() - start:.0f} s", flush=True)


def run(*command: str | Path, **environment: str) -> None:
    ended = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", **environment},
        check=False,
    )
    if ended.returncode != 0:
        last = "\n".join(f"    {line}" for line in ended.stdout.splitlines()[-15:])
        raise MissingPart(
            f"`{' '.join(map(str, command))}` ended with status {ended.returncode}; its last words:\n{last}"
        )


def _install_hint(package: str) -> str:
    return f"install it with: sudo apt-get install --no-install-recommends {package}"


if __name__ == "__main__":
    try:
        fetch()
    except MissingPart as missing:
        sys.exit(f"parts: {missing}")
