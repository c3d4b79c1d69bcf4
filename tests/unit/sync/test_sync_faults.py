"""What goes wrong around import, render, plan, apply, rollback and history: told in words, and nothing half done.

The ResourceManager here shows the queues of its file, as one that has just read it again, until a test has it fail.
"""

import contextlib
import json
import os
import resource
import socket
import sys
import time
import traceback

import pytest

from placement.cli import main, syncing
from placement.errors import PlacementError
from placement.schedulers import xml
from placement.schedulers.fair import file as fair_file
from placement.sync.history import History
from placement.sync.targets import capacity_file as capacity_target
from placement.sync.targets import fair_file as fair_target
from placement.sync.targets import waiting
from placement.yarn import client
from tests.unit.yarn.stub import answer, serving, standby

MAP = "zoe: root.a\n"
QUEUES = "root: {admin: {users: [yarn]}}\nqueues:\n  - {name: a, submit: {users: [zoe]}}\n"
NEW = QUEUES + "  - {name: b}\n"
REFUSED, SAME, UNCLEAR, CHANGES = 78, 1, 3, 2  # exit status


class Cluster:
    """A site on `stub`, its policy in `policy`; `hook` has the first word on each request, by its number."""

    def __init__(self, folder, scheduler="fair"):
        self.scheduler = scheduler
        self.policy, self.history = folder / "policy", folder / "history"
        self.file = folder / f"{scheduler}-scheduler.xml"
        self.hook = lambda *_: None
        self.number = 0
        self.shown = None  # content of the file that it works by; None: what is there
        self.policy.mkdir()
        (self.policy / "map.txt").write_text(MAP)
        (self.policy / "queues.yaml").write_text(QUEUES)

    def __call__(self, request):
        self.number += 1
        given = self.hook(self.number, request)
        if given is not None:
            return given
        path = request.split(" ")[1]
        if "/access?" in path:
            return answer("<rmQueueAclInfo><allowed>true</allowed></rmQueueAclInfo>", sort="application/xml")
        if "/scheduler-conf" in path:
            return answer("", "400 Bad Request")
        if "/scheduler-overview" in path:
            return answer({"scheduler": {"schedulerType": f"{self.scheduler.title()} Scheduler"}})
        return answer(self.scheduler_answer())

    def scheduler_answer(self):
        paths = ["root", "root.a"]
        with contextlib.suppress(OSError, PlacementError):  # as a ResourceManager goes on with what it had
            paths = fair_file.read(self.shown or self.file.read_bytes(), "")[0].queues
        root = {"queueName": "root", "childQueues": {"queue": [{"queueName": path} for path in list(paths)[1:]]}}
        return {"scheduler": {"schedulerInfo": {"type": f"{self.scheduler}Scheduler", "rootQueue": root}}}

    def entries(self):
        return History(str(self.history)).entries()

    def site(self, address, more=""):
        places = f"sync: {{file: {self.file}, history: {self.history}}}"
        text = f"scheduler: {self.scheduler}\nresource-managers: ['{address}']\n{places}\n{more}"
        (self.policy / "site.yaml").write_text(text)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(waiting, "PAUSE_S", 0.001)
    monkeypatch.setattr(client, "PAUSE_S", 0.001)
    for target in (fair_target, capacity_target):
        monkeypatch.setattr(target, "until_none", lambda missing, _: waiting.until_none(missing, 0.05))


@pytest.fixture
def run(run):
    """As that of conftest, with the exit status that a shell sees."""

    def call(*arguments):
        status, out, err = run(*arguments)
        return status or 0, out, err

    return call


@pytest.fixture
def cluster(tmp_path, run):
    """A cluster on which the policy of QUEUES is in force, and that of NEW is to be."""
    made = Cluster(tmp_path)
    with serving(made) as stub:
        made.stub = stub
        made.site(stub.address)
        assert run("render", "--policy", made.policy, "-o", made.file)[0] == 0
        made.old = made.file.read_bytes()
        (made.policy / "queues.yaml").write_text(NEW)
        assert run("render", "--policy", made.policy, "-o", made.file)[0] == 0
        made.new = made.file.read_bytes()
        made.file.write_bytes(made.old)
        made.number = 0
        yield made


