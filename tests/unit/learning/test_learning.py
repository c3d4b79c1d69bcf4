"""Passes of learning: from what finished to the table, whatever is away, by several gateways."""

import os
import sqlite3
import stat
import time

import pytest

from placement.errors import PlacementError
from placement.estimate.keys import keys_of
from placement.estimate.predict import Limits, predict
from placement.estimate.row import WIDTH
from placement.estimate.table import HEAD, Table
from placement.learning import learner as learner_module
from placement.learning import learning as learning_module
from placement.learning.learning import Learning
from placement.learning.observation import features
from placement.policy_files import PolicyFiles
from placement.sizing.lookup import finder
from placement.store.ledger import open_ledger
from placement.yarn.terms import Terms
from tests.unit.learning.learned_rows import rows
from tests.unit.learning.site_to_learn import HOUR_S, MIB, USER, finished, logged, manager, site
from tests.unit.yarn.stub import serving

ASKED_MIB = 4096 + 409  # and what Spark adds


@pytest.fixture
def gateways(tmp_path):
    """`gateways(name)`: one that learns for the site in the test's folder."""
    found = []

    def call(name="gateway-1"):
        found.append(Learning(str(tmp_path / "ledger.db"), name, USER, {}))
        return found[-1]

    yield call
    for each in found:
        each.close()


def one_pass(learning, folder, **more):
    said = PolicyFiles(str(folder)).site()
    return learning.once(said, said.estimates, Terms(), **more)


def predicted(folder, user=USER, request_mib=ASKED_MIB, name="estimates.table"):
    """What the table says of the executors of the job that finished."""
    with open(folder / name, "rb") as file:
        table = Table(lambda size, place: os.pread(file.fileno(), size, place), WIDTH)
        said = {"application": "nightly_sales", "user": user, "kind": "spark", "script": "job.py", "role": "executor"}
        said |= {"arguments": ["a"], "request_bytes": request_mib * MIB}
        keys = keys_of(said)
        return predict(keys, finder(table), said, Limits())


def test_what_finished_is_read_learned_and_told(tmp_path, gateways):
    apps = [finished(number, HOUR_S * (9 - number)) for number in range(6)]
    for each in apps:
        logged(tmp_path / "events", each)
    with serving(manager(apps)) as rm:
        site(tmp_path, rm.address)
        gateway = gateways()
        found = one_pass(gateway, tmp_path)
        assert (found.leads, found.learned, found.troubles) == (True, 12, [])
        assert found.progress.rows == 12
        assert time.time() - found.written_s < 60
        needed = predicted(tmp_path)
        assert needed.runs == 6
        assert 700 * MIB <= needed.safe_bytes < 1500 * MIB
        there = os.stat(tmp_path / "estimates.table")
        assert (stat.S_IMODE(there.st_mode), there.st_uid) == (0o644, os.geteuid())
        again = one_pass(gateway, tmp_path)
        assert (again.learned, again.progress.rows) == (0, 0)
        assert os.stat(tmp_path / "estimates.table").st_ino == there.st_ino
        os.unlink(tmp_path / "estimates.table")
        one_pass(gateway, tmp_path)
        assert predicted(tmp_path).runs == 6


def observed(folder, gateway):
    """The row of the executors of one application that finished."""
    app = finished(1, HOUR_S)
    logged(folder / "events", app)
    with serving(manager([app])) as rm:
        site(folder, rm.address)
        one_pass(gateway, folder)
    (row,) = [row for row in gateway._runs.of_application(app["id"]) if row.role == "executor"]
    return row


def test_requests_are_rounded_as_the_scheduler_does(tmp_path, gateways):
    row = observed(tmp_path, gateways())
    assert (row.request_bytes, row.allocated_bytes) == (ASKED_MIB * MIB, 5120 * MIB)


def test_what_is_away_keeps_nothing_else_from_being_learned(tmp_path, gateways):
    site(tmp_path, "http://127.0.0.1:9")
    gateway = gateways()
    gateway._runs.add(rows(50))
    found = one_pass(gateway, tmp_path)
    assert (found.learned, [each.code for each in found.troubles]) == (50, ["rm-unreachable"])
    assert found.keys > 10
    (tmp_path / "events").rmdir()
    assert [each.code for each in one_pass(gateway, tmp_path).troubles] == ["no-event-logs"]


def test_a_table_that_cannot_be_written_is_written_when_it_can(tmp_path, gateways):
    site(tmp_path, "http://127.0.0.1:9", table=tmp_path / "no" / "table")
    gateway = gateways()
    gateway._runs.add(rows(50))
    with pytest.raises(PlacementError) as caught:
        one_pass(gateway, tmp_path)
    assert caught.value.problems[0].code == "unwritable"
    (tmp_path / "no").mkdir()
    assert one_pass(gateway, tmp_path).learned == 0
    assert (tmp_path / "no" / "table").stat().st_size > 1000


