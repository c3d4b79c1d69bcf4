import re

import pytest

from placement import site
from placement.errors import PlacementError
from placement.policy import ESTIMATES, LEDGER, Admission, Estimates
from tests.conftest import ROOT

FAULTY = {
    "unknown-key": b"schedular: fair\n",
    "unknown-key-far": b"on-error: open\nzzz: 1\n",
    "bad-scheduler": b"scheduler: fifo\n",
    "bad-groups": b"groups: ldap\n",
    "bad-static-groups": b"groups: {static: [a, b]}\n",
    "relative-command": b"commands:\n  spark-submit: bin/spark-submit\n",
    "command-of-a-wrong-type": b"commands: {spark-submit: 3}\n",
    "key-twice": b"scheduler: fair\nscheduler: capacity\n",
    "a-list": b"- scheduler\n",
    "a-word": b"scheduler\n",
    "not-yaml": b"scheduler: [fair\ngroups: x\n",
    "tab": b"commands:\n\tspark-submit: /x\n",
    "control-character": b"scheduler: \x01\n",
    "not-utf-8": b"scheduler: caf\xe9\n",
    "python-object": b"!!python/object/apply:os.system [id]\n",
    "several": b"scheduler: x\non-error: y\nnope: 1\n",
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_site_names_every_spot_and_what_to_do(case, expect):
    with pytest.raises(PlacementError) as caught:
        site.read(FAULTY[case], "site.yaml")
    assert all(problem.remedy and problem.place for problem in caught.value.problems)
    expect(f"site/{case}.txt", f"{caught.value}\n")


def test_all_settings():
    text = b"scheduler: capacity\ngroups: name-service\non-error: open\ncommands: {spark-submit: /opt/spark-submit}\n"
    found, static = site.read(text, "site.yaml")
    assert (found.scheduler, found.groups, found.on_error) == ("capacity", "name-service", "open")
    assert found.commands == {"spark-submit": "/opt/spark-submit"}
    assert static is None


@pytest.mark.parametrize("text", [b"", b"# nothing\n", b"{}\n", b"---\n"])
def test_everything_has_a_default(text):
    found, static = site.read(text, "site.yaml")
    assert (found.scheduler, found.groups, found.on_error, found.commands, static) == (
        "fair",
        "process",
        "closed",
        {},
        None,
    )


def test_what_the_scheduler_is_told_by_and_where_that_is_kept():
    found, _ = site.read(b"sync: {file: /etc/hadoop/conf/fair-scheduler.xml, history: /srv/history}\n", "s")
    assert (found.scheduler_file, found.history) == ("/etc/hadoop/conf/fair-scheduler.xml", "/srv/history")
    found, _ = site.read(b"", "s")
    assert (found.scheduler_file, found.history) == (None, "/var/lib/placement/history")
    assert not {"scheduler_file", "history"} & set(found.words())


@pytest.mark.parametrize("text", [b"alice: prod\n", b"1: [a]\n", b"alice: [1]\n", b"no: [a]\n", b"[]\n"])
def test_faulty_static_groups(text):
    with pytest.raises(PlacementError):
        site.read_groups(text, "groups.yaml")


def test_where_the_audit_trail_goes_and_whom_to_ask():
    found, _ = site.read(b"audit: {to: syslog}\nresource-managers: ['http://rm1:8088', 'https://rm2:8090/']\n", "s")
    assert (found.audit_to, found.audit_arguments, found.on_audit_error) == ("syslog", "no", "open")
    assert found.resource_managers == ("http://rm1:8088", "https://rm2:8090")
    found, _ = site.read(b"audit: {file: /a/%user.jsonl, arguments: masked, on-error: closed}\n", "s")
    assert (found.audit_to, found.audit_arguments, found.on_audit_error) == ("/a/%user.jsonl", "masked", "closed")


@pytest.mark.parametrize(
    "text",
    [
        *(b"audit: {to: file}", b"audit: {to: syslog, file: /a}", b"audit: {file: a}", b"audit: {file: /a/}"),
        *(b"resource-managers: [rm1]", b"resource-managers: ['ftp://rm1']", b"resource-managers: ['http://rm/x']"),
        *(b"sync: {file: a.xml}", b"sync: {file: /etc/}", b"sync: {history: history}"),
    ],
)
def test_faulty_trails_and_addresses(text):
    with pytest.raises(PlacementError) as caught:
        site.read(text, "site.yaml")
    assert caught.value.problems[0].code == "bad-value"


def waiting(text):
    return site.read(b"admission: " + text + b"\n", "site.yaml")[0].admission


def test_admission():
    assert site.read(b"", "s")[0].admission is None
    assert waiting(b"off") is None
    found = waiting(b"{}")
    assert (found.socket, found.wait_s, found.self_service) == ("/run/placement/agent.sock", 1800, 10)
    assert (found.poll_s, found.stale_s, found.reservation_s) == (5, 60, 120)
    assert (found.overtake_s, found.ageing_s, found.metrics) == (300, 600, None)
    found = waiting(
        b"{socket: /s, wait: forever, database: 'postgresql://p@db/ledger', metrics: 'h:9', stale: 2m,"
        b" administrators: {users: [ops]}, self-service: 0}"
    )
    assert (found.socket, found.wait_s, found.database) == ("/s", None, "postgresql://p@db/ledger")
    assert (found.metrics, found.stale_s, found.administrators["users"], found.self_service) == (
        "h:9",
        120,
        ("ops",),
        0,
    )
    assert waiting(b"{wait: 0, metrics: off}").wait_s == 0


@pytest.mark.parametrize(
    "text",
    [
        *(b"on", b"x", b"{socket: s}", b"{wait: 30}", b"{wait: -1s}", b"{wait: true}", b"{poll: 0s}", b"{poll: 5}"),
        *(b"{priority: {users: {a: 1.5}}}", b"{priority: {users: {a: true}}}", b"{self-service: -1}", b"{metrics: h}"),
        *(b"{database: x}", b"{database: 'mysql://h/d'}", b"{database: 'postgresql://u:secret@h/d'}"),
        *(b"{socket: /" + b"x" * 107 + b"}", b"{database: 'postgresql://h/d?password=secret'}"),
    ],
)
def test_faulty_admission(text):
    with pytest.raises(PlacementError) as caught:
        waiting(text)
    assert caught.value.problems[0].code == "bad-value"
    assert "Input should" not in str(caught.value)


def test_an_index_has_what_the_wrapper_needs_of_admission():
    for text in (b"{wait: forever, socket: /a b}", b"{wait: 0}", b"{wait: 1.5h}"):
        said = waiting(text)
        found = Admission.of_word(said.word())
        assert (found.socket, found.wait_s) == (said.socket, said.wait_s)


PRIORITY = b"{priority: {users: {ann: -5}, groups: {etl: 10, bi: 3}, roles: {night: 4}, queues: {root.b: 100}}}"


@pytest.mark.parametrize(
    ("user", "groups", "roles", "queue", "asked", "number"),
    [
        ("bob", (), (), "root.a", 0, 0),
        ("bob", ("bi", "etl", "x"), ("night",), "root.a", 0, 10),  # the largest
        ("ann", ("etl",), (), "root.a", 0, -5),  # her own
        ("bob", ("bi",), (), "root.b", 0, 103),
        ("bob", (), (), "root.a", 50, 10),  # as far as self-service allows
        ("bob", (), (), "root.a", -50, -50),
    ],
)
def test_priority(user, groups, roles, queue, asked, number):
    assert waiting(PRIORITY).priority(user, groups, roles, queue, asked) == number


def test_every_key_is_in_the_documents():
    text = (ROOT / "docs" / "policy.md").read_text()
    text = text.partition("## site.yaml")[2].partition("## Asking")[0]
    of_site, _, rest = text.partition("### admission")
    of_admission, _, of_estimates = rest.partition("### estimates")
    sections = {site._SiteFile: of_site, site._Admission: of_admission, site._Estimates: of_estimates}
    for model, section in sections.items():
        keys = {field.alias or name for name, field in model.model_fields.items()}
        assert keys == {key for key in re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE) if key.islower()}


