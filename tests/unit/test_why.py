"""`placement why` from the outside, its ResourceManager a server on loopback."""

import json

import pytest

from placement.audit import entry, write
from placement.decision import decide
from placement.errors import PlacementError
from placement.submission import Reading
from placement.yarn import client
from tests.unit.builders import policy, submission
from tests.unit.yarn.stub import answer, app, free_address, serving

ID = "0123456789abcdef"
TAG = f"placement:{ID}"


@pytest.fixture
def gateway(tmp_path, monkeypatch):
    """`gateway(address)`: a policy with a decision for alice in its audit trail, and a ResourceManager at `address`."""

    def set_up(address, **said):
        monkeypatch.setattr(client, "PAUSE_S", 0.0)
        (tmp_path / "site.yaml").write_text(f"audit: {{file: {tmp_path}/audit-%user.jsonl}}\n")
        recorded(tmp_path / "audit-%user.jsonl", **said)
        point_to(tmp_path, address)
        monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path))
        monkeypatch.setenv("HADOOP_USER_NAME", "alice")
        monkeypatch.setenv("PLACEMENT_POLICY", str(tmp_path))
        return tmp_path

    return set_up


def recorded(file, **said):
    command = Reading("spark-submit", ["--name", "a b", "job.py"])
    command.submits, command.deploy_mode, command.application = True, "client", "job.py"
    decision = decide(submission(command=command, **said), policy(), ID)
    write(entry(decision, 0, [], "/opt/spark/bin/spark-submit", command.arguments), str(file), "alice")


def point_to(folder, address):
    host = address.removeprefix("http://")
    value = f"<name>yarn.resourcemanager.webapp.address</name><value>{host}</value>"
    (folder / "yarn-site.xml").write_text(f"<configuration><property>{value}</property></configuration>")


def yarn(*apps, queues=()):
    """What a ResourceManager with these applications and queues below root answers."""

    def behave(request):
        path = request.split(" ")[1].partition("?")[0].removeprefix("/ws/v1/cluster/")
        if path == "apps":
            return answer({"apps": {"app": list(apps)}})
        if path == "scheduler":
            root = {"queueName": "root", "childQueues": {"queue": [{"queueName": queue} for queue in queues]}}
            return answer({"scheduler": {"schedulerInfo": {"type": "fairScheduler", "rootQueue": root}}})
        known = [each for each in apps if path == f"apps/{each['id']}"]
        missing = answer({"RemoteException": {"message": "not found"}}, "404 Not Found")
        return answer({"app": known[0]}) if known else missing

    return behave


def test_a_decision_in_words_and_its_application_where_it_says(run, gateway):
    with serving(yarn(app(1, "root.applications.prod", tags=TAG, state="FINISHED", finalStatus="SUCCEEDED"))) as rm:
        gateway(rm.address)
        status, out, err = run("why", ID)
    head, *lines = out.splitlines()
    assert (status, err) == (0, "")
    assert head.startswith(f"decision {ID}, 20")
    assert head.endswith("Z, by revision 000000000000 of the policy")
    assert lines == [
        "  who: `alice` (process) in `prod`, typed by `alice`",
        "  command: spark-submit, client mode, `job.py`",
        "  typed: spark-submit --name 'a b' job.py",
        "  real command: /opt/spark/bin/spark-submit",
        "  asked for: no queue",
        "  decided: run[first-match]: `root.applications.prod` by map.txt:3 (`:prod   root.applications.prod`)",
        f"  runs: {app()['id']} of `alice` in `root.applications.prod`, FINISHED (SUCCEEDED): as decided",
    ]
    assert "user.name=alice" in rm.lines[0]


@pytest.mark.parametrize("asked", [TAG, app(1)["id"]])
def test_an_application_elsewhere_is_named_with_the_likely_reasons(run, gateway, asked):
    apps = app(1, "root.default", tags=f"mine,{TAG}"), app(2, "root.applications.prod", tags=TAG), app(3, "root.x")
    with serving(yarn(*apps, queues=["root.default", "root.applications.prod"])) as rm:
        gateway(rm.address)
        status, out, _ = run("why", asked)
    assert status == 1
    assert "0001 of `alice` in `root.default`, RUNNING: NOT as decided" in out
    assert "0002 of `alice` in `root.applications.prod`, RUNNING: as decided" in out
    assert "0003" not in out
    assert out.count("likely: ") == 3


def test_a_queue_that_the_resource_manager_lacks_and_its_diagnostics(run, gateway):
    lost = app(
        1, "root.default", tags=TAG, state="FAILED", finalStatus="FAILED", diagnostics="rejected\nby \x1b[2J rules"
    )
    with serving(yarn(lost, queues=["root.default"])) as rm:
        gateway(rm.address)
        status, out, _ = run("why", ID)
    assert status == 1
    assert out.splitlines()[-2:] == [
        "    likely: the ResourceManager has no queue `root.applications.prod`, so its own rules placed it",
        "    YARN says: rejected",
    ]


def test_a_difference_is_told_although_the_queues_are_not_known(run, gateway):
    def behave(request):
        return answer("", "500 Oh") if "/scheduler" in request else yarn(app(1, "root.default", tags=TAG))(request)

    with serving(behave) as rm:
        gateway(rm.address)
        status, out, _ = run("why", ID)
    assert status == 1
    assert out.count("likely: ") == 3
    assert "error[rm-unreachable]" in out.splitlines()[-1]


