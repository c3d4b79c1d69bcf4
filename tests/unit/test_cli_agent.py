"""`placement queue`, `cancel`, `status`, and what `why` adds, from the outside; the agent says what a test wants."""

import json
import time

import pytest

from tests.unit.scripted_agent import WAIT, StubAgent

ID = "0123456789abcdef"
ENTRY = {
    "id": ID,
    "user": "alice",
    "account": "alice",
    "command": "spark-submit job.py",
    "state": "waiting",
    "queue": "root.a",
    "candidates": ["root.a"],
    "place": 3,
    "of": 12,
    "priority": -5,
    "waited_s": 724.2,
    "limit": WAIT["limit"],
    "message": "the application master needs 896m, and `root.a` has 512m left",
    "expected": WAIT["expected"],
}
RUNNING = {"id": "f" * 16, "user": "bob", "command": "hive", "state": "running", "queue": "root.long", "message": ""}
MANAGER = {"address": "http://rm:8088", "age_s": 2.1, "error": None}
STATUS = {
    "v": 1,
    "version": "0.1.0",
    "policy": "5f0c1e2d3a4b",
    "scheduler": "fair",
    "resource_manager": MANAGER,
    "waiting": 4,
    "reserved": 1,
    "running": 7,
    "leader": True,
    "landed_elsewhere": 0,
    "promises": {"kept": 9, "of": 10},
}


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """`agent(answer)`: an agent that says that to everything; a policy folder that names its socket."""
    agents = []
    tmp_path.chmod(0o755)
    (tmp_path / "map.txt").write_text("alice: root.a\n")
    (tmp_path / "site.yaml").write_text(
        f"admission: {{socket: {tmp_path}/agent.sock}}\naudit: {{file: {tmp_path}/trail}}\n"
    )
    monkeypatch.setenv("PLACEMENT_POLICY", str(tmp_path))

    def start(answer):
        behave = (lambda talk: talk.raw(answer)) if isinstance(answer, bytes) else (lambda talk: talk.say(answer))
        agents.append(StubAgent(tmp_path / "agent.sock", behave))
        return agents[-1]

    yield start
    for each in agents:
        each.close()


def test_the_queue_is_a_table(run, agent):
    stub = agent({"v": 1, "entries": [ENTRY, RUNNING], "age_s": 2.1})
    status, out, err = run("queue", "--all")
    assert (status, err, stub.requests) == (0, "", [{"v": 1, "op": "queue", "all": True}])
    assert out.splitlines() == [
        "ID                USER   QUEUE      STATE    PLACE    PRIORITY  SINCE  COMMAND",
        "0123456789abcdef  alice  root.a     waiting  3 of 12  -5        12m    spark-submit job.py",
        "  the application master needs 896m, and `root.a` has 512m left; starts in 60s to 10m (9 of 10 such promises "
        "kept)",
        "ffffffffffffffff  bob    root.long  running  -        -         -      hive",
        "the cluster as it was 2s ago",
    ]


def test_the_queue_as_data_and_an_empty_one(run, agent):
    stub = agent({"v": 1, "entries": [], "age_s": 0.5})
    assert json.loads(run("queue", "--json")[1]) == {"v": 1, "entries": [], "age_s": 0.5}
    assert run("queue")[1].splitlines()[0] == "nothing waits, and nothing that was let in runs"
    assert stub.requests[0]["all"] is False


@pytest.mark.parametrize(
    "answer",
    [
        {"v": 1},
        {"v": 1, "entries": [7, {"id": "\x1b[2J", "place": "x", "expected": [], "message": "a\nb"}], "age_s": "x"},
    ],
)
def test_an_odd_answer_is_shown_as_far_as_it_goes(run, agent, answer):
    agent(answer)
    for command in ("queue", "status"):
        status, out, _ = run(command)
        assert (status in (0, 1), "\x1b" in out) == (True, False)


@pytest.mark.parametrize("asked", [ID, f"placement:{ID}"])
def test_an_entry_is_cancelled(run, agent, asked):
    stub = agent({"v": 1, "cancelled": True})
    assert run("cancel", asked)[:2] == (0, f"{ID} is cancelled\n")
    assert stub.requests == [{"v": 1, "op": "cancel", "id": ID}]


