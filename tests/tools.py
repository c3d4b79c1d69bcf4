"""What the fast tests want of Debian: PostgreSQL, promtool, systemd-analyze; installed once, as root.

`python3 -m tests.tools` brings what is missing. Standard library only: it runs first of all.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.cluster.parts import MissingPart, arriving, folder, run, step

POSTGRESQL = Path("/usr/lib/postgresql")
COMMAND = "sudo python3 -m tests.tools"


def promtool() -> Path:
    """Prometheus' own checker of metrics. Raises MissingPart."""
    own = folder() / "prometheus" / "usr" / "bin" / "promtool"
    found = own if own.exists() else shutil.which("promtool")
    if found is None:
        raise MissingPart(f"no promtool on PATH; install it with: {COMMAND}")
    return Path(found)


def fetch() -> None:
    """Brings what is missing. Raises MissingPart if it cannot."""
    missing = []
    if not list(POSTGRESQL.glob("*/bin/initdb")):
        missing.append("postgresql")
    if shutil.which("systemd-analyze") is None:
        missing.append("systemd")
    try:
        promtool()
        lacks_promtool = False
    except MissingPart:
        lacks_promtool = True
    if not missing and not lacks_promtool:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        what = " ".join([*missing, *(["prometheus"] * lacks_promtool)])
        raise MissingPart(f"missing; install it with: sudo apt-get install --no-install-recommends {what}")
    run("apt-get", "update")
    if missing:
        with step(f"apt-get install {' '.join(missing)}"):
            run("apt-get", "install", "-y", "--no-install-recommends", *missing)
    if lacks_promtool:
        _fetch_promtool()


def _fetch_promtool() -> None:
    """Unpacked, not installed: the package would start a Prometheus."""
    folder().mkdir(parents=True, exist_ok=True)
    with step("promtool (30 MB)"), arriving(folder() / "prometheus") as new, tempfile.TemporaryDirectory() as debs:
        os.chmod(debs, 0o755)  # apt-get fetches as another account
        run("sh", "-c", 'cd "$1" && apt-get download prometheus', "sh", debs)
        (deb,) = Path(debs).glob("prometheus_*.deb")
        run("dpkg", "-x", deb, new)


if __name__ == "__main__":
    try:
        fetch()
    except MissingPart as missing:
        sys.exit(f"tools: {missing}")
