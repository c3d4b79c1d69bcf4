"""The kernel provisioner behind a real kernel manager; the kernels are shells that write down what they were given."""

import asyncio
import json
import os
import shlex
import signal
import subprocess
import time

import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.multikernelmanager import DuplicateKernelError
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from tornado.web import HTTPError

from placement.gateway import TAG
from placement.jupyter.asking import sentence
from placement.spark_home import make
from tests.conftest import ROOT
from tests.unit.scripted_agent import RUN, WAIT, StubAgent

YARN = "--master yarn pyspark-shell"
KERNEL = 'env -0 > "$KERNEL_TOLD.new"; mv "$KERNEL_TOLD.new" "$KERNEL_TOLD"; exec sleep 60'


@pytest.fixture
def here(tmp_path, monkeypatch):
    return Here(tmp_path, monkeypatch)


class Here:
    """A policy folder and a folder of kernelspecs, of which the only one is `k`."""

    def __init__(self, folder, monkeypatch) -> None:
        self.folder, self.policy = folder, folder / "policy"
        self.policy.mkdir(mode=0o755)
        self.spec_folder = folder / "kernels" / "k"
        self.spec_folder.mkdir(parents=True)
        self.map("ann: root.a\nann: root.b\n")
        self.site()
        monkeypatch.setenv("JUPYTER_PATH", str(folder))
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        for name in ("PYSPARK_SUBMIT_ARGS", "SPARK_HOME", "SPARK_OPTS", "JUPYTER_DEFAULT_PROVISIONER_NAME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PLACEMENT_POLICY", str(self.policy))
        monkeypatch.setenv("HADOOP_USER_NAME", "ann")
        monkeypatch.setenv("KERNEL_TOLD", str(folder / "told"))
        monkeypatch.setattr(KernelProvisionerFactory, "_instance", None)
        self.spec({"PYSPARK_SUBMIT_ARGS": YARN})

    def map(self, text):
        (self.policy / "map.txt").write_text(text)

    def site(self, more=""):
        (self.policy / "site.yaml").write_text(
            f"groups: {{static: groups.yaml}}\naudit: {{file: {self.folder}/trail.jsonl}}\n{more}"
        )
        (self.policy / "groups.yaml").write_text("bob: [dev]\n")

    def spec(self, env, provisioner="placement", **config):
        stanza = {"kernel_provisioner": {"provisioner_name": provisioner, "config": config}} if provisioner else {}
        spec = {"argv": ["/bin/sh", "-c", KERNEL, "sh", "{connection_file}"], "display_name": "k", "language": "sh"}
        (self.spec_folder / "kernel.json").write_text(json.dumps(spec | {"env": env, "metadata": stanza}))

    def manager(self, **settings):
        return AsyncKernelManager(kernel_name="k", connection_file=str(self.folder / "connection.json"), **settings)

    def trail(self):
        file = self.folder / "trail.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    async def told(self):
        """The environment that the kernel was started with."""
        file, until_s = self.folder / "told", time.monotonic() + 20
        while not file.exists() and time.monotonic() < until_s:
            await asyncio.sleep(0.02)
        entries = file.read_text().split("\0")[:-1]
        file.unlink()
        return dict(entry.split("=", 1) for entry in entries)

    def started(self, manager=None, **kwargs):
        """The environment of a kernel that was started and is ended again."""
        manager = manager or self.manager()

        async def once():
            await manager.start_kernel(**kwargs)
            try:
                return await self.told()
            finally:
                await manager.shutdown_kernel(now=True)

        return asyncio.run(once())

    def refused(self, manager=None, **kwargs):
        with pytest.raises(HTTPError) as fault:
            self.started(manager, **kwargs)
        assert not (self.folder / "connection.json").exists()
        assert not (self.folder / "told").exists()
        return fault.value


