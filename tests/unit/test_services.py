"""The service of docs/notebooks.md that waits for its turn by the agent's protocol, as it is printed there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.unit.scripted_agent import RUN, WAIT, Gateway, StubAgent

PAGE = ROOT / "docs" / "notebooks.md"
COMMAND = ("spark-submit", "--master", "yarn", "--deploy-mode", "cluster", "count.py")


def turn_py(folder, socket):
    """The script of the page, which asks at `socket`."""
    (script,) = (block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "AGENT" in block)
    file = folder / "turn.py"
    file.write_text(script.replace("/run/placement/agent.sock", str(socket)))
    return file


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def ran(gateway, *options):
    environ = gateway.environ()
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    command = [sys.executable, turn_py(gateway.folder, gateway.socket), *COMMAND[:1], *options, *COMMAND[1:]]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_it_waits_for_its_turn_and_submits_with_the_tag(gateway):
    with StubAgent(gateway.socket, lambda talk: talk.say(WAIT, RUN)) as agent:
        done = ran(gateway)
    (request,) = agent.requests
    assert done.stderr == f"{WAIT['message']}\n{RUN['message']}\n"
    assert f"<--queue>\n<root.a>\n<--conf>\n<spark.yarn.tags=placement:{request['id']}>\n" in done.stdout
    assert done.returncode == 3  # that of the command
    container = {"memory_mib": 1408, "vcores": 1}
    assert request["demand"] == {"master": container, "containers": 2, "container": container}
    assert (request["user"], request["candidates"]) == ("alice", ["root.a"])


def test_it_gives_its_place_up_after_its_own_time(gateway):
    gone = []

    def behave(talk):
        talk.say({**WAIT, "waited_s": 1801.0})
        gone.append(talk.is_gone())

    with StubAgent(gateway.socket, behave):
        done = ran(gateway)
    assert (done.returncode, done.stdout) == (75, "")


def test_what_is_denied_never_asks_for_a_turn(gateway):
    with StubAgent(gateway.socket, lambda talk: talk.say(RUN)) as agent:
        done = ran(gateway, "--queue", "root.secret")
    assert "may not use `root.secret`" in done.stderr
    assert (done.returncode, done.stdout, agent.requests) == (1, "", [])


def test_a_policy_at_fault_is_told(gateway):
    (gateway.policy / "map.txt").write_text("alice root.a\n")
    done = ran(gateway)
    assert "error[bare-word]" in done.stderr
    assert done.returncode == 78
