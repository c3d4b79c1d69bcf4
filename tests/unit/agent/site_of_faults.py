"""A gateway with a real `placement agent`, and a ResourceManager that says what was recorded, or misbehaves."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

from tests.conftest import ROOT
from tests.unit.agent.stub_agent import Agent, Client
from tests.unit.scripted_agent import Gateway
from tests.unit.yarn.stub import answer, serving, standby

RECORDED = Path(__file__).parents[2] / "data" / "yarn" / "fair-3.5.0.json"
FREE, FULL = "root.default", "root.small"  # what is in them: see `recorded`
MANY = {"memory": 10**7, "vCores": 10**4}
SLOW_S = 1.5  # longer than the agent is patient


def recorded(running: int = 3, at_most: int = 3) -> dict:
    """The recorded cluster, but much larger; in FULL `running` applications of `at_most` run."""
    said = json.loads(RECORDED.read_text())
    said["metrics"]["clusterMetrics"] |= {"totalMB": 10**7, "availableMB": 10**7 - 1800}
    said["metrics"]["clusterMetrics"] |= {"totalVirtualCores": 10**4, "availableVirtualCores": 10**4 - 6}
    root = said["scheduler"]["scheduler"]["schedulerInfo"]["rootQueue"]
    root["maxResources"] = dict(MANY)
    for queue in root["childQueues"]["queue"]:
        queue |= {"maxResources": dict(MANY), "fairResources": dict(MANY), "steadyFairResources": dict(MANY)}
        if queue["queueName"] == FULL:
            queue |= {"maxApps": at_most, "numActiveApps": running}
    return said


class Cluster:
    """A ResourceManager. `fault`: one of FAULTS, or None; `said`: its answers by path."""

    def __init__(self) -> None:
        self.said, self.fault = recorded(), None
        self._open = contextlib.ExitStack()
        self._stub = self._open.enter_context(serving(self._behave))
        self.address = self._stub.address

    def begin(self, fault: str) -> None:
        self.fault = fault
        if fault == "down":
            self._open.close()

    def heal(self) -> None:
        if self.fault == "down":
            self._stub = self._open.enter_context(serving(self._behave, int(self.address.rpartition(":")[2])))
        self.fault = None

    def shows(self, running: int, at_most: int) -> None:
        """FULL runs so many of so many."""
        self.said = recorded(running, at_most)

    def seen(self, times: int = 2) -> None:
        """Comes back when whole snapshots have been asked for."""
        count = len(self._stub.asked)
        assert soon(lambda: len(self._stub.asked) >= count + 5 * times)

    def close(self) -> None:
        self._open.close()

    def _behave(self, request: str):
        path = request.split(" ")[1].partition("?")[0].removeprefix("/ws/v1/cluster/")
        return FAULTS[self.fault](self, answer(deepcopy(self.said[path])))


def _slow(cluster, whole):
    cluster._stub.ended.wait(SLOW_S)
    yield whole


FAULTS = {
    None: lambda _, whole: whole,
    "down": lambda _, whole: whole,  # nobody listens then
    "slow": _slow,
    "standby": lambda *_: standby(),
    "dying": lambda _, whole: whole[: len(whole) * 2 // 3],
    "401": lambda *_: answer("who are you?", "401 Unauthorized", "text/html"),
    "500": lambda *_: answer({"RemoteException": {"message": "NullPointerException"}}, "500 Internal Server Error"),
    "nonsense": lambda *_: answer(b'{"clusterInfo": [], "apps": 7, "scheduler": "\xff'),
}


class Place(Gateway):
    """The gateway of `folder`: alice may use FREE, bob FULL; `agent()` starts the agent."""

    def __init__(self, folder: Path, cluster: Cluster, admission: str = "", more: str = "") -> None:
        self._said, self._more, self.cluster = admission, more, cluster
        self.database = str(folder / "ledger.sqlite")
        super().__init__(folder)
        self.ahead = folder / "ahead"
        self.ahead.write_text("0")
        (self.policy / "map.txt").write_text(f"alice: {FREE}\nbob: {FULL}\n")
        self._processes: list[subprocess.Popen] = []

    def site(self, admission: str = "", more: str = "") -> None:
        manager = f"resource-managers: [{self.cluster.address}]\n"
        own = f"poll: 0.3s, database: '{self.database}', {self._said}"
        super().site(own + admission, manager + self._more + more)

    def agent(self, is_hurried: bool = True) -> Agent:
        """Its process, once it has seen the cluster; `is_hurried`: see hurried_agent, else the console script."""
        hurried = [sys.executable, "-m", "tests.unit.agent.hurried_agent", str(self.ahead)]
        real = [str(Path(sys.executable).with_name("placement")), "agent"]
        environ = {**os.environ, "PLACEMENT_POLICY": str(self.policy)}
        environ.pop("RUNTIME_DIRECTORY", None)
        with (self.folder / "agent.log").open("ab") as log:
            process = subprocess.Popen(hurried if is_hurried else real, cwd=ROOT, env=environ, stderr=log)
        self._processes.append(process)
        until = time.monotonic() + 30
        while True:
            assert process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            with contextlib.suppress(OSError):
                found = Agent(self.socket, process)
                if self.cluster.fault or found.status()["resource_manager"]["age_s"] is not None:
                    return found
            time.sleep(0.02)

    def passes(self, seconds: float) -> None:
        """So much time goes by for the agent."""
        self.ahead.with_suffix(".new").write_text(str(float(self.ahead.read_text()) + seconds))
        self.ahead.with_suffix(".new").rename(self.ahead)

    def log(self) -> str:
        return (self.folder / "agent.log").read_text()

    def kill(self) -> None:
        """All agents of this place."""
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._processes.clear()


def submission(number: int, queue: str = FULL, user: str = "bob", **more) -> dict:
    """A request for one small application."""
    amount = {"memory_mib": 512, "vcores": 1}
    demand = {"master": amount, "containers": 0, "container": amount}
    asked = {"id": f"{number:016x}", "user": user, "candidates": [queue], "demand": demand}
    return {"v": 1, "op": "submit", **asked, "command": f"job {number}", "priority": 0, "wait_s": None, **more}


def last_answer(client: Client) -> dict:
    """What is said after all the waiting; the last of the waiting, if that takes too long."""
    until = time.monotonic() + 20
    while (found := client.answer()) and found.get("outcome") == "wait" and time.monotonic() < until:
        pass
    return found


def soon(found, seconds: float = 20):
    """What `found` gives, as soon as it is true; after some seconds whatever it gives."""
    until = time.monotonic() + seconds
    while not (there := found()) and time.monotonic() < until:
        time.sleep(0.05)
    return there
