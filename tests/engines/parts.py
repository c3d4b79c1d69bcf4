"""What the engines are: Flink and Hive beside the test cluster's own parts, fetched once, into `.parts/`.

`python -m tests.engines.parts` fetches what is missing.
"""

import shutil
import sys
from pathlib import Path

from tests.cluster import parts
from tests.cluster.parts import MissingPart, folder, java_home

FLINK_VERSIONS = ("1.20.5", "2.3.0")
FETCH_COMMAND = "python -m tests.engines.parts"

_POM = Path(__file__).resolve().parent / "hive-pom.xml"


def flink_home(version: str) -> Path:
    """FLINK_HOME in PyPI's apache-flink. Raises MissingPart."""
    home = folder() / f"flink-{version}" / "pyflink"
    if not home.is_dir():
        raise MissingPart(f"Flink {version} is not in {folder()}; fetch it with: {FETCH_COMMAND}")
    return home


def hive_lib() -> Path:
    """The folder of the jars of Hive's server and clients. Raises MissingPart, also if hive-pom.xml has changed."""
    fetched_from = folder() / "hive" / _POM.name
    if not fetched_from.is_file() or fetched_from.read_bytes() != _POM.read_bytes():
        raise MissingPart(f"Hive's jars are not in {folder()}; fetch them with: {FETCH_COMMAND}")
    return folder() / "hive" / "lib"


def fetch() -> None:
    """Brings what is missing. Raises MissingPart if it cannot."""
    parts.fetch()
    for version in FLINK_VERSIONS:
        try:
            flink_home(version)
        except MissingPart:
            _fetch_flink(version)
    try:
        hive_lib()
    except MissingPart:
        _fetch_hive()


def _fetch_flink(version: str) -> None:
    target = folder() / f"flink-{version}"
    with parts.step(f"Flink {version} (250 to 350 MB, a minute or two)"), parts.arriving(target) as new:
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--root-user-action=ignore")
        # The scripts and the jars are two packages; what PyFlink itself needs besides is not needed here.
        packages = [f"{name}=={version}" for name in ("apache-flink", "apache-flink-libraries")]
        parts.run(*pip, "--no-deps", "--target", new, *packages)
        for script in (new / "pyflink" / "bin").iterdir():
            script.chmod(0o755)


def _fetch_hive() -> None:
    with parts.step("Hive (221 MB, two or three minutes)"), parts.arriving(folder() / "hive") as new:
        shutil.copy(_POM, new)
        options = ("-DincludeScope=runtime", f"-DoutputDirectory={new}/lib")
        mvn = ("mvn", "-B", "-f", new / _POM.name)
        parts.run(*mvn, "dependency:copy-dependencies", *options, JAVA_HOME=str(java_home()))


if __name__ == "__main__":
    try:
        fetch()
    except MissingPart as missing:
        sys.exit(f"parts: {missing}")