def test_the_decided_queue_and_the_tag_are_in_the_kernels_environment(here):
    told = here.started()
    (record,) = here.trail()
    tag = f"{TAG}{record['id']}"
    assert told["PYSPARK_SUBMIT_ARGS"] == f"--master yarn --queue root.a --conf spark.yarn.tags={tag} pyspark-shell"
    assert told["PLACEMENT_DECISION"] == record["id"]
    assert "PLACEMENT_REAL" not in told
    assert "PLACEMENT_WRAPPED" not in told
    assert (record["outcome"], record["queue"], record["command"]["application"]) == ("run", "root.a", "pyspark-shell")


@pytest.mark.parametrize(
    ("env", "is_placed"),
    [
        ({}, False),
        ({"PYSPARK_SUBMIT_ARGS": "--master local[2] pyspark-shell"}, False),
        ({"SPARK_HOME": "/none", "MASTER": "yarn"}, True),
        ({"SPARK_OPTS": "--master yarn --name ${X:-y}", "SPARK_HOME": "/none"}, True),
    ],
    ids=["no-spark", "local", "home", "options"],
)
def test_kernels_with_and_without_spark(here, env, is_placed):
    here.spec(env)
    told = here.started()
    assert bool(here.trail()) == is_placed == ("PLACEMENT_DECISION" in told)
    for name, value in env.items():
        if not is_placed:
            assert told[name] == value
    if "SPARK_OPTS" in env:
        assert told["SPARK_OPTS"].startswith("--master yarn --name ${X:-y} --queue root.a --conf spark.yarn.tags=")


def test_the_default_provisioner_serves_kernelspecs_that_name_none(here, monkeypatch):
    here.spec({"PYSPARK_SUBMIT_ARGS": YARN}, provisioner=None)
    assert "PLACEMENT_DECISION" not in here.started()
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "placement")
    monkeypatch.setattr(KernelProvisionerFactory, "_instance", None)
    assert "PLACEMENT_DECISION" in here.started()


def test_a_refusal_is_one_sentence_with_the_way_out(here):
    here.spec({"PYSPARK_SUBMIT_ARGS": "--queue root.x " + YARN})
    refusal = here.refused()
    assert refusal.status_code == 403
    file = here.policy / "map.txt"
    assert refusal.sentence == (
        f"`ann` may not use `root.x` (--queue) by {file}; allowed: `root.a` (line 1), `root.b` (line 2); "
        "without a request: `root.a`"
    )
    assert isinstance(refusal, DuplicateKernelError)  # see KernelDeniedError
    assert str(refusal).split() == refusal.sentence.split()
    assert max(len(line) for line in str(refusal).splitlines() if " " in line) <= 100
    (record,) = here.trail()
    assert (record["outcome"], record["reason"]) == ("reject", "request-denied")


def test_a_policy_at_fault_refuses_by_a_sentence_too(here):
    here.map("etl root.a\n")
    refusal = here.refused()
    assert refusal.status_code == 500
    assert refusal.sentence.startswith(f"{here.policy}/map.txt:1:1: expected ")
    here.site("on-error: open\n")
    assert here.started()["PYSPARK_SUBMIT_ARGS"] == YARN


@pytest.mark.parametrize("queue", ["root.b", "root.x"])
def test_a_notebook_asks_for_a_queue_in_its_metadata(here, queue):
    notebook = here.folder / "n.ipynb"
    notebook.write_text(json.dumps({"metadata": {"placement": {"queue": queue}}}))
    kwargs = {"env": {**os.environ, "JPY_SESSION_NAME": str(notebook)}}
    if queue == "root.b":
        assert "--queue root.b --conf" in here.started(**kwargs)["PYSPARK_SUBMIT_ARGS"]
    else:
        assert "may not use `root.x`" in here.refused(**kwargs).sentence


