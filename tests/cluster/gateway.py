"""A gateway to the test cluster: the wrappers first on PATH, and a copy of the policy `pnda` for its users."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.cluster.yarn import Yarn
from tests.conftest import ROOT

# The map of the policy `pnda` in the words of a capacity scheduler: leaf names beside full paths.
CAPACITY_MAP = "pnda: default\n:prod prod\n:prod dev\n:dev root.applications.dev\n* root.default\n"


class Gateway:
    """What users of `yarn` have on their gateway; its policy is in `folder`/policy, to be edited at will."""

    def __init__(self, yarn: Yarn, folder: Path) -> None:
        self.yarn = yarn
        self.policy = folder / "policy"
        shutil.copytree(ROOT / "policies" / "pnda", self.policy)
        if yarn.scheduler == "capacity":
            (self.policy / "map.txt").write_text(CAPACITY_MAP)
        (self.policy / "site.yaml").write_text(f"scheduler: {yarn.scheduler}\ngroups: {{static: groups.yaml}}\n")
        (self.policy / "groups.yaml").write_text(json.dumps(dict(yarn.users)))

    def environment(self, user: str) -> dict[str, str]:
        """The whole environment of `user` there."""
        client = self.yarn.environment(user)
        return client | {"PATH": f"{ROOT / 'wrappers'}:{client['PATH']}", "PLACEMENT_POLICY": str(self.policy)}

    def run(self, user: str, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.environment(user),
            cwd=self.policy.parent,  # for what jobs leave behind
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def application(self, name: str) -> dict[str, Any] | None:
        """The application of that name as the ResourceManager has it, the newest of several; None if it has none."""
        named = [each for each in self.yarn.applications() if each["name"] == name]
        return max(named, key=lambda each: each["startedTime"], default=None)
