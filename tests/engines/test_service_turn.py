"""The service of docs/notebooks.md that waits by the agent's protocol, with the real agent and a real cluster."""

import os
import subprocess
import sys

from placement.agent_socket import ask
from tests.cluster.agent import PLACEMENT, Agent
from tests.cluster.gateway import Gateway
from tests.conftest import ROOT
from tests.unit.test_services import turn_py

DEV = "root.applications.dev"


def test_the_turn_becomes_the_applications(fair_yarn, tmp_path):
    gateway = Gateway(fair_yarn, tmp_path)
    environ = gateway.environment("bob")
    environ["PATH"] = f"{PLACEMENT.parent}:{environ['PATH']}"
    count = ROOT / "tests" / "cluster" / "jobs" / "count.py"
    command = [sys.executable, turn_py(tmp_path, tmp_path / "agent.sock"), "spark-submit"]
    command += ["--master", "yarn", "--deploy-mode", "cluster", count]
    before = {each["id"] for each in fair_yarn.applications()}
    with Agent(gateway):
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
        (application,) = (each for each in fair_yarn.applications() if each["id"] not in before)
        assert (application["queue"], application["user"], application["finalStatus"]) == (DEV, "bob", "SUCCEEDED")
        asked = {"op": "why", "application": application["applicationTags"]}
        story = ask(f"{tmp_path}/agent.sock", os.getuid(), asked, 10)
    assert (story["entry"]["user"], story["entry"]["queue"]) == ("bob", DEV)
    assert {"reserved", "running"} <= {each["state"] for each in story["events"]}
