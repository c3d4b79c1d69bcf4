"""`placement access`, and what `placement check` finds in the tree itself."""

import json

import pytest

QUEUES = """\
roles:
  analysts: {groups: [bi], users: [ann]}
root:
  admin: {users: [yarn]}
queues:
  - name: batch
    submit: {groups: [etl]}
    admin: {users: [ops]}
    queues: [{name: large}]
  - {name: adhoc, submit: {roles: [analysts]}}
  - {name: default, submit: "*"}
  - {name: users, auto-create: {leaf: {submit: {users: [ann]}}}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "map.txt").write_text("* root.default\n")
    (tmp_path / "queues.yaml").write_text(QUEUES)
    return tmp_path


def access(run, folder, *arguments):
    return run("access", "--policy", folder, *arguments)


def test_what_a_user_may_do_and_why(run, folder):
    status, out, err = access(run, folder, "--user", "ann", "--groups", "users,etl")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "`ann` in `users`, `etl` may",
        "  submit root.batch (to the queues below it): group `etl`, `submit` here",
        "  submit root.batch.large: group `etl`, `submit` of root.batch",
        "  submit root.adhoc: role `analysts` as user ann, `submit` here",
        "  submit root.default: everybody, `submit` here",
    ]


def test_who_may_use_a_queue_by_entry_and_origin(run, folder):
    status, out, _ = access(run, folder, "--queue", "batch.large")
    assert status == 0
    assert out.splitlines() == [
        "`root.batch.large`",
        "  may administer and submit: user `ops`, `admin` of root.batch",
        "  may administer and submit: user `yarn`, `admin` of root",
        "  may submit: group `etl`, `submit` of root.batch",
    ]
    _, out, _ = access(run, folder, "--queue", "adhoc")
    assert "  may submit: role `analysts`, `submit` here (user `ann`, group `bi`)" in out.splitlines()


def test_a_user_in_one_queue(run, folder):
    assert access(run, folder, "--user", "ann", "--groups", "", "--queue", "adhoc")[0] == 0
    status, out, _ = access(run, folder, "--user", "eve", "--groups", "", "--queue", "adhoc")
    assert (status, out) == (2, "`eve` in no group may do nothing in `root.adhoc`\n")
    assert access(run, folder, "--user", "ann", "--groups", "", "--queue", "users.new")[0] == 0
    assert access(run, folder, "--user", "eve", "--groups", "", "--queue", "users.new")[0] == 2


def test_a_queue_that_there_is_not(run, folder):
    status, out, _ = access(run, folder, "--queue", "nope")
    assert (status, out) == (2, "there is no queue `root.nope` in queues.yaml\n")


def test_a_leaf_name_is_a_queue_of_the_capacity_scheduler(run, folder):
    (folder / "site.yaml").write_text("scheduler: capacity\n")
    assert access(run, folder, "--queue", "large")[1].startswith("`root.batch.large`\n")


def test_plain_data(run, folder):
    status, out, _ = access(run, folder, "--user", "ops", "--groups", "", "--json")
    assert status == 0
    grant = {"right": "admin", "queue": "root.batch", "kind": "user", "name": "ops"}
    batch = json.loads(out)["queues"][0]
    assert batch == {"queue": "root.batch", "leaf": False, "submit": [grant], "admin": [grant]}
    status, out, _ = access(run, folder, "--queue", "nope", "--json")
    assert status == 2
    assert json.loads(out) == {"user": None, "groups": None, "queue": "root.nope", "known": False, "queues": []}


def test_groups_come_from_where_the_site_says(run, folder):
    (folder / "site.yaml").write_text("groups: {static: groups.yaml}\n")
    (folder / "groups.yaml").write_text("eve: [etl]\n")
    assert "root.batch.large" in access(run, folder, "--user", "eve")[1]


@pytest.mark.parametrize("arguments", [(), ("--groups", "a", "--queue", "q")])
def test_a_wrong_call(run, folder, arguments):
    assert access(run, folder, *arguments)[0] == 64


@pytest.mark.parametrize("text", [None, "roles: {}\n", "queues: [{nam: x}]\n"])
def test_without_readable_queues_nothing_can_be_said(run, folder, text):
    (folder / "queues.yaml").unlink()
    if text is not None:
        (folder / "queues.yaml").write_text(text)
    status, out, err = access(run, folder, "--user", "ann", "--groups", "")
    assert (status, out) == (78, "")
    assert ("no-queues" if text != "queues: [{nam: x}]\n" else "unknown-key") in err


def test_check_shows_what_makes_no_sense_in_the_tree(run, folder):
    (folder / "queues.yaml").write_text(QUEUES.replace("name: large", "name: large, reserved: 50%, maximum: 5%"))
    (folder / "map.txt").write_text("* root.nope\n")
    status, out, _ = run("check", folder, "--json")
    assert status == 1
    found = [(each["code"], each["line"], each["column"]) for each in json.loads(out)]
    assert found == [("reserved-above-maximum", 9, 38), ("unknown-queue", 1, 3)]


def test_check_shows_it_although_the_map_cannot_be_read(run, folder):
    (folder / "queues.yaml").write_text("queues: [{name: default, reserved: 50%, maximum: 5%}]\n")
    (folder / "map.txt").write_text("word root.nope\n")
    codes = [each["code"] for each in json.loads(run("check", folder, "--json")[1])]
    assert codes == ["reserved-above-maximum", "bare-word"]


def test_what_makes_no_sense_in_the_tree_keeps_nobody_from_being_placed(run, folder):
    (folder / "queues.yaml").write_text("queues: [{name: default, reserved: 50%, maximum: 5%}]\n")
    assert run("decide", "--policy", folder, "--user", "ann", "--groups", "")[0] == 0