@pytest.mark.parametrize(
    ("error", "status", "words"), [("no-entry", 2, "nothing by this id"), ("not-yours", 3, "somebody else's")]
)
def test_an_entry_that_is_not_cancelled(run, agent, error, status, words):
    agent({"v": 1, "error": error})
    ended, out, err = run("cancel", ID)
    assert (ended, out, words in err) == (status, "", True)


@pytest.mark.usefixtures("agent")
def test_what_is_no_id_is_a_wrong_call(run):
    assert run("cancel", "x")[0] == 64


def test_a_healthy_agent(run, agent):
    agent({**STATUS, "started_s": time.time() - 7300})
    status, out, _ = run("status")
    assert status == 0
    assert out.splitlines() == [
        "agent 0.1.0, by revision 5f0c1e2d3a4b of the policy, up for 2h 1m",
        "  cluster: fair scheduler, http://rm:8088, seen 2s ago",
        "  4 wait, 1 have their turn, 7 run, 0 run elsewhere than decided",
        "  promises kept: 9 of 10",
    ]


@pytest.mark.parametrize(
    ("manager", "words"),
    [
        ({**MANAGER, "error": "connection refused"}, "NOT WELL: connection refused"),
        ({**MANAGER, "age_s": 61}, "NOT WELL: what is known of the cluster is 61s old"),
        ({**MANAGER, "age_s": None}, "NOT WELL: nothing is known of the cluster yet"),
    ],
)
def test_an_agent_that_is_not_well(run, agent, manager, words):
    agent({**STATUS, "resource_manager": manager})
    status, out, _ = run("status")
    assert (status, out.splitlines()[-1].strip()) == (1, words)
    assert json.loads(run("status", "--json")[1])["troubles"]


@pytest.mark.usefixtures("agent")
def test_no_agent_is_not_well(run):
    status, out, err = run("status")
    assert (status, out, "error[agent-away]" in err) == (1, "", True)
    assert json.loads(run("status", "--json")[1])["error"]["code"] == "agent-away"


@pytest.mark.parametrize(
    ("command", "answer"), [("queue", None), ("queue", b"x\n"), ("queue", {"v": 1, "error": "unknown-op"})]
)
def test_an_agent_that_fails(run, agent, command, answer):
    if answer is not None:
        agent(answer)
    status, out, err = run(command)
    assert (status, out) == (69, "")
    assert "error[agent-" in err


@pytest.mark.parametrize("command", [["queue"], ["status"], ["cancel", ID]])
@pytest.mark.usefixtures("agent")
def test_a_site_without_admission(run, tmp_path, command):
    (tmp_path / "site.yaml").write_text("admission: off\n")
    status, _, err = run(*command)
    assert (status, "error[admission-off]" in err) == (78, True)


def test_why_adds_what_the_agent_knows(run, agent):
    event = {"when_s": 1.8e9, "state": "waiting", "said": "no room for the application master"}
    stub = agent({"v": 1, "entry": {**ENTRY, "ahead": ["f bob hive"]}, "events": [event], "application": None})
    status, out, _ = run("why", ID)
    assert (status, stub.requests) == (2, [{"v": 1, "op": "why", "application": ID}])
    *_, entry, when, ahead, happened = out.splitlines()
    assert entry == f"  agent: waiting for `root.a`, 3 of 12: {ENTRY['message']}"
    assert when == "    starts in 60s to 10m (9 of 10 such promises kept)"
    assert ahead == "    ahead: f bob hive"
    assert happened.startswith("    2027-01-1")
    assert happened.endswith("waiting  no room for the application master")
    assert json.loads(run("why", ID, "--json")[1])["agent"]["events"] == [event]


@pytest.mark.usefixtures("agent")
def test_why_goes_on_without_the_agent(run):
    status, out, _ = run("why", ID)
    assert (status, "error[agent-away]" in out.splitlines()[-1]) == (2, True)
