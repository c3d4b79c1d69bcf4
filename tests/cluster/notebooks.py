"""Notebooks on the test cluster: a gateway, kernelspecs that we installed, a Jupyter server for each user."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.cluster.gateway import Gateway
from tests.cluster.notebook_server import NotebookServer
from tests.cluster.yarn import ENDED, Yarn


class Notebooks:
    """The servers are stopped at the end; `site` is more of site.yaml."""

    def __init__(self, yarn: Yarn, folder: Path, site: str = "") -> None:
        self.folder, self.prefix = folder, folder / "prefix"
        self.gateway = Gateway(yarn, folder)
        (self.gateway.policy / "site.yaml").write_text(
            f"groups: {{static: groups.yaml}}\naudit: {{file: {folder}/trail.jsonl, arguments: masked}}\n"
            f"resource-managers: [{yarn.url}]\n{site}"
        )
        self._servers: list[NotebookServer] = []

    def install(self, *options: str) -> None:
        """`placement install-kernel OPTIONS`; without options the kernelspec is `pyspark-yarn`."""
        command = [sys.executable, "-c", "from placement.cli import main; main()", "install-kernel"]
        command += ["--prefix", str(self.prefix), *options]
        environ = self.environment("pnda")
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr

    def environment(self, user: str) -> dict[str, str]:
        return {**self.gateway.environment(user), "JUPYTER_PATH": str(self.prefix / "share" / "jupyter")}

    def server(self, user: str, kind: str = "server", *options: str) -> NotebookServer:
        """A Jupyter server of that user."""
        found = NotebookServer(self.folder / f"server-{user}", self.environment(user), kind, *options)
        self._servers.append(found.__enter__())
        return found

    def stop(self) -> None:
        for each in self._servers:
            each.stop()

    def records(self) -> list[dict[str, Any]]:
        """The audit trail."""
        file = self.folder / "trail.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def living(self) -> list[dict[str, Any]]:
        """The applications that have not ended, as the ResourceManager has them."""
        return [each for each in self.gateway.yarn.applications() if each["state"] not in ENDED]

    def nothing_lives(self, within_s: float = 30) -> bool:
        """Whether no application lives any more, soon."""
        until_s = time.monotonic() + within_s
        while self.living() and time.monotonic() < until_s:
            time.sleep(0.2)
        return not self.living()
