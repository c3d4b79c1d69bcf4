"""What the engines are: Flink, Hive, Airflow, Kerberos beside the cluster's own parts, fetched once, into `.parts/`.

`python -m tests.engines.parts` fetches what is missing. The Kerberos library, Jupyter's servers and what drives a
browser go beside this Python's packages, and the browser is Debian's.
"""

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.cluster import parts
from tests.cluster.parts import MissingPart, folder, java_home

FLINK_VERSIONS = ("1.20.5", "2.3.0")
AIRFLOW_VERSION, PROVIDER_VERSION = "3.3.2", "6.3.4"
OLDEST_CLIENT = "7.4.4"  # of jupyter_client, as setup.cfg says
FETCH_COMMAND = "python -m tests.engines.parts"

KERBEROS_DEBS = ("krb5-kdc", "krb5-admin-server", "krb5-user")
BUILDERS = {"gcc": "gcc", "krb5-config": "libkrb5-dev"}  # what builds PyPI's gssapi: command, its Debian package

NOTEBOOKS = ("jupyterlab", "jupyter_kernel_gateway", "jupyterhub", "playwright")  # as constraints.txt has them

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--root-user-action=ignore")
_CONSTRAINTS = Path(__file__).resolve().parents[2] / "constraints.txt"
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


def airflow() -> Path:
    """The folder of Airflow's packages, for PYTHONPATH. Raises MissingPart."""
    found = folder() / f"airflow-{AIRFLOW_VERSION}"
    if not found.is_dir():
        raise MissingPart(f"Airflow is not in {folder()}; fetch it with: {FETCH_COMMAND}")
    return found


def oldest_client() -> Path:
    """The folder of the oldest jupyter_client that is supported, for PYTHONPATH. Raises MissingPart."""
    found = folder() / f"jupyter-client-{OLDEST_CLIENT}"
    if not found.is_dir():
        raise MissingPart(f"jupyter_client {OLDEST_CLIENT} is not in {folder()}; fetch it with: {FETCH_COMMAND}")
    return found


def kerberos_root() -> Path:
    """The folder with Debian's KDC and `kinit` unpacked in it. Raises MissingPart."""
    root = folder() / "kerberos"
    if not (root / "usr" / "sbin" / "krb5kdc").exists():
        raise MissingPart(f"Kerberos is not in {folder()}; fetch it with: sudo {FETCH_COMMAND}")
    return root


def chromium() -> str:
    """A browser without a screen. Raises MissingPart."""
    found = shutil.which("chromium")
    if found is None:
        raise MissingPart(f"no chromium on PATH; install it with: sudo {FETCH_COMMAND}")
    return found


def fetch() -> None:
    """Brings what is missing. Raises MissingPart if it cannot."""
    parts.fetch()
    if None in map(find_spec, NOTEBOOKS):
        _fetch_notebooks()
    try:
        oldest_client()
    except MissingPart:
        _fetch_oldest_client()
    try:
        chromium()
    except MissingPart:
        _install(["chromium"])
    try:
        kerberos_root()
    except MissingPart:
        _fetch_kerberos()
    if find_spec("requests_gssapi") is None:
        _fetch_gssapi()
    for version in FLINK_VERSIONS:
        try:
            flink_home(version)
        except MissingPart:
            _fetch_flink(version)
    try:
        hive_lib()
    except MissingPart:
        _fetch_hive()
    try:
        airflow()
    except MissingPart:
        _fetch_airflow()


def _fetch_notebooks() -> None:
    with parts.step(f"{', '.join(NOTEBOOKS)} (150 MB, a minute)"):
        parts.run(*_PIP, "-c", _CONSTRAINTS, *NOTEBOOKS)


def _fetch_oldest_client() -> None:
    target = folder() / f"jupyter-client-{OLDEST_CLIENT}"
    with parts.step(f"jupyter_client {OLDEST_CLIENT} (1 MB)"), parts.arriving(target) as new:
        packages = (f"jupyter_client=={OLDEST_CLIENT}", "entrypoints", "nest_asyncio")  # what newer ones do without
        parts.run(*_PIP, "--no-deps", "--target", new, *packages)


def _fetch_flink(version: str) -> None:
    target = folder() / f"flink-{version}"
    with parts.step(f"Flink {version} (250 to 350 MB, a minute or two)"), parts.arriving(target) as new:
        # The scripts and the jars are two packages; what PyFlink itself needs besides is not needed here.
        packages = [f"{name}=={version}" for name in ("apache-flink", "apache-flink-libraries")]
        parts.run(*_PIP, "--no-deps", "--target", new, *packages)
        for script in (new / "pyflink" / "bin").iterdir():
            script.chmod(0o755)


def _fetch_airflow() -> None:
    target = folder() / f"airflow-{AIRFLOW_VERSION}"
    with parts.step("Airflow (600 MB, two or three minutes)"), parts.arriving(target) as new:
        packages = (f"apache-airflow=={AIRFLOW_VERSION}", f"apache-airflow-providers-apache-spark=={PROVIDER_VERSION}")
        parts.run(*_PIP, "--target", new, *packages)


def _fetch_hive() -> None:
    with parts.step("Hive (221 MB, two or three minutes)"), parts.arriving(folder() / "hive") as new:
        shutil.copy(_POM, new)
        options = ("-DincludeScope=runtime", f"-DoutputDirectory={new}/lib")
        mvn = ("mvn", "-B", "-f", new / _POM.name)
        parts.run(*mvn, "dependency:copy-dependencies", *options, JAVA_HOME=str(java_home()))


def _fetch_kerberos() -> None:
    """Unpacked, not installed: the packages would start a KDC, and write this machine's krb5.conf."""
    _as_root(KERBEROS_DEBS)
    with (
        parts.step("Kerberos (2 MB)"),
        parts.arriving(folder() / "kerberos") as new,
        tempfile.TemporaryDirectory() as d,
    ):
        os.chmod(d, 0o755)  # apt-get fetches as another account
        Path(d, "partial").mkdir()
        parts.run("apt-get", "update")
        only = ("--reinstall", "--download-only", "--no-install-recommends", "-o", f"Dir::Cache::archives={d}")
        parts.run("apt-get", "install", "-y", *only, *KERBEROS_DEBS)
        for deb in Path(d).glob("*.deb"):
            parts.run("dpkg", "-x", deb, new)


def _fetch_gssapi() -> None:
    missing = [package for command, package in BUILDERS.items() if shutil.which(command) is None]
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        missing.append("python3-dev")
    if missing:
        _install(missing)
    with parts.step("requests-gssapi (built here, three or four minutes)"):
        parts.run(*_PIP, "-c", _CONSTRAINTS, "requests-gssapi")


def _install(packages: Sequence[str]) -> None:
    _as_root(packages)
    with parts.step(f"apt-get install {' '.join(packages)}"):
        parts.run("apt-get", "update")
        parts.run("apt-get", "install", "-y", "--no-install-recommends", *packages)


def _as_root(packages: Sequence[str]) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MissingPart(f"missing: Debian's {' '.join(packages)}; fetch them with: sudo {FETCH_COMMAND}")


if __name__ == "__main__":
    try:
        fetch()
    except MissingPart as missing:
        sys.exit(f"parts: {missing}")