def test_the_same_as_data(run, gateway):
    with serving(yarn(app(1, "root.default", tags=TAG))) as rm:
        gateway(rm.address, queue="root.applications.dev")
        status, out, _ = run("why", ID, "--json")
    data = json.loads(out)
    assert (status, data["verdict"], data["trouble"]) == (1, "differs", None)
    assert data["decision"]["request"] == {"queue": "root.applications.dev", "source": "--queue"}
    (found,) = data["applications"]
    assert (found["queue"], found["tags"], found["as_decided"]) == ("root.default", [TAG], False)


def test_without_a_resource_manager_the_decision_is_told_all_the_same(run, gateway):
    folder = gateway(free_address())
    status, out, err = run("why", ID)
    assert (status, err) == (0, "")
    assert "decided: run[first-match]" in out
    assert out.splitlines()[-1].startswith("  error[rm-unreachable]: the ResourceManager cannot be asked")
    (folder / "yarn-site.xml").unlink()
    status, out, _ = run("why", ID, "--json")
    data = json.loads(out)
    assert (status, data["verdict"], data["applications"]) == (0, "not-known", None)
    assert data["trouble"]["code"] == "no-resource-manager"


def test_a_refused_submission_and_one_that_is_forgotten(run, gateway):
    with serving(yarn()) as rm:
        gateway(rm.address)
        status, out, _ = run("why", ID)
        assert (status, out.splitlines()[-1].rpartition(": ")[2]) == (
            0,
            "it was never submitted, or is forgotten by now",
        )
        gateway(rm.address, queue="root.z")
        status, out, _ = run("why", ID)
        assert "asked for: `root.z` (--queue)" in out
        assert "decided: reject[request-denied]: `alice` may not use `root.z`" in out
        assert (status, out.splitlines()[-1].rpartition(": ")[2]) == (0, "it was refused")


def test_a_decision_that_is_not_recorded(run, gateway):
    folder = gateway(free_address())
    (folder / "audit-bob.jsonl").write_text('{"time": "cut\n')
    (folder / "audit-carol.jsonl").symlink_to("nowhere")
    status, out, _ = run("why", "f" * 16)
    assert status == 2
    first, second, *rest = out.splitlines()
    assert first.startswith(f"no record of `{'f' * 16}` in ")
    assert {"audit-alice", "audit-bob"} <= set(first.replace("/", " ").replace(".", " ").split())
    assert second == f"  {folder}/audit-carol.jsonl cannot be read: No such file or directory"
    assert rest == ["  skipped lines that are no whole record: 1"]


def test_an_application_without_a_decision(run, gateway):
    with serving(yarn(app(1))) as rm:
        gateway(rm.address)
        status, out, _ = run("why", app(1)["id"])
        assert (status, "error[no-decision]" in out) == (2, True)
        status, out, _ = run("why", app(2)["id"])
        assert (status, "error[unknown-application]" in out) == (2, True)
    status, out, _ = run("why", app(1)["id"])
    assert (status, "error[rm-unreachable]" in out) == (2, True)


def test_files_named_on_the_command_line_and_none_in_the_site(run, gateway, tmp_path):
    folder = gateway(free_address())
    (folder / "site.yaml").unlink()
    status, _, err = run("why", ID)
    assert (status, "error[no-audit-file]" in err) == (78, True)
    recorded(tmp_path / "mine.jsonl")
    assert run("why", ID, "--audit", tmp_path / "other", "--audit", tmp_path / "mine.jsonl")[0] == 0


@pytest.mark.parametrize("asked", ["", "0123", ID.upper(), "application_1", "job_1700000000000_0001", f"{ID}\n"])
def test_what_is_no_id_is_a_wrong_call(run, gateway, asked):
    gateway(free_address())
    assert run("why", asked)[0] == 64


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"identity": None, "command": {"family": "pyspark"}, "outcome": "error", "reason": "loop", "message": "m"},
        {"identity": {"user": 7, "groups": [1, "a"]}, "command": [], "request": "x", "facts": {"memory": "\x1b"}},
        {"facts": {"memory": 65536.0, "hour": [], "odd": None}, "arguments": {}, "queue": 5, "candidates": 7},
        {"facts": {"memory": True, "duration": float("inf"), "vcores": float("nan")}, "arguments": ["\udcff"]},
    ],
)
def test_a_record_that_somebody_made_up_is_told_as_far_as_it_goes(run, gateway, record):
    folder = gateway(free_address())
    file = folder / "made-up"
    file.write_text(json.dumps({**record, "id": ID}))
    status, out, _ = run("why", ID, "--audit", file)
    assert (status, "\x1b" in out) == (0, False)
    assert json.loads(run("why", ID, "--audit", file, "--json")[1])["decision"]["id"] == ID


def test_under_kerberos_a_ticket_is_needed_not_a_name(run, gateway, monkeypatch):
    def spnego():
        raise PlacementError(client.Problem("no-gssapi", "asked for"))

    folder = gateway(free_address())
    (folder / "site.yaml").write_text(f"authentication: kerberos\naudit: {{file: {folder}/audit-%user.jsonl}}\n")
    monkeypatch.setattr(client, "spnego", spnego)
    assert "error[no-gssapi]: asked for" in run("why", ID)[1]