def test_one_gateway_learns_at_a_time_and_each_has_the_table(tmp_path, gateways):
    site(tmp_path, "http://127.0.0.1:9")
    first, second = gateways("gateway-1"), gateways("gateway-2")
    first._runs.add(rows(50))
    other = open_ledger(str(tmp_path / "ledger.db"), "gateway-3")
    assert other.lead(time.time(), 60, "learning")
    assert (one_pass(first, tmp_path).leads, first._states.mark()) == (False, 0)
    other.lead(time.time(), 0, "learning")
    assert one_pass(first, tmp_path).learned == 50
    mine = (tmp_path / "estimates.table").read_bytes()
    assert other.lead(time.time(), 60, "learning")
    site(tmp_path, "http://127.0.0.1:9", table=tmp_path / "second.table")
    found = one_pass(second, tmp_path)
    assert (found.leads, found.learned, found.keys) == (False, 0, len(list(first._learner.rows())))
    assert (tmp_path / "second.table").read_bytes()[HEAD:] == mine[HEAD:]
    other.close()


def test_another_choice_makes_another_table(tmp_path, gateways):
    site(tmp_path, "http://127.0.0.1:9")
    gateway = gateways()
    gateway._runs.add(rows(200, jobs=2))
    one_pass(gateway, tmp_path)
    balanced = {key: row.first for key, row in gateway._learner.rows()}
    site(tmp_path, "http://127.0.0.1:9", choice="safe")
    assert one_pass(gateway, tmp_path).learned == 0
    safe = {key: row.first for key, row in gateway._learner.rows()}
    assert safe.keys() == balanced.keys()
    assert sum(safe.values()) > sum(balanced.values())


def test_what_is_older_than_is_kept_goes(tmp_path, gateways):
    site(tmp_path, "http://127.0.0.1:9", keep="30d")
    found = rows(20)
    gateway = gateways()
    gateway._runs.add(found)
    one_pass(gateway, tmp_path)
    assert len(gateway._runs.since(0)) == 20
    later = Learning(str(tmp_path / "ledger.db"), "g", USER, {}, lambda: found[-1].finished_s + 40 * 86400)
    one_pass(later, tmp_path)
    assert later._runs.since(0) == []
    assert list(later._learner.rows()) == []
    later.close()


def test_it_stops_soon_and_goes_on_where_it_was(tmp_path, gateways):
    site(tmp_path, "http://127.0.0.1:9")
    gateway = gateways()
    gateway._runs.add(rows(60))
    gateway.stop()
    assert one_pass(gateway, tmp_path).learned == 0
    assert one_pass(gateways("gateway-2"), tmp_path).learned == 60


def test_a_lost_lease_ends_the_pass(tmp_path, gateways, monkeypatch):
    monkeypatch.setattr(learner_module, "PORTION", 100)
    monkeypatch.setattr(learning_module, "RENEWED_S", -1.0)
    site(tmp_path, "http://127.0.0.1:9")
    gateway = gateways()
    gateway._runs.add(rows(150))

    def steal(_):
        with sqlite3.connect(tmp_path / "ledger.db") as connection:
            connection.execute("UPDATE lease SET agent = 'gateway-9'")
        connection.close()

    assert one_pass(gateway, tmp_path, tell=steal).learned == 100


def test_a_long_pass_leaves_tables_behind(tmp_path, gateways, monkeypatch):
    monkeypatch.setattr(learner_module, "PORTION", 100)
    monkeypatch.setattr(learning_module, "WRITTEN_S", 0.0)
    monkeypatch.setattr(learning_module, "SHARE", 0)
    site(tmp_path, "http://127.0.0.1:9")
    gateway = gateways()
    gateway._runs.add(rows(250))
    seen = []
    one_pass(gateway, tmp_path, tell=lambda _: seen.append((tmp_path / "estimates.table").exists()))
    assert seen[0] is False
    assert seen[-1] is True


def test_the_features_of_a_row_are_those_of_the_run_that_was_observed(tmp_path, gateways):
    row = observed(tmp_path, gateways())
    assert features(row) | {"request_bytes": 0} == {
        "application": "nightly_sales",
        "user": USER,
        "kind": "spark",
        "script": "job.py",
        "arguments": ["a"],
        "role": "executor",
        "request_bytes": 0,
        "input_bytes": None,
        "executors": 2,
        "queue": "root.batch",
    }
