"""The administrator of a test cluster: a policy folder imported from what is in force, and `placement` to change it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.cluster import configuration
from tests.cluster.yarn import Yarn
from tests.conftest import ROOT

PLACEMENT = (sys.executable, "-c", "from placement.cli import main; main()")


class Administrator:
    """Who keeps `yarn` by the policy in `folder`/policy; entries of the history are in `folder`/history."""

    def __init__(self, yarn: Yarn, folder: Path) -> None:
        self.yarn = yarn
        self.folder = folder
        self.policy = folder / "policy"
        self.history = folder / "history"

    def imports(self) -> None:
        """A new policy folder from the scheduler's file."""
        done = self.run("import", self.yarn.scheduler, self.yarn.scheduler_file, "--to", self.policy)
        assert done.returncode == 0, done.stderr
        self.keep_history()

    def keep_history(self) -> None:
        """Makes the site keep its history in the folder `history`, if it has said nothing of it yet."""
        site = self.policy / "site.yaml"
        if site.exists() and "sync:" not in site.read_text():
            site.write_text(f"{site.read_text()}sync: {{history: {self.history}}}\n")

    def environment(self) -> dict[str, str]:
        """The whole environment of the administrator."""
        client = self.yarn.environment(configuration.ADMIN)
        return client | {"PLACEMENT_POLICY": str(self.policy), "USER": configuration.ADMIN, "PYTHONPATH": str(ROOT)}

    def run(self, *arguments: str | Path, python: Sequence[str | Path] = PLACEMENT) -> subprocess.CompletedProcess[str]:
        """`placement` with these arguments."""
        command = [os.fspath(each) for each in (*python, *arguments)]
        environ = self.environment()
        return subprocess.run(
            command, env=environ, cwd=self.folder, capture_output=True, text=True, timeout=240, check=False
        )

    def data(self, *arguments: str | Path) -> Any:
        """What `placement ... --json` prints."""
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def edit(self, old: str, new: str, name: str = "queues.yaml") -> None:
        """Replaces the only `old` in a file of the policy."""
        text = (self.policy / name).read_text()
        assert text.count(old) == 1, text
        (self.policy / name).write_text(text.replace(old, new))