def test_a_restart_is_decided_anew(here):
    async def twice():
        manager = here.manager()
        await manager.start_kernel()
        first = await here.told()
        here.map("ann: root.b\n")
        await manager.restart_kernel(now=True)
        second = await here.told()
        await manager.shutdown_kernel(now=True)
        return first, second

    first, second = asyncio.run(twice())
    assert "--queue root.a " in first["PYSPARK_SUBMIT_ARGS"]
    assert "--queue root.b " in second["PYSPARK_SUBMIT_ARGS"]
    assert [each["queue"] for each in here.trail()] == ["root.a", "root.b"]
    assert first["PLACEMENT_DECISION"] != second["PLACEMENT_DECISION"]


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_a_server_in_a_notebook_brings_no_decision_along(here, home, monkeypatch, is_wrapped):
    earlier = "0123456789abcdef"
    monkeypatch.setenv("PLACEMENT_DECISION", earlier)
    args = f"--conf spark.yarn.tags=placement:{earlier} {YARN}"
    here.spec({"PYSPARK_SUBMIT_ARGS": args} | ({"SPARK_HOME": home} if is_wrapped else {}))
    told = here.started()
    assert earlier not in told["PYSPARK_SUBMIT_ARGS"]
    assert told.get("PLACEMENT_DECISION") == (None if is_wrapped else here.trail()[0]["id"])


def test_all_else_is_the_wrapped_provisioners(here):
    async def through():
        manager = here.manager()
        await manager.start_kernel()
        provisioner = manager.provisioner
        assert await manager.is_alive()
        info = await provisioner.get_provisioner_info()
        assert info["pid"] == provisioner.pid == provisioner.wrapped.process.pid
        assert provisioner.get_shutdown_wait_time(7.0) == 7.0
        await manager.signal_kernel(signal.SIGKILL)
        assert await provisioner.wait() == -signal.SIGKILL
        await manager.cleanup_resources()

    asyncio.run(through())


@pytest.mark.parametrize("wraps", ["nowhere", "placement"])
def test_a_provisioner_to_wrap_that_is_none(here, wraps):
    here.spec({}, wraps=wraps)
    assert "no-provisioner" in here.refused().sentence


def test_a_setting_that_makes_no_sense_is_a_sentence_too(here):
    here.spec({}, turn_wait=5)
    assert "provisioner-config" in here.refused().sentence


GATEWAY = {"PYSPARK_SUBMIT_ARGS": YARN, "KERNEL_USERNAME": "ann", "EG_IMPERSONATION_ENABLED": "True"}


def test_a_username_counts_where_the_server_vouches_for_it_alone(here, monkeypatch):
    from traitlets.config import Config

    monkeypatch.setenv("HADOOP_USER_NAME", "gateway")
    here.spec(GATEWAY, trusts_kernel_username=True)  # a kernelspec may not
    assert "provisioner-config" in here.refused().sentence
    here.spec(GATEWAY)
    assert "does not vouch for KERNEL_USERNAME" in here.refused().sentence
    trusting = here.manager(config=Config({"PlacementProvisioner": {"trusts_kernel_username": True}}))
    told = here.started(trusting)
    assert told["PYSPARK_SUBMIT_ARGS"].startswith("--master yarn --queue root.a --conf")
    assert "--proxy-user" not in told["PYSPARK_SUBMIT_ARGS"]
    (record,) = here.trail()
    assert (record["identity"]["user"], record["identity"]["how"]) == ("ann", "--proxy-user")


def test_a_user_name_that_the_site_does_not_honour_is_taken_away(here):
    here.map("* root.a\n")
    here.site("hadoop-user-name: remove\n")
    assert "HADOOP_USER_NAME" not in here.started()


@pytest.fixture
def home(tmp_path):
    real = tmp_path / "spark"
    (real / "bin").mkdir(parents=True)
    (real / "bin" / "spark-submit").write_text("#!/bin/sh\n")
    (real / "bin" / "spark-submit").chmod(0o755)
    make(real, tmp_path / "home", ROOT / "wrappers" / "spark-submit")
    return str(tmp_path / "home")


