"""`placement parity` with real ResourceManagers: agreement, and every kind of difference with its reason."""

from pathlib import Path
from typing import Any

import pytest

from tests.cluster.administrator import Administrator
from tests.cluster.yarn import Refused, Yarn

PROD, DEV, OPEN, DEFAULT = "root.applications.prod", "root.applications.dev", "root.open", "root.default"
QUEUES = """\
root: {admin: {users: [yarn]}}
queues:
  - {name: default, weight: 1}
  - name: applications
    weight: 3
    admin: {users: [frank]}
    queues: [{name: prod, weight: 2}, {name: dev, weight: 1}]
  - {name: open, weight: 1, submit: {users: [carol]}}
"""
MAP = """\
:prod  root.applications.prod
:dev   root.applications.dev
:prod  root.applications.dev if memory > 1g
pnda:  root.default
frank: root.applications.prod
"""
NOT_APPLIED = "but this is not applied: `placement plan`"


@pytest.fixture(params=["fair", pytest.param("capacity", marks=pytest.mark.engines)])
def administrator(request: pytest.FixtureRequest, tmp_path: Path) -> Administrator:
    yarn = request.getfixturevalue(f"{request.param}_yarn")
    made = Administrator(yarn, tmp_path)
    made.imports()
    (made.policy / "queues.yaml").write_text(QUEUES)
    (made.policy / "map.txt").write_text(MAP)
    with (made.policy / "site.yaml").open("a") as site:
        site.write("groups: {static: groups.yaml}\n")
    groups = {**yarn.users, "dave": ["prod"]}  # whom the ResourceManager knows in no group
    (made.policy / "groups.yaml").write_text(
        "".join(f"{user}: [{', '.join(names)}]\n" for user, names in groups.items())
    )
    return made


def differences(administrator: Administrator, users: str, *arguments: str) -> list[tuple[Any, ...]]:
    """(user, queue, gateway, ResourceManager, why) of each."""
    found = administrator.data("parity", "--users", users, *arguments)["differences"]
    return [tuple(each[key] for key in ("user", "queue", "gateway", "resource_manager", "why")) for each in found]


def is_let_in(yarn: Yarn, user: str, queue: str) -> bool:
    """Whether the ResourceManager takes an application into just that queue."""
    try:
        submitted = yarn.submit(user, queue)
    except Refused:
        return False
    report = yarn.wait(submitted)
    refused = "denied by ACL" in report["diagnostics"] or "does not have permission" in report["diagnostics"]
    return not refused and report["queue"] == queue


def test_parity(administrator: Administrator) -> None:
    yarn = administrator.yarn
    done = administrator.run("parity")
    assert (done.returncode, done.stdout) == (78, "")
    assert "rm-refused" in done.stderr
    assert "remedy: ask as who administers that queue" in done.stderr

    done = administrator.run("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    done = administrator.run("parity", "--users", "bob,pnda,nobody-at-all")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "3 users, 4 queues, no differences\n"

    condition = "line 3 of the map has a condition, which the gateway alone asks for"
    assert differences(administrator, "alice") == [("alice", DEV, False, True, condition)]
    no_rule = "no rule of the map is for it, but the policy opens it: user "
    assert differences(administrator, "carol") == [("carol", OPEN, False, True, f"{no_rule}carol, submit here")]
    frank = f"{no_rule}frank, admin of root.applications"
    assert differences(administrator, "frank") == [("frank", DEV, False, True, frank)]
    of_root = {(user, why) for user, *_, why in differences(administrator, "yarn")}
    assert of_root == {("yarn", f"{no_rule}yarn, admin of root")}
    unknown = "the policy opens it: group prod, submit here, but the ResourceManager does not have them in that group"
    assert differences(administrator, "dave") == [("dave", PROD, True, False, unknown)]
    done = administrator.run("parity", "--users", "bob", "--queues", "nope")
    assert done.returncode == 64, done.stderr

    # It is so: whoever submits past the gateway is let in, or not.
    submitted = [("carol", OPEN), ("frank", DEV), ("frank", PROD), ("bob", DEV), ("bob", PROD), ("dave", PROD)]
    assert [is_let_in(yarn, *each) for each in submitted] == [True, True, True, True, False, False]

    administrator.edit("alice: [prod]", "alice: [users]", "groups.yaml")
    why = "nothing in the policy opens it: the ResourceManager has other groups for them than `users`"
    assert differences(administrator, "alice", "--queues", "prod" if yarn.scheduler == "capacity" else PROD) == [
        ("alice", PROD, False, True, why)
    ]
    with (administrator.policy / "map.txt").open("a") as rules:
        rules.write(f"carol: {DEFAULT}\nerin: root.nope\n")
    opens = "the policy opens it: user carol, submit here"
    assert differences(administrator, "carol", "--queues", DEFAULT) == [
        ("carol", DEFAULT, True, False, f"{opens}, {NOT_APPLIED}")
    ]
    nowhere = "neither queues.yaml nor the ResourceManager has such a queue"
    assert differences(administrator, "erin", "--queues", DEFAULT) == [("erin", "root.nope", True, False, nowhere)]
    administrator.edit("- {name: open,", "- {name: new, weight: 1}\n  - {name: open,")
    administrator.edit("root.nope", "root.new", "map.txt")
    not_yet = "the ResourceManager has no such queue yet: `placement plan`"
    assert differences(administrator, "erin", "--queues", DEFAULT) == [("erin", "root.new", True, False, not_yet)]
