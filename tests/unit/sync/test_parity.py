"""What gateway and ResourceManager agree on, and the reason of every difference."""

import json

import pytest

from placement.policy_files import PolicyFiles
from placement.queues import access
from placement.schedulers.granted import granted
from placement.sync.difference import Change, Difference
from placement.sync.parity import Parity, Seen, named, says_of_access
from placement.yarn.client import ResourceManager
from tests.unit.builders import identity
from tests.unit.yarn.stub import answer, serving

QUEUES = """\
roles: {analysts: {groups: [bi], users: [ann]}}
root: {admin: {users: [yarn]}}
queues:
  - name: batch
    queues: [{name: large}, {name: small}]
  - {name: adhoc, submit: {roles: [analysts]}}
  - {name: open, submit: {users: [zoe]}}
  - {name: users, auto-create: {leaf: {submit: {users: [ann]}}}}
"""
MAP = """\
:etl root.batch.large if memory > 200g
:etl root.batch.small
@analysts root.adhoc
pat: root.batch
eve: root.users.%user
"""
SHOWN = ["root", "root.batch", "root.batch.large", "root.batch.small", "root.adhoc", "root.open", "root.users"]


@pytest.fixture
def parity(tmp_path):
    """`parity(queues..., is_applied=..., lets_anybody_in=...)`: queues: those that the ResourceManager shows."""
    (tmp_path / "queues.yaml").write_text(QUEUES)
    (tmp_path / "map.txt").write_text(MAP)
    files = PolicyFiles(str(tmp_path))

    def make(*shown, is_applied=True, lets_anybody_in=False, more_rules=""):
        (tmp_path / "map.txt").write_text(MAP + more_rules)
        files = PolicyFiles(str(tmp_path))
        tree = granted(files.queue_tree().hierarchy, files.placing_rules())[0]
        seen = Seen(shown or SHOWN, lets_anybody_in, is_applied)
        return Parity(files.policy(), files.placing_rules(), tree, seen)

    make.hierarchy = granted(files.queue_tree().hierarchy, files.placing_rules())[0]
    return make


def found(parity, user, groups, may, requests=None):
    differences = parity.of(identity(user, groups), parity.queues() if requests is None else requests, may)
    return [(each.request, each.queue, each.gateway, each.why) for each in differences]


def nobody(*_):
    return False


def everybody(*_):
    return True


def test_they_agree_where_the_resource_manager_does_what_it_is_told(parity):
    made = parity()

    def may(groups):
        return lambda user, queue, _: bool(access.of_user_in(made.granted, queue, user, groups))

    assert made.queues() == ["root.batch.large", "root.batch.small", "root.adhoc", "root.open"]
    for user, groups in (("ann", ["bi"]), ("bob", ["bi"]), ("carl", []), ("carl", ["users"])):
        assert found(made, user, groups, may(groups)) == []


def test_each_queue_is_asked_for_once_and_administrators_only_where_there_may_be_one(parity):
    asked = []

    def may(*question):
        asked.append(question)
        return True

    parity().of(identity("ann", ["bi"]), ["root.adhoc", "root.open"], may)
    assert asked == [("ann", "root.adhoc", False), ("ann", "root.open", False)]
    parity().of(identity("yarn", []), ["root.open"], may)
    parity(is_applied=None).of(identity("ann", ["bi"]), ["root.open"], may)
    assert asked[2:] == [("yarn", "root.open", True), ("ann", "root.adhoc", True), ("ann", "root.open", True)]


def test_why_the_gateway_alone_lets_somebody_in(parity):
    by_group = "the policy opens it: group etl, submit here"
    cases = [
        (parity(), "in that group"),
        (parity(is_applied=None), "in that group, or this is not applied: `placement plan`"),
        (parity(is_applied=False), "but this is not applied: `placement plan`"),
    ]
    for made, end in cases:
        ((request, queue, gateway, why),) = found(made, "carl", ["etl"], nobody, [])
        assert (request, queue, gateway) == (None, "root.batch.small", True)
        assert why.startswith(by_group)
        assert why.endswith(end)
    ((*_, why),) = found(parity(), "ann", [], nobody, [])
    assert why == (
        "the policy opens it: role analysts (user ann), submit here, but this is not in force: "
        "`placement plan`, or the ResourceManager's log, says why"
    )


