"""Waiting for room with nothing but real parts: wrappers, the agent, the ResourceManager, PySpark."""

import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from placement.policy_files import PolicyFiles
from placement.queues.names import CAPACITY, FAIR
from placement.schedulers import rendering
from tests.cluster.agent import Agent, Wrapper, live, until
from tests.cluster.gateway import Gateway
from tests.cluster.yarn import USERS, Yarn
from tests.conftest import ROOT

JOBS = ROOT / "tests" / "cluster" / "jobs"
LIMITS = {
    "one": "max-running: 1, max-am-share: 1",
    "four": "max-running: 4, max-am-share: 1",
    "masters": "maximum: 50%, max-am-share: 0.25",
    "little": "maximum: 40%, max-am-share: 1",
    "other": "max-am-share: 1",
}
ALIKE = 'weight: 1, submit: "*", capacity: {user-limit-factor: 5}'  # one user may have all that there is
MAP = "".join(f"* root.{queue}\n" for queue in LIMITS)
QUEUES = "queues:\n" + "".join(f"  - {{name: {name}, {ALIKE}, {said}}}\n" for name, said in LIMITS.items())
BURST, ROOM, HOLD_S = 20, 4, 2
ON_BOTH = [FAIR, CAPACITY]
REFUSED = 77

pytestmark = pytest.mark.engines  # it takes minutes

Start = Callable[..., Wrapper]


@pytest.fixture(scope="module", params=ON_BOTH)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yarn]:
    """A cluster whose queues are rendered from the policy."""
    policy = tmp_path_factory.mktemp("rendered")
    (policy / "map.txt").write_text(MAP)
    (policy / "queues.yaml").write_text(QUEUES)
    (policy / "site.yaml").write_text(f"scheduler: {request.param}\n")
    files = PolicyFiles(str(policy))
    rendered = rendering.render(files.queue_tree().hierarchy, files.placing_rules(), request.param)
    with Yarn(request.param, rendering.content(rendered.configuration).decode(), USERS) as yarn:
        yield yarn


@pytest.fixture
def agent(cluster: Yarn, tmp_path: Path) -> Iterator[Agent]:
    """An agent that is well, for the policy of a new gateway."""
    gateway = Gateway(cluster, tmp_path)
    (gateway.policy / "map.txt").write_text(MAP)
    (gateway.policy / "queues.yaml").write_text(QUEUES)
    with Agent(gateway) as agent:
        yield agent


@pytest.fixture
def start(agent: Agent) -> Iterator[Start]:
    """Starts `spark-submit ARGUMENTS` through the wrapper; nothing of it is left at the end."""
    wrappers = []

    def begin(name: str, queue: str, *arguments: str | Path, user: str = "alice", **environ: str) -> Wrapper:
        command = ("spark-submit", "--name", name, "--queue", queue, *arguments)
        wrappers.append(Wrapper(agent.gateway, user, *command, name=name, **environ))
        return wrappers[-1]

    yield begin
    for wrapper in wrappers:
        wrapper.end(signal.SIGKILL)
    for left in live(agent.gateway.yarn):
        agent.gateway.yarn.kill(left["id"])
    until(lambda: not live(agent.gateway.yarn), "all applications have ended")


@pytest.fixture
def held(agent: Agent, start: Start) -> Start:
    """As `start`, but the real command is jobs/held.py: `held(NAME, QUEUE, SECONDS)`, with no executors."""
    command = agent.folder / "held"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{JOBS / "held.py"}" "$@"\n')
    command.chmod(0o755)
    with open(agent.gateway.policy / "site.yaml", "a") as site:
        site.write(f"commands: {{spark-submit: {command}}}\n")
    plain = ("--deploy-mode", "cluster", "--conf", "spark.dynamicAllocation.enabled=true")
    return lambda name, queue, seconds, **more: start(name, queue, *plain, "job.py", str(seconds), **more)


def decision_of(application: dict) -> str:
    return re.search(r"placement:([0-9a-f]{16})", application["applicationTags"])[1]


def test_pyspark_waits_for_its_turn_in_the_order_of_priority(agent, start):
    first = start("first", "root.one", JOBS / "wait.py")
    until(lambda: "running\n" in first.said, "the first one runs")
    second = start("second", "root.one", JOBS / "count.py")
    until(lambda: len(agent.waiting()) == 1, "the second one waits")
    third = start("third", "root.one", JOBS / "count.py", user="bob", PLACEMENT_PRIORITY="5")
    until(lambda: len(agent.waiting()) == 2, "the third one waits")
    assert [(each["user"], each["place"], each["limit"]["code"]) for each in agent.waiting()] == [
        ("bob", 1, "max-running"),
        ("alice", 2, "behind"),
    ]
    assert (second.application, third.application) == (None, None)
    assert "waiting: 0s waited, 1 of 1 for root.one: `root.one` runs as many applications as it may" in second.said

    first.end(signal.SIGTERM)
    assert third.ended() == 0, third.said
    assert second.ended() == 0, second.said
    third_ran, second_ran = third.application, second.application
    assert first.application["finishedTime"] <= third_ran["startedTime"]
    assert third_ran["finishedTime"] <= second_ran["startedTime"]
    for each in (first, second, third):
        assert each.application["queue"] == "root.one"
        assert decision_of(each.application) in agent.why(each.application["id"]).stdout
    assert "sum 4950\n" in second.said
    assert re.search(r"`root.one` by .*, after \d+[sm] of waiting\n", second.said)


