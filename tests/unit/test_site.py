import pytest

from placement import site
from placement.errors import PlacementError

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