def test_with_a_wrapped_spark_home_the_start_is_a_check_and_nothing_is_decided_twice(here, home):
    here.spec({"PYSPARK_SUBMIT_ARGS": YARN, "SPARK_HOME": home})
    told = here.started()
    assert told["PYSPARK_SUBMIT_ARGS"] == YARN
    assert "PLACEMENT_DECISION" not in told
    assert not here.trail()
    here.spec({"PYSPARK_SUBMIT_ARGS": "--queue root.x " + YARN, "SPARK_HOME": home})
    assert "may not use `root.x`" in here.refused().sentence
    assert [each["outcome"] for each in here.trail()] == ["reject"]


def test_what_is_decided_at_the_start_is_decided_once(here, home):
    """Also where the kernel's script then starts a wrapper."""
    here.spec({"SPARK_OPTS": "--master yarn", "SPARK_HOME": home})
    told = here.started()
    command = [f"{home}/bin/spark-submit", *shlex.split(told["SPARK_OPTS"]), "kernel.py"]
    (here.folder / "spark" / "bin" / "spark-submit").write_text('#!/bin/sh\necho "$@"\n')
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{told['SPARK_OPTS']} kernel.py\n", "")
    assert len(here.trail()) == 1


@pytest.fixture
def agent(here):
    """`agent(behave)`: an agent that answers so, and a policy with admission."""
    here.site(f"admission: {{socket: {here.folder}/agent.sock}}\n")
    open_agents = []

    def made(behave):
        open_agents.append(StubAgent(here.folder / "agent.sock", behave))
        return open_agents[-1]

    yield made
    for each in open_agents:
        each.close()


def test_a_kernel_waits_for_its_turn(here, agent):
    def behave(talk):
        talk.say(WAIT)
        time.sleep(0.5)
        talk.say(RUN)

    asked = agent(behave)
    assert "--queue root.a " in here.started()["PYSPARK_SUBMIT_ARGS"]
    assert asked.requests[0]["wait_s"] == 30.0


def test_a_wait_that_is_too_long_is_a_sentence_with_the_reason(here, agent):
    gone = []

    def behave(talk):
        talk.say(WAIT)
        gone.append(talk.is_gone())

    agent(behave)
    here.spec({"PYSPARK_SUBMIT_ARGS": YARN}, turn_wait="1s")
    refusal = here.refused()
    assert refusal.status_code == 409
    assert refusal.sentence == (
        "no turn for `root.a` within 1s: the application master needs 896m, and `root.a` has 512m left; try again later"
    )
    time.sleep(0.2)
    assert gone == [True]


def test_who_gives_up_keeps_no_place(here, agent):
    gone, waits = [], asyncio.Event()

    def behave(talk):
        talk.say(WAIT)
        loop.call_soon_threadsafe(waits.set)
        gone.append(talk.is_gone())

    async def given_up():
        nonlocal loop
        loop = asyncio.get_running_loop()
        agent(behave)
        starting = asyncio.ensure_future(here.manager().start_kernel())
        await asyncio.wait_for(waits.wait(), 20)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    loop = None
    asyncio.run(given_up())
    time.sleep(0.2)
    assert gone == [True]
    assert not (here.folder / "connection.json").exists()


def test_an_agent_that_is_away_is_service_unavailable(here):
    here.site(f"admission: {{socket: {here.folder}/agent.sock}}\n")
    refusal = here.refused()
    assert refusal.status_code == 503
    assert "the agent cannot be reached" in refusal.sentence


def test_a_wrapper_that_ends_without_a_word():
    assert sentence([]) == "the wrapper ended without a word"
    assert sentence(
        ["placement: warning[x]: y", "placement: reject[no-room-now]: no room", "placement: would run"]
    ) == ("no room; would run")


def test_the_event_loop_is_not_held_up(here, agent):
    def behave(talk):
        talk.say(WAIT)
        time.sleep(1)
        talk.say(RUN)

    agent(behave)

    async def ticking():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0.02)
                ticks += 1

        ticker, manager = asyncio.ensure_future(tick()), here.manager()
        await manager.start_kernel()
        ticker.cancel()
        await manager.shutdown_kernel(now=True)
        return ticks

    assert asyncio.run(ticking()) > 10