@pytest.fixture
def on(run, cluster):
    """`on(arguments...)`: `placement` on that cluster."""
    return lambda *arguments: run(arguments[0], "--policy", cluster.policy, *arguments[1:])


def plain(err):
    assert "Traceback" not in err
    return err


def test_it_works_where_nothing_fails(cluster, on):
    status, out, _ = on("plan", "--json")
    assert status == CHANGES
    assert json.loads(out)["added"] == ["root.b"]
    assert on("apply", "--yes")[0] == 0
    assert cluster.file.read_bytes() == cluster.new
    assert on("plan")[:2][0] == 0
    status, out, _ = on("history", "--json")
    assert [(each["number"], each["outcome"]) for each in json.loads(out)] == [(1, "applied")]
    assert on("rollback", "--yes")[0] == 0
    assert cluster.file.read_bytes() == cluster.old


# --- the ResourceManager


def slow(_):
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n"
    for _ in range(40):
        time.sleep(0.05)
        yield b" "


def reset(_):
    """Nothing but the end of the connection."""
    return iter(())


FAULTS = {
    "slow": (slow, "rm-unreachable"),
    "breaks off": (answer({"scheduler": {}}, Content_Length=9999), "rm-unreachable"),
    "no answer": (reset, "rm-unreachable"),
    "500": (answer("<html>", "500 Internal Server Error", "text/html"), "rm-unreachable"),
    "401": (answer("", "401 Unauthorized", WWW_Authenticate="Negotiate"), "rm-refused"),
    "403": (answer({"RemoteException": {"message": "no"}}, "403 Forbidden"), "rm-refused"),
    "standby": (standby("http://rm2.example.invalid/ws/v1/cluster/scheduler"), "rm-standby"),
    "no active": (standby(), "rm-standby"),
    "redirect": (answer("", "302 Found", Location="http://proxy.example.invalid/login"), "rm-answer"),
    "login page": (answer("<html>log in</html>", sort="text/html"), "rm-answer"),
    "no JSON": (answer("{"), "rm-answer"),
    "other JSON": (answer([{"scheduler": 3}]), "rm-answer"),
    "deep JSON": (answer("[" * 100_000), "rm-answer"),
    "nameless queue": (answer({"scheduler": {"schedulerInfo": {"type": "fairScheduler", "rootQueue": {}}}}),
                       "rm-answer"),
    "other scheduler": (answer({"scheduler": {"schedulerType": "Fifo Scheduler"}}),
                        "other-scheduler"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", ["plan", "plan --json", "apply --yes", "rollback --yes"])
def test_a_resource_manager_that_cannot_be_asked_stops_all_before_anything_is_done(
    cluster, on, command, fault, monkeypatch
):
    given, code = FAULTS[fault]
    cluster.hook = lambda _, request: given(request) if callable(given) else given
    if command != "plan" and fault == "slow":
        pytest.skip("the same as of plan, and slow")
    if fault == "slow":
        monkeypatch.setattr(syncing, "TIMEOUT_S", 0.5)
    status, out, err = on(*command.split())
    assert (status, out) == (REFUSED, "")
    assert f"error[{code}]" in plain(err)
    assert cluster.file.read_bytes() == cluster.old
    assert cluster.entries() == []


def questions(cluster, on):
    """How many questions an apply asks."""
    cluster.number = 0
    assert on("apply", "--yes")[0] == 0
    count = cluster.number
    assert on("rollback", "--yes")[0] == 0
    return count


def whole(cluster, status):
    """That the file is the old or the new one, and the history says which."""
    content = cluster.file.read_bytes()
    assert content in (cluster.old, cluster.new)
    outcomes = [entry.outcome for entry in cluster.entries()][2:]
    if status == REFUSED:
        assert (content, outcomes) == (cluster.old, [])
    elif status == 0:
        assert (content, outcomes) == (cluster.new, ["applied"])
    elif status == SAME:
        assert (content, outcomes) == (cluster.old, ["restored"])
    else:
        assert (status, outcomes) == (UNCLEAR, ["failed"])


@pytest.mark.parametrize("is_for_good", [True, False])
@pytest.mark.parametrize("fault", ["no answer", "500", "no active", "no JSON", "breaks off"])
def test_a_resource_manager_that_dies_amid_an_apply_leaves_it_done_or_undone(cluster, on, fault, is_for_good):
    count = questions(cluster, on)
    given, _ = FAULTS[fault]
    seen = set()
    for number in range(1, count + 1):
        cluster.number = 0
        cluster.hook = lambda now, request, number=number: (
            (given(request) if callable(given) else given)
            if now >= number and (is_for_good or now < number + 2)
            else None
        )
        status, _, err = on("apply", "--yes")
        plain(err)
        whole(cluster, status)
        seen.add(status)
        cluster.hook = lambda *_: None
        assert on("apply", "--yes")[0] == 0
        assert cluster.file.read_bytes() == cluster.new
        cluster.file.write_bytes(cluster.old)
        for entry in sorted(cluster.history.iterdir())[2:]:
            remove(entry)
    assert REFUSED in seen


def remove(entry):
    if entry.is_dir():
        for file in entry.iterdir():
            file.unlink()
        entry.rmdir()


def test_what_the_resource_manager_does_not_take_up_is_taken_back(cluster, on):
    cluster.shown = cluster.old
    status, _, err = on("apply", "--yes")
    assert status == SAME
    assert "not-taken-up" in plain(err)
    assert "what was in force is in force again" in err
    assert cluster.file.read_bytes() == cluster.old
    assert [entry.outcome for entry in cluster.entries()] == ["restored"]


# --- the disk


def limited(bytes_, *arguments):
    """`placement` where no file may grow beyond so many bytes, as on a full disk: its exit status and all it says."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):  # it must not go on as the tests
            os.dup2(writer, 1)
            os.dup2(writer, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            sys.dont_write_bytecode = True  # Python leaves a .pyc that it could not write whole, for all who come after
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))
            sys.argv = ["placement", *map(str, arguments)]
            os._exit(_status_of_main())
        os._exit(99)
    os.close(writer)
    with open(reader) as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def test_on_a_full_disk_an_apply_is_done_or_undone(cluster, on):
    assert questions(cluster, on)
    longest = max(len(cluster.new), 900)
    seen = {}
    for bytes_ in [0, 1, *range(100, longest, 40), longest + 2000]:
        status, said = limited(bytes_, "apply", "--yes", "--policy", cluster.policy)
        assert "Traceback" not in said, said
        content = cluster.file.read_bytes()
        assert status in (0, SAME, UNCLEAR, REFUSED), (bytes_, said)
        assert content == (cluster.new if status == 0 else cluster.old), (bytes_, status, said)
        seen[status] = said
        assert not [name for name in os.listdir(cluster.file.parent) if name.startswith(".placement.")]
        assert on("plan")[0] == (0 if status == 0 else CHANGES)
        cluster.file.write_bytes(cluster.old)
        for entry in sorted(cluster.history.iterdir())[2:]:
            remove(entry)
    assert {0, REFUSED} <= set(seen)
    assert "make room in" in seen[REFUSED]


def _status_of_main():
    try:
        main()
    except SystemExit as ended:
        return ended.code or 0
    except BaseException:  # noqa: BLE001 # whatever it is, the test is to see it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 99


@pytest.mark.parametrize("command", ["render", "plan", "import"])
def test_what_cannot_be_written_for_want_of_room_is_not_there_at_all(cluster, tmp_path, command):
    calls = {
        "render": ("render", "--policy", cluster.policy, "-o", tmp_path / "out"),
        "plan": ("plan", "--policy", cluster.policy, "-o", tmp_path / "out"),
        "import": ("import", "fair", cluster.file, "--to", tmp_path / "out"),
    }
    for bytes_ in range(0, 140, 20):
        status, said = limited(bytes_, *calls[command])
        assert (status, "error[unwritable]" in said) == (REFUSED, True), (bytes_, said)
        assert not (tmp_path / "out").is_file()
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("command", ["render", "plan"])
@pytest.mark.parametrize("name", ["nowhere/file", "folder"])
def test_an_output_that_cannot_be(on, tmp_path, command, name):
    (tmp_path / "folder").mkdir()
    status, _, err = on(command, "-o", tmp_path / name)
    assert status == REFUSED
    assert "error[unwritable]" in plain(err)


# --- the history


def spoil_as_file(cluster):
    cluster.history.write_text("")


def spoil_lock(cluster):
    (cluster.history / "lock").mkdir(parents=True)


def spoil_rights(cluster):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    cluster.history.mkdir(mode=0o500)


@pytest.mark.parametrize("spoil", [spoil_as_file, spoil_lock, spoil_rights])
@pytest.mark.parametrize("command", ["apply", "rollback"])
def test_without_a_history_nothing_is_applied(cluster, on, spoil, command):
    spoil(cluster)
    status, _, err = on(command, "--yes")
    assert status == REFUSED
    assert "error[history-un" in plain(err)
    assert cluster.file.read_bytes() == cluster.old


@pytest.mark.parametrize("content", [b"", b"[]", b'{"number": 1}', b"\xff", b"[" * 100_000])
@pytest.mark.parametrize(
    "command", ["plan", "plan --json", "apply --yes", "rollback --yes", "history", "history --json"]
)
def test_a_record_of_nonsense_is_named(cluster, on, command, content):
    assert on("apply", "--yes")[0] == 0
    (cluster.history / "000001" / "record.json").write_bytes(content)
    status, out, err = on(*command.split())
    assert (status, out) == (REFUSED, "")
    assert "error[history-unreadable]" in plain(err)
    assert "000001/record.json" in err
    assert cluster.file.read_bytes() == cluster.new


@pytest.mark.parametrize("spoil", [None, b"", b"<allocations", b"<!DOCTYPE a><allocations/>"])
def test_nobody_goes_back_to_what_the_history_has_lost(cluster, on, spoil):
    assert on("apply", "--yes")[0] == 0
    kept = cluster.history / "000001" / "before.xml"
    kept.unlink() if spoil is None else kept.write_bytes(spoil)
    status, _, err = on("rollback", "--yes")
    assert status == REFUSED
    assert "error[" in plain(err)
    assert "000001/before.xml" in err
    assert str(cluster.file) not in err
    assert cluster.file.read_bytes() == cluster.new
    assert len(cluster.entries()) == 1


@pytest.mark.parametrize(("outcome", "name"), [("applied", "after"), ("begun", "before"), ("failed", "after")])
@pytest.mark.parametrize("command", ["plan", "apply --yes", "rollback --yes"])
def test_what_the_history_has_lost_is_named_by_whoever_asks_what_is_in_force(cluster, on, command, outcome, name):
    assert on("apply", "--yes")[0] == 0
    history = History(str(cluster.history))
    history.end(history.entries()[-1], outcome)
    mine = edited(cluster)
    cluster.file.write_bytes(mine)
    (cluster.history / "000001" / f"{name}.xml").write_bytes(b"<allocations")
    status, out, err = on(*command.split())
    assert (status, out) == (REFUSED, "")
    assert f"000001/{name}.xml" in plain(err)
    assert str(cluster.file) not in err
    assert cluster.file.read_bytes() == mine


def test_one_apply_at_a_time(cluster, on):
    with History(str(cluster.history)).locked():
        for command in ("apply", "rollback"):
            status, _, err = on(command, "--yes")
            assert status == REFUSED
            assert "error[apply-running]" in plain(err)
    assert cluster.file.read_bytes() == cluster.old
    assert on("apply", "--yes")[0] == 0


# --- changed by others


def edited(cluster):
    """The file as its administrator has changed it: one more queue."""
    content = cluster.file.read_bytes().replace(b'<queue name="a">', b'<queue name="mine"/><queue name="a">')
    assert b"mine" in content
    return content


def test_what_somebody_else_has_changed_is_shown(cluster, on):
    assert on("apply", "--yes")[0] == 0
    mine = edited(cluster)
    cluster.file.write_bytes(mine)
    status, out, _ = on("plan")
    assert status == CHANGES
    assert "changed by somebody else since the last apply:\n  + root.mine\n" in out
    status, out, _ = on("plan", "--json")
    assert json.loads(out)["drift"]["added"] == ["root.mine"]
    assert cluster.file.read_bytes() == mine
    status, out, _ = on("apply", "--yes")
    assert status == 0
    assert "changed by somebody else since the last apply:\n  + root.mine\n" in out
    kept = (cluster.history / "000002" / "before.xml").read_bytes()
    assert kept == mine


def test_a_saved_plan_is_stale_once_the_file_or_the_policy_has_changed(cluster, on, tmp_path):
    saved = tmp_path / "plan.json"
    assert on("plan", "-o", saved)[0] == CHANGES
    mine = edited(cluster)
    cluster.file.write_bytes(mine)
    status, _, err = on("apply", saved, "--yes")
    assert status == REFUSED
    assert "error[stale-plan]" in plain(err)
    assert cluster.file.read_bytes() == mine
    cluster.file.write_bytes(cluster.old)
    (cluster.policy / "map.txt").write_text(MAP + "# no rule\n")
    status, _, err = on("apply", saved, "--yes")
    assert status == REFUSED
    assert "the policy had revision" in plain(err)
    (cluster.policy / "map.txt").write_text(MAP)
    assert on("apply", saved, "--yes")[0] == 0
    status, _, err = on("apply", saved, "--yes")
    assert status == REFUSED
    assert "error[stale-plan]" in plain(err)
    assert [entry.outcome for entry in cluster.entries()] == ["applied"]


def test_an_edit_amid_an_apply_is_never_lost(cluster, on):
    count = questions(cluster, on)
    mine = edited(cluster)
    for number in range(1, count + 1):
        cluster.number = 0

        def edit(now, _, number=number):
            if now == number:
                cluster.file.write_bytes(edited(cluster))

        cluster.hook = edit
        status, out, err = on("apply", "--yes")
        plain(err)
        content = cluster.file.read_bytes()
        kept = [file.read_bytes() for file in sorted(cluster.history.glob("*/before.xml"))[2:]]
        assert b"mine" in content or mine in kept, (number, status, out, err)
        if b"mine" not in content:
            assert "- root.mine" in out, (number, status, out, err)
        cluster.hook = lambda *_: None
        cluster.file.write_bytes(cluster.old)
        for entry in sorted(cluster.history.iterdir())[2:]:
            remove(entry)


def test_a_policy_that_changes_meanwhile_is_applied_as_it_was_shown_or_not_at_all(cluster, on):
    count = questions(cluster, on)
    for number in range(1, count + 1):
        cluster.number = 0
        (cluster.policy / "queues.yaml").write_text(NEW)

        def edit(now, _, number=number):
            if now == number:
                (cluster.policy / "queues.yaml").write_text("queues: [")

        cluster.hook = edit
        status, _, err = on("apply", "--yes")
        plain(err)
        whole(cluster, status)
        cluster.hook = lambda *_: None
        cluster.file.write_bytes(cluster.old)
        for entry in sorted(cluster.history.iterdir())[2:]:
            remove(entry)


# --- plans, policies and files of nonsense


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[]", b"{}", b'{"format": 1}', b"[" * 100_000, b"<plan/>"])
def test_a_plan_of_nonsense(cluster, on, tmp_path, content):
    saved = tmp_path / "plan.json"
    saved.write_bytes(content)
    status, out, err = on("apply", saved, "--yes")
    assert (status, out) == (REFUSED, "")
    assert "error[not-a-plan]" in plain(err)
    assert cluster.entries() == []


def test_a_plan_that_is_not_there_or_not_to_be_trusted(cluster, on, tmp_path):
    for saved in (tmp_path / "nowhere", tmp_path):
        status, _, err = on("apply", saved, "--yes")
        assert status == REFUSED
        assert str(saved) in plain(err)
    saved = tmp_path / "plan.json"
    assert on("plan", "-o", saved)[0] == CHANGES
    saved.chmod(0o666)
    status, _, err = on("apply", saved, "--yes")
    assert status == REFUSED
    assert "writable-by-all" in plain(err)
    assert cluster.file.read_bytes() == cluster.old


BROKEN = {
    "queues.yaml": [
        "queues: [",
        "- a",
        "queues: 3",
        "\x00",
        "queues: [{name: 'a.b'}]",
        "queues: [{name: a}, {name: a}]",
    ],
    "map.txt": ["zoe root.a", "zoe: root.nope"],
    "site.yaml": ["sync: 3", "sync: {file: relative.xml}", "sync: {history: {}}", "scheduler: maui"],
    "expectations.yaml": ["- {user: zoe, groups: [], expect: root.b}", "nonsense"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BROKEN.items() for text in texts])
@pytest.mark.parametrize("command", ["plan", "apply --yes"])
def test_a_policy_that_is_at_fault_is_not_planned(cluster, on, command, name, text):
    (cluster.policy / name).write_text(text)
    status, out, err = on(*command.split())
    assert (status, out) == (REFUSED, "")
    assert "error[" in plain(err)
    assert cluster.file.read_bytes() == cluster.old


@pytest.mark.parametrize(
    "text",
    [
        "defaults: {fair: {queuePlacementPolicy: '<queuePlacementPolicy'}}",
        "defaults: {fair: {queuePlacementPolicy: '<!DOCTYPE a [<!ENTITY b \"c\">]><queuePlacementPolicy>&b;</a>'}}",
        "defaults: {fair: {queueMaxAppsDefault: many}}",
        "defaults: {fair: {'<x': 1}}",
        "defaults: {fair: {'': 1}}",
        "queues: [{name: a, fair: {weight: heavy}}]",
        "queues: [{name: a, fair: {'a b': \"\\u0001\"}}]",
        'queues: [{name: "a\\u0001"}]',
        "queues: [{name: a, submit: {users: ['two words']}}]",
    ],
)  # fmt: skip
def test_what_cannot_be_a_file_of_the_scheduler_is_never_put_there(cluster, on, text):
    """It is refused in words, or taken for what another reader of the file makes of it, too."""
    (cluster.policy / "queues.yaml").write_text(f"{text}\n" + ("queues: [{name: a}]\n" if "defaults" in text else ""))
    for command in (["render"], ["plan"], ["apply", "--yes"]):
        status, out, err = on(*command)
        plain(err)
        assert status in (0, SAME, CHANGES, REFUSED), (command, out, err)
        fair_file.read(cluster.file.read_bytes(), "in force")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"<allocations", b"<other/>", b"<!DOCTYPE a><allocations/>", b"\xff\xfe<\x00", b"PK\x03\x04"],
)
@pytest.mark.parametrize("command", ["plan", "plan --json", "apply --yes"])
def test_a_file_in_force_that_nobody_can_read_is_left_alone(cluster, on, command, content):
    cluster.file.write_bytes(content)
    status, out, err = on(*command.split())
    assert (status, out) == (REFUSED, "")
    assert f"{cluster.file}" in plain(err)
    assert cluster.file.read_bytes() == content


def test_a_file_in_force_that_is_not_there(cluster, on):
    cluster.file.unlink()
    status, _, err = on("apply", "--yes")
    assert status == REFUSED
    assert "error[no-scheduler-file]" in plain(err)
    assert not cluster.file.exists()


# --- import


BOMB = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
FILES = {
    "bomb": f'<!DOCTYPE a [<!ENTITY x0 "x">{BOMB}]><allocations><queue name="&x9;"/></allocations>'.encode(),
    "entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><allocations><queue name="&x;"/></allocations>',
    "remote": b'<!DOCTYPE a SYSTEM "http://dtd.example.invalid/a.dtd"><allocations/>',
    "deep": b"<allocations>" + b'<queue name="a">' * 100_000,
    "closed deep": b"<allocations>" + b'<queue name="a">' * 5_000 + b"</queue>" * 5_000 + b"</allocations>",
    "large": b"<allocations>" + b" " * (50 * 2**20) + b"</allocations>",
    "long name": b'<allocations><queue name="' + b"a" * 100_000 + b'"/></allocations>',
    "no XML": b"queues: []",
    "binary": bytes(range(256)),
    "nothing": b"",
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><allocations/>'.encode("utf-16-le"),
    "no encoding": b'<?xml version="1.0" encoding="klingon"?><allocations/>',
    "half": b'<allocations><queue name="a"><weight>1</wei',
    "names": b'<allocations><queue name="a.b"/><queue name=""/><queue/></allocations>',
}


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_file_that_is_refused_by_import_leaves_no_folder(run, tmp_path, name, scheduler, more):
    file = tmp_path / "scheduler.xml"
    file.write_bytes(FILES[name])
    status, out, err = run("import", scheduler, file, "--to", tmp_path / "policy", *more)
    plain(err)
    assert "root:x:0:0" not in out + err
    assert len(out + err) < 5000
    if status == REFUSED:
        assert (out, (tmp_path / "policy").exists()) == ("", False)
        assert str(file) in err
    else:
        assert (status, name) in ((0, "long name"), (0, "utf-16"), (0, "closed deep"), (0, "names"))
        assert run("check", tmp_path / "policy")[0] in (0, 1)


def test_what_is_included_is_looked_for_beside_the_file_and_may_be_missing_where_there_is_a_fallback(run, tmp_path):
    prefix = "<property><name>yarn.scheduler.capacity.root."
    for name, words in {
        "main.xml": f'<include href="queues.xml"/><include href="gone.xml"><fallback>{prefix}a.state</name>'
        "<value>STOPPED</value></property></fallback></include>",
        "queues.xml": f"{prefix}queues</name><value>a</value></property>"
        f"{prefix}a.capacity</name><value>100</value></property>",
    }.items():
        (tmp_path / name).write_text(f"<configuration>{words}</configuration>")
    status, _, err = run("import", "capacity", tmp_path / "main.xml", "--to", tmp_path / "policy")
    assert status == 0, err
    queues = (tmp_path / "policy" / "queues.yaml").read_text()
    assert "name: a" in queues
    assert "STOPPED" in queues
    (tmp_path / "queues.xml").unlink()
    status, _, err = run("import", "capacity", tmp_path / "main.xml", "--to", tmp_path / "other")
    assert (status, "include-refused" in err) == (REFUSED, True)


def test_more_than_is_read_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr(xml, "LARGEST", 100)
    file = tmp_path / "scheduler.xml"
    file.write_bytes(b"<allocations>" + b" " * 100 + b"</allocations>")
    assert run("import", "fair", file, "--to", tmp_path / "policy")[0] == REFUSED


@pytest.mark.parametrize("name", ["queues.yaml", "map.txt", "site.yaml"])
def test_nothing_is_written_over_by_import(run, cluster, tmp_path, name):
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / name).write_text("mine")
    status, out, err = run("import", "fair", cluster.file, "--to", folder)
    assert (status, out) == (REFUSED, "")
    assert "error[in-the-way]" in plain(err)
    assert [(file.name, file.read_text()) for file in folder.iterdir()] == [(name, "mine")]
    (folder / name).unlink()
    (folder / name).symlink_to("nowhere")
    assert run("import", "fair", cluster.file, "--to", folder)[0] == REFUSED


def test_import_from_and_to_where_there_is_nothing(run, cluster, tmp_path):
    listening = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(listening))
        for file in (tmp_path / "nowhere", tmp_path, listening, cluster.file / "below"):
            status, out, err = run("import", "fair", file, "--to", tmp_path / "out")
            assert (status, out) == (REFUSED, ""), file
            assert "error[unreadable]" in plain(err)
    for folder in (cluster.file, cluster.file / "below", "/proc/nowhere"):
        status, out, err = run("import", "fair", cluster.file, "--to", folder)
        assert (status, out) == (REFUSED, "")
        assert "error[" in plain(err)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everywhere")
def test_import_without_rights(run, cluster, tmp_path):
    cluster.file.chmod(0)
    assert run("import", "fair", cluster.file, "--to", tmp_path / "out")[0] == REFUSED


def test_import_prints_data(run, cluster, tmp_path):
    status, out, _ = run("import", "fair", cluster.file, "--to", tmp_path / "out", "--json")
    assert status == 0
    assert isinstance(json.loads(out), list)
    status, out, _ = run("render", "--policy", tmp_path / "out", "--json")
    assert status == 0
    assert json.loads(out)["scheduler"] == "fair"
