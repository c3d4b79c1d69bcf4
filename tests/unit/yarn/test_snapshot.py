"""The cluster of one moment, from what real ResourceManagers of Hadoop 3.5.0 answered, and from nonsense."""

import json
import os
from copy import deepcopy
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from placement.admission.resources import Resources
from placement.admission.snapshot import QueueUse, Seen, Snapshot, UserUse
from placement.errors import PlacementError
from placement.gateway import TAG
from placement.yarn import fair_use, moment, snapshot_file
from placement.yarn.answers import BadAnswerError, Overview
from placement.yarn.client import ResourceManager
from placement.yarn.moment import Queues
from placement.yarn.moment_shapes import LiveApp, QueueNow, UserNow, UsersNow
from placement.yarn.shapes import Amount
from placement.yarn.snapshot import Watcher, _snapshot
from placement.yarn.terms import NO_AM_LIMIT, Terms, terms
from placement.yarn.user_limits import UserLimits
from tests.unit.yarn.stub import answer, code_of, serving, standby

DATA = Path(__file__).parents[2] / "data" / "yarn"
TERMS = Terms(increment=Resources(150, 1), am_shares={"root.am": 0.25, "root.small": NO_AM_LIMIT})
APPS = "apps"
NOT_FOUND = answer({"RemoteException": {"message": "null for uri"}}, "404 Not Found")


def recorded(scheduler):
    return json.loads((DATA / f"{scheduler}-3.5.0.json").read_text())


def answering(said):
    """What a server does that has these answers by path; what is bytes is sent as it is."""

    def behave(request):
        path = request.split(" ")[1].partition("?")[0].removeprefix("/ws/v1/cluster/")
        body = said[path]
        return body if isinstance(body, bytes) else answer(body)

    return behave


def taken(said, of=TERMS):
    with serving(answering(said)) as rm:
        return Watcher(ResourceManager([rm.address]), lambda: 1.5, of).snapshot()


def root_of(said):
    found = said["scheduler"]["scheduler"]["schedulerInfo"]
    return found.get("rootQueue", found)


def queue_of(said, *names):
    """The JSON of a queue by the last parts of its path."""
    at = root_of(said)
    for name in names:
        below = (at.get("childQueues") or at.get("queues"))["queue"]
        at = next(each for each in below if each["queueName"].rpartition(".")[2] == name)
    return at


def R(memory, vcores):  # noqa: N802 # so that it can be read over
    return Resources(memory, vcores)


def test_a_fair_cluster():
    found = taken(recorded("fair"))
    assert (found.taken_s, found.scheduler, found.counts_vcores, found.nodes) == (1.5, "fair", True, 1)
    assert (found.total, found.free) == (R(8192, 8), R(6392, 2))
    assert (found.minimum, found.step, found.largest) == (R(200, 1), R(150, 1), R(8192, 4))
    assert found.term == recorded("fair")["info"]["clusterInfo"]["startedOn"]
    assert next(iter(found.queues)) == "root"
    root, apps = found.queues["root"], found.queues["root.apps"]
    assert (root.used, root.running, root.pending, root.waiting) == (R(1800, 6), 6, 4, R(1200, 4))
    assert (apps.is_leaf, apps.maximum, apps.used, apps.running, apps.max_running) == (
        False, R(4096, 4), R(600, 2), 2, 4,
    )  # fmt: skip
    assert found.user_running == {"dave": 3, "carol": 2, "alice": 1}
    assert found.queues["root.am"].users == {"alice": UserUse(R(300, 1), running=1, pending=3)}