def test_why_nobody_gets_into_a_queue_that_runs_nothing_or_is_not_there(parity):
    reasons = {
        found(parity(), "pat", [], everybody, [])[0][3],
        found(parity("root", "root.batch"), "carl", ["etl"], everybody, [])[0][3],
        found(parity(more_rules="joe: root.nope\n"), "joe", [], everybody, [])[0][3],
        found(parity(), "eve", [], nobody, [])[0][3],
    }
    assert reasons == {
        "it has queues below it, or is to have: nothing runs in it",
        "the ResourceManager has no such queue yet: `placement plan`",
        "neither queues.yaml nor the ResourceManager has such a queue",
        "it is created on demand, and until it is there, access to `root.users` is what counts",
    }
    assert found(parity(), "eve", [], lambda _, queue, __: queue == "root.users", []) == []


def test_why_the_resource_manager_alone_lets_somebody_in(parity):
    def why(made, user, groups, queue):
        ((request, asked, gateway, words),) = made_of(made, user, groups, queue)
        assert (request, asked, gateway) == (queue, queue, False)
        return words

    def made_of(made, user, groups, queue):
        return found(made, user, groups, lambda _, path, __: path == queue, [queue])[-1:]

    condition = "line 1 of the map has a condition, which the gateway alone asks for"
    assert why(parity(), "carl", ["etl"], "root.batch.large") == condition
    without_rule = "no rule of the map is for it, but the policy opens it: "
    assert why(parity(), "zoe", [], "root.open") == f"{without_rule}user zoe, submit here"
    assert why(parity(), "yarn", [], "root.open") == f"{without_rule}user yarn, admin of root"
    assert why(parity(lets_anybody_in=True), "joe", [], "root.open").startswith("the ResourceManager lets anybody in")
    other = "nothing in the policy opens it: the ResourceManager has other groups for them than `a`, `b`"
    assert why(parity(), "joe", ["a", "b"], "root.open") == other
    told = "nothing in the policy opens it, and the ResourceManager is told something else: `placement plan`"
    assert why(parity(is_applied=False), "joe", [], "root.open") == told
    assert "is it applied (`placement plan`)? Or" in why(parity(is_applied=None), "joe", [], "root.open")


def test_names_as_typed(parity):
    made = parity()
    assert [made.full_name(name) for name in ("root.open", "open", "users.x", "nope")] == [
        "root.open",
        "root.open",
        "root.users.x",
        None,
    ]


def test_who_is_named_but_for_mere_administrators(tmp_path):
    (tmp_path / "queues.yaml").write_text(QUEUES)
    (tmp_path / "map.txt").write_text(MAP)
    files = PolicyFiles(str(tmp_path))
    users, groups = named(files.placing_rules(), files.queue_tree().hierarchy)
    assert (users, groups) == (["ann", "eve", "pat", "zoe"], ["bi", "etl"])


@pytest.mark.parametrize(
    ("name", "is_access"),
    [
        ("aclSubmitApps", True),
        ("acl_administer_queue", True),
        ("auto-queue-creation-v2.leaf-template.acl_submit_applications", True),
        ("weight", False),
        ("aclListReservations", False),
    ],
)
def test_changes_of_access(name, is_access):
    assert says_of_access(Difference(changes=(Change("root.a", name, None, "x"),))) is is_access


# --- the command


def shown_queue(name, *below):
    return {"queueName": name, "childQueues": {"queue": list(below)}} if below else {"queueName": name}


FAIR = shown_queue(
    "root",
    shown_queue("root.batch", shown_queue("root.batch.large"), shown_queue("root.batch.small")),
    *map(shown_queue, ("root.adhoc", "root.open", "root.users")),
)


def manager(allowed, kind="fairScheduler"):
    """A ResourceManager where (user, queue) in `allowed` may submit."""

    def behave(request):
        path = request.split(" ")[1]
        if "/scheduler?" in path:
            return answer({"scheduler": {"schedulerInfo": {"type": kind, "rootQueue": FAIR}}})
        if "/access?" not in path:
            return answer("", "404 Not Found")
        user, queue = path.partition("user=")[2].partition("&")[0], path.split("/")[5]
        may = str((user, queue) in allowed and "SUBMIT" in path).lower()
        text = f"<rmQueueAclInfo><allowed>{may}</allowed></rmQueueAclInfo>"
        return answer(text, sort="application/xml")

    return behave


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "queues.yaml").write_text(QUEUES)
    (tmp_path / "map.txt").write_text("@analysts root.adhoc\nzoe: root.open\n")
    (tmp_path / "groups.yaml").write_text("bob: [bi]\ncarl: [users]\n")
    return tmp_path


