"""`placement why` and the client behind it, on a real ResourceManager."""

import json
import sys
from pathlib import Path

import pytest
import requests

from placement.yarn.client import ResourceManager, simple
from tests.cluster.gateway import Gateway

PLACEMENT = Path(sys.executable).parent / "placement"


@pytest.fixture
def gateway(request, tmp_path):
    """A gateway to a cluster with the fair scheduler that keeps an audit trail."""
    made = Gateway(request.getfixturevalue("fair_yarn"), tmp_path)
    with open(made.policy / "site.yaml", "a") as site:
        site.write(f"audit: {{file: {tmp_path}/audit-%user.jsonl}}\n")
    return made


def decided(gateway, user, folder):
    """Has the policy executable decide for `user`; the queue and the id, as they are in the audit trail."""
    done = gateway.run(user, "policy")
    (file,) = folder.glob("audit-*.jsonl")
    record = json.loads(file.read_text().splitlines()[-1])
    assert done.stdout == f"{record['queue']}\n"
    return record["queue"], record["id"]


def rest(yarn, method, path, user, data):
    url = f"{yarn.url}/ws/v1/cluster/{path}"
    done = requests.request(method, url, params={"user.name": user}, json=data, timeout=30)
    assert done.ok, done.text
    return done.json() if done.content else None


def submitted(yarn, user, queue, tag):
    """The id of an application with that tag; see `Yarn.submit`."""
    application_id = rest(yarn, "POST", "apps/new-application", user, None)["application-id"]
    submission = {
        "application-id": application_id,
        "application-name": "tagged",
        "application-type": "TEST",
        "application-tags": {"tag": [tag, "Mine"]},
        "am-container-spec": {"commands": {"command": "sleep 60"}},
        "resource": {"memory": 128, "vCores": 1},
        "max-app-attempts": 1,
        "queue": queue,
    }
    rest(yarn, "POST", "apps", user, submission)
    return application_id


def test_an_application_as_decided_and_then_moved(gateway, tmp_path):
    queue, decision = decided(gateway, "alice", tmp_path)
    application = submitted(gateway.yarn, "alice", queue, f"placement:{decision}")
    gateway.yarn.wait(application, states=("ACCEPTED", "RUNNING"))
    for asked in (decision, application):
        done = gateway.run("alice", PLACEMENT, "why", asked)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"runs: {application} of `alice` in `{queue}`" in done.stdout
        assert done.stdout.rstrip().endswith(": as decided")
    rest(gateway.yarn, "PUT", f"apps/{application}/queue", "alice", {"queue": "root.applications.dev"})
    done = gateway.run("bob", PLACEMENT, "why", f"placement:{decision}", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["verdict"]) == (1, "differs"), done.stdout + done.stderr
    assert [each["queue"] for each in found["applications"]] == ["root.applications.dev"]
    gateway.yarn.kill(application)


def test_a_queue_that_the_scheduler_lacks(gateway, tmp_path):
    (gateway.policy / "map.txt").write_text("* root.nosuch\n")
    queue, decision = decided(gateway, "carol", tmp_path)
    application = submitted(gateway.yarn, "carol", queue, f"placement:{decision}")
    done = gateway.run("carol", PLACEMENT, "why", decision)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "in `root.default`" in done.stdout
    assert "likely: the ResourceManager has no queue `root.nosuch`" in done.stdout
    gateway.yarn.kill(application)


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_the_client(request, scheduler):
    yarn = request.getfixturevalue(f"{scheduler}_yarn")
    rm = ResourceManager([yarn.url], auth=simple("alice"))
    assert rm.info().ha_state in ("ACTIVE", "INITIALIZING")  # for some seconds it works before it says so
    found = rm.scheduler()
    assert found.type == f"{scheduler}Scheduler"
    names = {"root", "root.default", "root.applications", "root.applications.prod", "root.applications.dev"}
    assert set(found.queues) == names
    application = submitted(yarn, "alice", "root.applications.dev", "placement:0123456789abcdef")
    (seen,) = rm.applications(tag="placement:0123456789abcdef")
    assert (seen.id, seen.user, seen.queue) == (application, "alice", "root.applications.dev")
    assert seen.tags == ("mine", "placement:0123456789abcdef")  # in small letters: YARN keeps no others
    assert rm.application(application).id == application
    assert [each.id for each in rm.applications(ids=[application])] == [application]
    assert rm.application("application_1700000000000_0001") is None
    assert rm.applications(tag="placement:fedcba9876543210") == []
    yarn.kill(application)