def test_the_share_of_application_masters_under_the_fair_scheduler():
    queues = taken(recorded("fair")).queues
    # 2048 x 0.25; of vcores the policy `fair` gives no share, so it is of the 2 that are available: x 0.25, rounded up
    assert (queues["root.am"].am_maximum, queues["root.am"].am_used) == (R(512, 1), R(300, 1))
    assert queues["root.am"].am_largest == R(512, 2)
    assert queues["root.small"].am_maximum is None
    # What REST shows for root.default is 3072: of the time before root.apps and root.small began to run.
    assert queues["root.default"].am_maximum == R(2304 // 2, 1)
    # Nothing runs in root.apps.prod, beside dev: 3 of 4 parts of what root.apps has, 2304, and of that the half.
    assert queues["root.apps.prod"].am_maximum == R(2304 * 3 // 4 // 2, 1)


def test_what_is_reserved_counts_as_used_under_the_fair_scheduler():
    said = recorded("fair")
    queue_of(said, "apps", "dev")["reservedResources"] |= {"memory": 1000, "vCores": 1}
    said["metrics"]["clusterMetrics"] |= {"reservedMB": 1000, "reservedVirtualCores": 1}
    found = taken(said)
    assert found.queues["root.apps.dev"].used == R(1600, 3)
    assert found.free == R(5392, 1)


def test_a_capacity_cluster():
    found = taken(recorded("capacity"))
    assert (found.scheduler, found.counts_vcores, found.total, found.free) == (
        "capacity",
        False,
        R(8192, 8),
        R(6912, 5),
    )
    assert found.step == found.minimum == R(256, 1)
    root, prod, small = (found.queues[path] for path in ("root", "root.apps.prod", "root.small"))
    assert (root.maximum, root.used, root.running, root.pending) == (R(8192, 8), R(1280, 3), 3, 6)
    assert (prod.maximum, prod.used, prod.waiting) == (R(6553, 6), R(1024, 2), R(512, 1))
    assert (prod.am_maximum, prod.am_used) == (R(1280, 1), R(1024, 2))
    assert (prod.max_applications, prod.user_max_applications, prod.max_running) == (4200, 2100, None)
    # 3 of them are kept back by max-parallel-apps, which is in no count but that of all applications
    assert (small.running, small.pending, small.max_running) == (1, 5, 3)
    assert (small.users["carol"].running, small.users["carol"].pending) == (1, 5)
    assert found.applications == (
        Seen("0123456789abcdef", "application_1795280305042_0001", "alice", "root.apps.prod", "ACCEPTED", R(512, 1),
             1795280478113),
    )  # fmt: skip


def test_the_users_of_a_capacity_queue():
    prod = taken(recorded("capacity")).queues["root.apps.prod"]
    # minimum-user-limit-percent 50 of 3440, rounded up; the ResourceManager itself shows 1792 for bob
    assert (prod.users["bob"].maximum.memory_mib, prod.user_maximum.memory_mib) == (1792, 1792)
    # alice alone waits for containers: what she gets raises her limit, up to the capacity of the queue
    assert prod.users["alice"].maximum.memory_mib == 3584
    # of 3440 x 0.2: all for the only one who waits, as the ResourceManager shows; half each if there is one more
    assert prod.users["alice"].am_maximum.memory_mib == 768
    assert prod.user_am_maximum.memory_mib == 512


@pytest.mark.parametrize("state", ["NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED"])
@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_what_the_scheduler_does_not_count_yet_waits_in_its_queue(scheduler, state):
    said = recorded(scheduler)
    before = taken(said).queues["root"]
    (*_, last) = said[APPS]["apps"]["app"]
    said[APPS]["apps"]["app"].append({**last, "id": "application_9_0009", "state": state, "allocatedMB": -1})
    found = taken(said)
    assert found.queues["root"].pending == before.pending + 1
    assert found.queues["root"].waiting.memory_mib > before.waiting.memory_mib


def test_an_application_master_of_which_no_size_is_told_asks_for_the_minimum():
    said = recorded("fair")
    for each in said[APPS]["apps"]["app"]:
        each.pop("resourceRequests", None)
    assert taken(said).queues["root.am"].waiting == R(3 * 200, 3)


def test_a_queue_that_is_stopped_and_one_that_is_an_empty_parent():
    said = recorded("capacity")
    queue_of(said, "apps", "dev")["state"] = "DRAINING"
    said["scheduler"]["scheduler"]["schedulerInfo"]["queues"]["queue"].append(
        {"queueName": "users", "state": "RUNNING", "maxParallelApps": 7}
    )
    queues = taken(said).queues
    assert not queues["root.apps.dev"].takes_applications
    assert queues["root.apps"].takes_applications
    assert (queues["root.users"].is_leaf, queues["root.users"].max_running) == (False, 7)


def test_the_order_of_questions_and_what_is_asked_but_once():
    said = recorded("capacity")
    with serving(answering(said)) as rm:
        watcher = Watcher(ResourceManager([rm.address]), lambda: 1.0, TERMS)
        watcher.snapshot()
        first = [line.removeprefix("/ws/v1/cluster/").partition("?")[0] for line in rm.lines]
        assert first == ["info", "scheduler-overview", APPS, APPS, "scheduler", "metrics", "info"]
        assert "deSelects=resourceRequests" in rm.lines[2]
        assert "states=ACCEPTED" in rm.lines[3]
        assert "FINISHED" not in rm.lines[2]
        said[APPS] = {"apps": None}
        watcher.snapshot()
        assert [line.split("/")[4].partition("?")[0] for line in rm.lines[7:]] == [
            "info", APPS, "scheduler", "metrics", "info",
        ]  # fmt: skip


def test_another_one_becomes_active_meanwhile():
    said = recorded("fair")

    def behave(request):
        if "/metrics" in request.split(" ")[1]:
            said["info"]["clusterInfo"]["startedOn"] += 1
        return answering(said)(request)

    with serving(behave) as rm:
        watcher = Watcher(ResourceManager([rm.address]), lambda: 1.0, TERMS)
        assert code_of(watcher.snapshot)[0] == "rm-changed"
        rm.behave = answering(said)
        watcher.snapshot()
        assert sum("scheduler-overview" in line for line in rm.lines) == 2  # the new one is asked for itself


def test_a_standby_among_them():
    with serving(standby()) as first, serving(answering(recorded("fair"))) as second:
        first.behave = lambda request: (
            answer({"clusterInfo": {"haState": "STANDBY", "hadoopVersion": "3.5.0"}})
            if "/info" in request
            else standby()
        )
        rm = ResourceManager([first.address, second.address])
        assert Watcher(rm, lambda: 1.0, TERMS).snapshot().nodes == 1
        assert len(first.asked) == 1


def test_it_ends_in_time():
    with serving(answering(recorded("fair"))) as rm:
        code, message = code_of(Watcher(ResourceManager([rm.address]), lambda: 1.0, TERMS, within_s=-1).snapshot)
        assert (code, rm.asked) == ("rm-slow", [])
        assert "more than -1 s" in message


@pytest.mark.parametrize("path", ["info", "scheduler-overview", APPS, "scheduler", "metrics"])
@pytest.mark.parametrize(
    ("given", "code"),
    [
        (answer("", "500 Oh"), "rm-unreachable"),
        (standby(), "rm-standby"),
        (answer("<html>", sort="text/html"), "rm-answer"),
        (answer("{"), "rm-answer"),
        (answer("[]"), "rm-answer"),
        (answer('{"x": NaN}'), "rm-answer"),
        (answer({"RemoteException": {"message": "no"}}, "403 Forbidden"), "rm-refused"),
    ],
)
def test_one_answer_that_fails_is_no_snapshot(path, given, code):
    assert code_of(lambda: taken(recorded("fair") | {path: given}))[0] == code


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
@pytest.mark.parametrize("nonsense", ["x", -1, 10**30, 1.5, [], {}, True, None])
def test_nonsense_for_any_value_is_an_error_of_ours_or_a_snapshot(scheduler, nonsense):
    whole = recorded(scheduler)
    codes = set()
    for path in list(_places(whole)):
        said = deepcopy(whole)
        at = said
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = nonsense
        try:
            _made(*(json.dumps(said[each]).encode() for each in ("scheduler", APPS, "metrics")))
        except BadAnswerError:
            pass
        except PlacementError as error:
            codes.add(error.problems[0].code)
    assert codes <= {"no-queues"}


def _places(data, path=()):
    """Where something stands, but for what is like another place."""
    below = data.items() if isinstance(data, dict) else enumerate(data[:1]) if isinstance(data, list) else ()
    for key, value in below:
        if path or key in ("scheduler", APPS, "metrics"):
            yield (*path, key)
        yield from _places(value, (*path, key))


def _made(scheduler, apps, metrics):
    found = moment.applications(apps)
    made = _snapshot(1.0, 1, Overview(), found, found, moment.queues(scheduler), moment.metrics(metrics), TERMS)
    assert msgspec.convert(json.loads(json.dumps(made.as_data())), Snapshot) == made


def test_before_hadoop_3_4_the_minimum_is_that_of_this_machine():
    said = recorded("fair") | {"scheduler-overview": NOT_FOUND}
    found = taken(said, Terms(minimum=R(77, 1)))
    assert (found.minimum, found.largest) == (R(77, 1), R(8192, 4))  # the largest is that of the root queue


def test_older_releases_write_one_element_alone_and_leaf_names():
    said = recorded("capacity")
    said[APPS] = {"apps": {"app": said[APPS]["apps"]["app"][3] | {"queue": "prod"}}}
    queue_of(said, "apps", "prod")["users"] = {"user": queue_of(said, "apps", "prod")["users"]["user"][1]}
    apps = queue_of(said, "apps")
    apps["queues"] = {"queue": apps["queues"]["queue"][0]}
    found = taken(said)
    assert {each.queue for each in found.applications} <= {"root.apps.prod"}
    assert sorted(found.queues["root.apps.prod"].users) == ["alice", "bob"]
    assert "root.apps.dev" not in found.queues


def test_before_hadoop_3_1_the_maximum_is_a_part_of_the_cluster():
    said = recorded("capacity")
    prod = queue_of(said, "apps", "prod")
    del prod["capacities"]
    assert taken(said).queues["root.apps.prod"].maximum == R(int(8192 * 0.8), 7)


def test_a_cluster_of_another_scheduler():
    said = recorded("fair")
    said["scheduler"]["scheduler"]["schedulerInfo"] = {"type": "fifoScheduler", "capacity": 1.0}
    assert code_of(lambda: taken(said))[0] == "no-queues"
    said["scheduler"]["scheduler"]["schedulerInfo"] = {"type": "Own", "queueName": "root"}
    assert code_of(lambda: taken(said))[0] == "no-queues"


def test_an_application_as_the_ledger_wants_it():
    tag = f"{TAG}{'ab' * 8}"
    assert moment.decision(LiveApp("a", "u", "q", "RUNNING", applicationTags=f"x,{tag},{TAG}7")) == "ab" * 8
    assert moment.decision(LiveApp("a", "u", "q", "RUNNING", applicationTags=f"x{tag}")) is None
    hidden = LiveApp("a", "u", "q", "ACCEPTED", allocatedMB=-1, allocatedVCores=-1, reservedMB=-1)
    assert (moment.allocated(hidden), moment.has_begun(hidden)) == (R(0, 0), False)
    assert moment.allocated(LiveApp("a", "u", "q", "RUNNING", None, 0, 512, 1, 256, 1)) == R(768, 2)


@given(data=st.data())
def test_a_newcomer_is_never_promised_a_larger_fair_share_than_it_will_have(data):
    """Beside a filling of buckets, as `ComputeFairShares` does it."""
    total = data.draw(st.integers(1000, 100_000))
    weights = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    maxima = [data.draw(st.integers(1, total)) for _ in weights]
    running = data.draw(st.lists(st.booleans(), min_size=len(weights), max_size=len(weights)))
    running[0] = False  # the newcomer
    steady = filled(total, weights, maxima, [True] * len(weights))
    fair = filled(total, weights, maxima, running)
    queues = {"root": QueueNow("root", fairResources=Amount(total), maxResources=Amount(total))}
    for number, maximum in enumerate(maxima):
        queues[f"root.{number}"] = QueueNow(
            f"root.{number}",
            maxResources=Amount(maximum),
            fairResources=Amount(fair[number]),
            steadyFairResources=Amount(steady[number]),
        )
    found = fair_use._FairShares(queues, {path: moment.resources(each.maxResources) for path, each in queues.items()})
    real = filled(total, weights, maxima, [True, *running[1:]])[0]
    # The shares that are told are whole numbers, cut off; one MiB of another counts as much as it weighs.
    assert found.of("root.0").memory_mib <= real + 1 + sum(weights)
    if not any(running):
        assert found.of("root.0").memory_mib == min(total, maxima[0]) or not steady[0]


def filled(total, weights, maxima, running):
    left = {number for number, is_running in enumerate(running) if is_running}
    shares = [0] * len(weights)
    while left:
        level = (total - sum(shares)) / sum(weights[number] for number in left)
        full = {number for number in left if maxima[number] <= weights[number] * level}
        for number in full or left:
            shares[number] = maxima[number] if full else int(weights[number] * level)
        left -= full or left
    return shares


@given(
    used=st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=4),
    percent=st.sampled_from([10, 25, 50, 100]),
    factor=st.sampled_from([0.5, 1.0, 2.0, -1.0]),
    capacity=st.integers(0, 40),
)
def test_a_users_limit_is_where_that_of_the_resource_manager_rises_no_more(used, percent, factor, capacity):
    """Beside the ResourceManager's own formula, asked again each time the user has got one more container."""
    step, maximum = 100, 5000
    users = [UserNow(f"u{n}", Amount(each * step), isActive=is_active) for n, (each, is_active) in enumerate(used)]
    queue = QueueNow("q", userLimit=percent, userLimitFactor=factor, users=UsersNow(users))
    limits = UserLimits(queue, R(capacity * step, 0), R(maximum, 0), R(step, 0))
    own = 0
    while own + step <= (limit := computed(used, own, capacity * step, percent / 100, factor, step, maximum)):
        own += step
    assert abs(limits.maximum(None).memory_mib - max(own, min(limit, own + step))) <= step


def computed(used, own, capacity, percent, factor, step, maximum):
    """`UsersManager.computeUserLimit` for a newcomer who has `own` by now."""
    active = own + sum(each * step for each, is_active in used if is_active)
    consumed = own + sum(each * step for each, _ in used)
    least = max(capacity, step)
    current = least if consumed < least else consumed + step
    limit = max((active + step) / (1 + sum(is_active for _, is_active in used)), current * percent)
    return -(-min(limit, maximum if factor == -1 or not capacity else least * factor) // step) * step


AMOUNTS = st.builds(Resources, st.integers(-(2**40), 2**40), st.integers(-(2**31), 2**31))
COUNTS = st.integers(0, 2**31)
MAYBE = st.none() | AMOUNTS
USERS = st.builds(UserUse, AMOUNTS, AMOUNTS, COUNTS, COUNTS, MAYBE, MAYBE)
QUEUES = st.builds(
    QueueUse,
    is_leaf=st.booleans(),
    maximum=AMOUNTS,
    used=AMOUNTS,
    takes_applications=st.booleans(),
    running=COUNTS,
    pending=COUNTS,
    waiting=AMOUNTS,
    max_running=st.none() | COUNTS,
    max_applications=st.none() | COUNTS,
    am_maximum=MAYBE,
    user_maximum=MAYBE,
    users=st.dictionaries(st.text(max_size=3), USERS, max_size=2),
    largest=MAYBE,
)
SEEN = st.builds(Seen, *[st.text(max_size=4)] * 5, AMOUNTS, COUNTS)
SNAPSHOTS = st.builds(
    Snapshot,
    taken_s=st.floats(0, 1e10),
    scheduler=st.sampled_from(["fair", "capacity"]),
    queues=st.dictionaries(st.text(max_size=4), QUEUES, max_size=3),
    total=AMOUNTS,
    free=AMOUNTS,
    minimum=AMOUNTS,
    largest=MAYBE,
    counts_vcores=st.booleans(),
    user_running=st.dictionaries(st.text(max_size=3), COUNTS, max_size=2),
    applications=st.lists(SEEN, max_size=2).map(tuple),
    nodes=COUNTS,
    term=st.integers(0, 2**53),
)


@given(SNAPSHOTS)
def test_a_snapshot_comes_back_from_its_data(snapshot):
    assert msgspec.convert(json.loads(json.dumps(snapshot.as_data())), Snapshot) == snapshot


def test_a_snapshot_is_published_and_read(tmp_path):
    path = str(tmp_path / "snapshot.json")
    assert snapshot_file.read(path) is None
    found = taken(recorded("capacity"))
    snapshot_file.write(path, found)
    snapshot_file.write(path, later := replace(found, taken_s=2.5))
    assert snapshot_file.read(path) == later
    assert json.loads(Path(path).read_bytes())["v"] == 1


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b'{"v": 1}', b'{"v": 2, "snapshot": {}}', b"\xff", b"7"]
)
def test_a_spoilt_file_is_refused(tmp_path, content):
    path = tmp_path / "snapshot.json"
    path.write_bytes(content)
    assert code_of(lambda: snapshot_file.read(str(path)))[0] == "bad-snapshot"