def asked_of(run, folder, stub, *arguments):
    site = (
        f"groups: {{static: groups.yaml}}\nresource-managers: ['{stub.address}']\nsync: {{file: /nowhere/fair.xml}}\n"
    )
    (folder / "site.yaml").write_text(site)
    return run("parity", "--policy", folder, *arguments)


AS_TOLD = {("ann", "root.adhoc"), ("bob", "root.adhoc"), ("zoe", "root.open")}


def test_the_command_agrees(run, folder):
    with serving(manager(AS_TOLD)) as stub:
        status, out, err = asked_of(run, folder, stub)
    assert (status, out, err) == (0, "3 users, 4 queues, no differences\n", "")


def test_the_command_tells_differences(run, folder):
    more = {("joe", "root.batch.large"), ("joe", "root.batch.small"), ("joe", "root.open")}
    with serving(manager((AS_TOLD | more) - {("bob", "root.adhoc")})) as stub:
        status, out, _ = asked_of(run, folder, stub, "--users", "joe,bob,joe")
        assert status == 1
        assert out.splitlines() == [
            "joe asks for root.batch.large, root.batch.small, root.open: gateway no, ResourceManager yes: nothing in "
            "the policy opens it: is it applied (`placement plan`)? Or the ResourceManager has other groups for them "
            "than none",
            "bob is placed in root.adhoc: gateway yes, ResourceManager no: the policy opens it: role analysts "
            "(group bi), submit here, but the ResourceManager does not have them in that group, or this is not "
            "applied: `placement plan`",
            "2 users, 4 queues, 4 differences",
        ]
        status, out, _ = asked_of(run, folder, stub, "--users", "joe", "--queues", "open,adhoc", "--json")
    (one,) = json.loads(out)["differences"]
    assert (status, one["user"], one["request"], one["gateway"], one["resource_manager"]) == (
        1,
        "joe",
        "root.open",
        False,
        True,
    )


def test_a_wrong_call(run, folder):
    with serving(manager(AS_TOLD)) as stub:
        status, out, err = asked_of(run, folder, stub, "--queues", "nope")
        assert (status, out) == (64, "")
        assert "neither queues.yaml nor the ResourceManager has nope" in err
        (folder / "map.txt").write_text(":etl root.open\n")
        (folder / "queues.yaml").write_text("queues: [{name: open}]\n")
        status, _, err = asked_of(run, folder, stub)
    assert status == 64
    assert "say --users or --all-users" in err


def test_who_may_not_ask_is_told_what_to_do(run, folder):
    words = "User=me doesn't haven access to queue=root.adhoc so it cannot check ACLs for other users."
    refusal = answer({"RemoteException": {"message": words}}, "403 Forbidden")
    ok = manager(AS_TOLD)
    with serving(lambda request: refusal if "/access?" in request else ok(request)) as stub:
        status, out, err = asked_of(run, folder, stub)
    assert (status, out) == (78, "")
    assert "rm-refused" in err
    assert "remedy: ask as who administers that queue, such as `root: {admin: {users: [...]}}`" in err


def test_another_scheduler_or_none_at_all(run, folder):
    with serving(manager(AS_TOLD, "capacityScheduler")) as stub:
        status, _, err = asked_of(run, folder, stub)
    assert status == 78
    assert "other-scheduler" in err
    status, _, err = asked_of(run, folder, stub)
    assert status == 78
    assert "rm-unreachable" in err
    (folder / "queues.yaml").unlink()
    (folder / "map.txt").write_text("zoe: root.open\n")
    status, _, err = asked_of(run, folder, stub)
    assert status == 78
    assert "no-queues" in err


def test_either_right_lets_somebody_in():
    def behave(request):
        may = str("ADMINISTER_QUEUE" in request).lower()
        return answer(f"<rmQueueAclInfo><allowed>{may}</allowed></rmQueueAclInfo>", sort="application/xml")

    with serving(behave) as stub:
        manager = ResourceManager([stub.address])
        assert manager.may_submit("boss", "root.a")
        assert not manager.may_submit("boss", "root.a", can_administer=False)