def read_site(text):
    return site.read(text + b"\n", "site.yaml")[0]


def estimates(text):
    return read_site(b"estimates: " + text).estimates


def test_estimates_as_they_are_without_a_word_and_with_all():
    said = estimates(b"{}")
    assert (said.table, said.choice, said.advises, said.right_size) == (ESTIMATES, "balanced", True, "no")
    assert estimates(b"off") is None
    said = estimates(
        b"{table: /t, choice: safe, advise: off, right-size: offer, spark-logs: [/a, /b], spark-history: 'http://h:1/',"
        b" mapreduce-history: 'https://h:2', keep: 30d, catalogue: /c.yaml, database: /d}"
    )
    found = Estimates.of_word(said.word())
    assert (found.table, found.choice, found.advises, found.right_size) == ("/t", "safe", False, "offer")
    assert (said.spark_logs, said.spark_history, said.mapreduce_history) == (("/a", "/b"), "http://h:1", "https://h:2")
    assert (said.keep_s, said.catalogue, said.database) == (30 * 86400, "/c.yaml", "/d")
    assert read_site(b"estimates: {database: /d}\nadmission: {database: /a}").database == "/d"
    assert read_site(b"estimates: {}\nadmission: {database: /a}").database == "/a"
    assert read_site(b"estimates: {}").database == LEDGER


@pytest.mark.parametrize(
    "text",
    [
        *(b"on", b"{choice: cheap}", b"{advise: 1}", b"{right-size: on}", b"{spark-logs: a}", b"{spark-logs: [a]}"),
        *(b"{spark-history: h}", b"{keep: 30}", b"{table: t}", b"{catalogue: c}", b"{price: safe}"),
    ],
)
def test_faulty_estimates(text):
    with pytest.raises(PlacementError) as caught:
        estimates(text)
    assert "Input should" not in str(caught.value)