def test_a_file_of_somebody_else_is_refused(tmp_path, monkeypatch):
    path = str(tmp_path / "snapshot.json")
    snapshot_file.write(path, found := taken(recorded("fair")))
    owner = 12345
    if os.geteuid() == 0:
        os.chown(path, owner, owner)
    else:
        owner = os.geteuid()
        monkeypatch.setattr(snapshot_file.os, "geteuid", lambda: 0)
    assert code_of(lambda: snapshot_file.read(path))[0] == "snapshot-owner"
    assert snapshot_file.read(path, {owner}) == found
    os.chmod(path, 0o666)
    assert code_of(lambda: snapshot_file.read(path, {owner}))[0] == "writable-by-all"


YARN_SITE = "<configuration>{}</configuration>"
PROPERTY = "<property><name>{}</name><value>{}</value></property>"
TYPE_INCREMENT = "yarn.resource-types.memory-mb.increment-allocation"


@pytest.mark.parametrize(
    ("said", "minimum", "increment"),
    [
        ({}, R(1024, 1), R(1024, 1)),
        ({"yarn.scheduler.minimum-allocation-mb": "128"}, R(128, 1), R(1024, 1)),
        ({"yarn.scheduler.minimum-allocation-vcores": "2"}, R(1024, 2), R(1024, 1)),
        ({"yarn.scheduler.increment-allocation-mb": "512"}, R(1024, 1), R(512, 1)),
        ({"yarn.scheduler.increment-allocation-mb": "512", TYPE_INCREMENT: "128"}, R(1024, 1), R(128, 1)),
        ({TYPE_INCREMENT: "2 Gi"}, R(1024, 1), R(2048, 1)),
        ({TYPE_INCREMENT: "1G"}, R(1024, 1), R(953, 1)),
        ({"yarn.resource-types.vcores.increment-allocation": "2"}, R(1024, 1), R(1024, 2)),
    ],
)
def test_what_yarn_site_says_of_containers(tmp_path, said, minimum, increment):
    properties = "".join(PROPERTY.format(*each) for each in said.items())
    (tmp_path / "yarn-site.xml").write_text(YARN_SITE.format(properties))
    found = terms({"HADOOP_CONF_DIR": str(tmp_path)}, am_share=0.3)
    assert (found.minimum, found.increment, found.am_share) == (minimum, increment, 0.3)


@pytest.mark.parametrize("key", ["yarn.scheduler.minimum-allocation-mb", TYPE_INCREMENT])
@pytest.mark.parametrize("value", ["much", "-1", "1.5", "3 Xi"])
def test_an_amount_of_yarn_site_that_is_none(tmp_path, key, value):
    (tmp_path / "yarn-site.xml").write_text(YARN_SITE.format(PROPERTY.format(key, value)))
    code, message = code_of(lambda: terms({"HADOOP_CONF_DIR": str(tmp_path)}))
    assert (code, key in message, value in message) == ("bad-allocation", True, True)


def test_a_queue_of_a_fair_cluster_by_itself():
    """Where types are not said at all, a leaf is what has nothing below it."""
    text = {"queueName": "root", "childQueues": {"queue": [{"queueName": "root.a"}]}}
    found = moment.queues(
        json.dumps({"scheduler": {"schedulerInfo": {"type": "fairScheduler", "rootQueue": text}}}).encode()
    )
    assert isinstance(found, Queues)
    assert found.leaves == {"root.a"}