def test_a_burst_never_has_more_than_there_is_room_for(agent, held):
    yarn = agent.gateway.yarn
    began = time.monotonic()
    wrappers = [held(f"burst-{number}", "root.four", HOLD_S) for number in range(BURST)]
    at_once = Counter[int]()
    while any(each.process.poll() is None for each in wrappers):
        at_once[len(live(yarn, queue="root.four"))] += 1
        time.sleep(0.1)
    took_s = time.monotonic() - began
    ran = [each for each in yarn.applications() if each["name"].startswith("burst-")]
    print(f"{yarn.scheduler}: {BURST} into room for {ROOM}, each {HOLD_S} s: {took_s:.1f} s; seen {dict(at_once)}")
    assert [each.ended() for each in wrappers] == [0] * BURST, "".join(each.said for each in wrappers)
    assert max(at_once) == ROOM
    assert sorted(each["name"] for each in ran) == sorted(each.name for each in wrappers)
    assert len({decision_of(each) for each in ran}) == BURST


def test_the_share_of_application_masters_is_named_as_the_reason(agent, held):
    first = held("master-1", "root.masters", 600)  # 512 + 384 MiB, of 25 % of 50 % of 8 GiB
    application = until(lambda: first.application, "the first one is there")
    until(lambda: agent.gateway.yarn.get(f"apps/{application['id']}")["app"]["allocatedMB"] > 0, "it has its container")
    second = held("master-2", "root.masters", 1)
    (entry,) = until(agent.waiting, "the second one waits")
    assert entry["limit"]["code"] in ("am-share", "user-am-share")
    assert agent.gateway.yarn.get("metrics")["clusterMetrics"]["availableMB"] > 4096
    words = "the application master needs 896m, and "  # the queue has, or under the capacity scheduler the user
    assert words in until(lambda: second.said, "it says so")
    assert words in entry["message"]
    assert second.application is None
    agent.gateway.yarn.kill(application["id"])
    assert second.ended() == 0, second.said


def test_the_way_out_of_a_refusal_is_taken_literally_and_runs(start):
    refused = start("too-large", "root.little", "--num-executors", "9", JOBS / "count.py")
    assert refused.ended() == REFUSED, refused.said
    words = (
        "reject[queue-maximum]: cannot run in `root.little`: it needs 8960m, and `root.little` may have 3276m at most"
    )
    assert words in refused.said
    (way,) = re.findall(r"placement: would run now with (--num-executors \d+) in `root.little`\n", refused.said)
    assert refused.application is None
    taken = start("small-enough", "root.little", *way.split(), JOBS / "count.py")
    assert taken.ended() == 0, taken.said
    assert taken.application["queue"] == "root.little"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_who_is_ended_gives_the_place_up_and_nothing_was_submitted(agent, held, number):
    first = held(f"holds-{number}", "root.one", 600)
    until(lambda: first.application, "the first one is there")
    second = held(f"leaves-{number}", "root.one", 1)
    until(agent.waiting, "the second one waits")
    assert second.end(number) == -number
    until(lambda: not agent.waiting(), "its place is given up", within_s=10)
    assert second.application is None
    third = held(f"stays-{number}", "root.one", 1)
    until(agent.waiting, "the third one waits")
    agent.gateway.yarn.kill(first.application["id"])
    assert third.ended() == 0, third.said
    assert second.application is None


def test_an_agent_that_is_killed_and_comes_again_knows_everybody(agent, held):
    first = held("holds-on", "root.one", 600)
    until(lambda: first.application, "the first one is there")
    waiting = [held("early", "root.one", 1)]
    until(lambda: len(agent.waiting()) == 1, "the first of the others waits")
    waiting.append(held("late", "root.one", 1, user="bob"))
    before = until(lambda: len(found := agent.waiting()) == 2 and found, "the other one waits")
    agent.kill()
    until(lambda: all("looked for" in each.said for each in waiting), "they look for it")
    agent.start()
    until(lambda: [each["id"] for each in agent.waiting()] == [each["id"] for each in before], "they are back")
    agent.gateway.yarn.kill(first.application["id"])
    assert [each.ended() for each in waiting] == [0, 0], waiting[0].said + waiting[1].said
    early, late = (each.application for each in waiting)
    assert early["finishedTime"] <= late["startedTime"]
    assert [decision_of(each) for each in (early, late)] == [each["id"] for each in before]


def test_a_program_that_chooses_another_queue_is_found_there(agent, start):
    job = start("strays", "root.four", JOBS / "elsewhere.py", "root.other")
    until(lambda: "running\n" in job.said, "it runs")
    status = until(lambda: (found := agent.status())["landed_elsewhere"] and found, "it is found elsewhere")
    assert status["landed_elsewhere"] == 1
    assert job.application["queue"] == "root.other"
    why = agent.why(job.application["id"])
    assert why.returncode == 1
    assert f"runs: {job.application['id']} of `alice` in `root.other`, RUNNING: NOT as decided" in why.stdout
