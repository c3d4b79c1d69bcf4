"""The commands of docs/sync.md, run on a real cluster: python -m tests.cluster.sync_docs writes what they print."""

import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.administrator import PLACEMENT, Administrator
from tests.cluster.yarn import Yarn
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "sync.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
VARYING = {r"\b[0-9a-f]{12}\b": "0123456789ab", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "2026-11-21T08:00:00Z"}


class Reader:
    """Somebody who follows the page on `yarn`; what belongs to this machine is told in the page's words."""

    def __init__(self, yarn: Yarn, folder: Path) -> None:
        self._administrator = Administrator(yarn, folder)
        self._names = {
            "/etc/hadoop/conf": str(yarn.conf_dir),
            "/etc/placement": str(self._administrator.policy),
            "/var/lib/placement/history": str(self._administrator.history),
            "/tmp/plan.json": str(folder / "plan.json"),
        }
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        script = bin_folder / "placement"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(PLACEMENT)} "$@"\n')
        script.chmod(0o755)
        self._environ = self._administrator.environment()
        self._environ["PATH"] = f"{bin_folder}:{self._environ['PATH']}"

    def page(self, text: str) -> str:
        """The page with what its commands print now."""
        return BLOCK.sub(lambda block: f"```console\n{''.join(self._run(block[1]))}```", text)

    def _run(self, block: str) -> Iterator[str]:
        for line in block.splitlines():
            if line.startswith("$ "):
                yield f"{line}\n{self._printed(line[2:])}"

    def _printed(self, command: str) -> str:
        for name, real in self._names.items():
            command = command.replace(name, real)
        done = subprocess.run(
            command, shell=True, env=self._environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        self._administrator.keep_history()
        text = done.stdout
        for name, real in self._names.items():
            text = text.replace(real, name)
        for pattern, word in VARYING.items():
            text = re.sub(pattern, word, text)
        return text


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary, Yarn("fair") as cluster:
        PAGE.write_text(Reader(cluster, Path(temporary)).page(PAGE.read_text()))
    sys.exit(0)
