"""`placement check` over a whole policy; faults within a file are in test_cli.py."""

import json

import pytest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "map.txt").write_text("# who\n  @analyst  root.adhoc\n:a root.adhok\n* root.adhoc\nroot: root.adhoc\n")
    (tmp_path / "queues.yaml").write_text("roles: {analysts: {groups: [bi]}}\nqueues: [{name: adhoc}]\n")
    return tmp_path


def heads(out, folder):
    return [line for line in out.splitlines() if line.startswith(str(folder))]


def test_findings_over_the_whole_policy(run, folder):
    status, out, err = run("check", folder)
    assert (status, err) == (1, "")
    assert heads(out, folder) == [
        f"{folder}/map.txt:2:3: error[unknown-role]: there is no role `analyst` in queues.yaml",
        f"{folder}/map.txt:3:4: error[unknown-queue]: `root.adhok` is not in queues.yaml",
        f"{folder}/map.txt:5:1: warning[shadowed]: the rule changes nothing: line 4 gives everybody it is for the same "
        "queue",
        f"{folder}: 2 errors, 1 warning",
    ]


def test_warnings_fail_only_if_asked_to(run, folder):
    (folder / "map.txt").write_text("* root.adhoc\nroot: root.adhoc\n")
    assert run("check", folder)[0] == 0
    assert run("check", "--strict", folder)[0] == 1


def test_a_note_never_fails(run, folder):
    (folder / "map.txt").write_text("ann: root.adhoc\n")
    status, out, _ = run("check", "--strict", folder)
    assert status == 0
    assert heads(out, folder) == [
        f"{folder}/map.txt: note[no-everyone]: no rule is for `*`: whoever is not named is refused",
        f"{folder}: no errors, no warnings",
    ]


def test_names_are_asked_for_only_with_names(run, folder):
    (folder / "map.txt").write_text("* root.adhoc\nno-such-user: adhoc if hour > 3\n@analysts adhoc if hour > 4\n")
    codes = [found["code"] for found in json.loads(run("check", "--json", folder)[1])]
    assert codes == ["shadowed", "shadowed"]
    status, out, _ = run("check", "--json", "--names", folder)
    codes = [found["code"] for found in json.loads(out)]
    assert status == 0
    assert {"unknown-user", "unknown-group"} <= set(codes)


def test_names_of_a_static_list(run, folder):
    (folder / "site.yaml").write_text("groups: {static: groups.yaml}\n")
    (folder / "groups.yaml").write_text("ann: [bi]\n")
    (folder / "map.txt").write_text(
        "* root.adhoc\nann: adhoc if hour > 3\n:bi adhoc if hour > 4\nroot: adhoc if hour > 5\n"
    )
    found = json.loads(run("check", "--json", "--names", folder)[1])
    assert [(each["code"], each["line"]) for each in found if each["code"].startswith("unknown")] == [
        ("unknown-user", 4)
    ]


def test_faults_of_every_file_come_at_once(run, folder):
    (folder / "map.txt").write_text("one\nu:g root.a\n")
    (folder / "queues.yaml").write_text("roles: {a: {usrs: [x]}}\n")
    (folder / "expectations.yaml").write_text("- {user: a}\n")
    (folder / "site.yaml").write_text("scheduler: x\n")
    status, out, _ = run("check", folder)
    assert status == 1
    assert [line.split(": ")[0].removeprefix(f"{folder}/") for line in heads(out, folder)][:-1] == [
        "site.yaml:1:12",
        "queues.yaml:1:13",
        "map.txt:1:1",
        "map.txt:2:3",
        "expectations.yaml:1:3",
    ]


def test_a_fault_of_the_queues_is_told_once(run, folder):
    (folder / "queues.yaml").write_text("roles: {a: {usrs: [x]}}\n")
    status, out, _ = run("check", folder)
    assert (status, out.count("queues.yaml:1:13")) == (1, 1)
