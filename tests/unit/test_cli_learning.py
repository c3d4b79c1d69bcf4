"""`placement learn` and `placement advise`, from the outside."""

import getpass
import json
import re
import time

import pytest

from placement.learning.lines import rows_of
from placement.store.engine import open_engine
from placement.store.ledger import open_ledger
from placement.store.runs import Runs
from tests.unit.learning.learned_rows import GIB, row
from tests.unit.learning.site_to_learn import HOUR_S, finished, logged, manager, site
from tests.unit.yarn.stub import serving

USER = getpass.getuser()


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A policy folder with six runs that were given 5 GiB and used 700 MiB, and its ResourceManager."""
    apps = [finished(number, HOUR_S * (9 - number)) for number in range(6)]
    for each in apps:
        logged(tmp_path / "events", each)
    monkeypatch.setenv("PLACEMENT_POLICY", str(tmp_path))
    with serving(manager(apps)) as rm:
        site(tmp_path, rm.address)
        yield tmp_path


def test_learn_reads_what_finished_and_writes_the_table(run, cluster):
    status, out, err = run("learn")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert re.fullmatch(r"read 6 applications that ended since \d{4}-\d\d-\d\d \d\d:\d\d: 12 new rows", lines[0])
    assert lines[-1] == f"learned 12 rows; 9 keys are known; {cluster}/estimates.table is written"
    assert (cluster / "estimates.table").exists()
    status, out, _ = run("learn", "--json", "--days", "1")
    assert status == 0
    told = json.loads(out)
    assert (told["rows"], told["learned"], told["problems"]) == (0, 0, [])


def test_learn_tells_what_it_could_not_do(run, cluster):
    site(cluster, "http://127.0.0.1:9")
    status, out, err = run("learn", "--json")
    assert status == 1
    assert json.loads(out)["problems"][0]["code"] == "rm-unreachable"
    assert "rm-unreachable" in err


def test_learn_waits_for_who_learns(run, cluster, monkeypatch):
    monkeypatch.setattr("placement.cli.learn.PATIENCE_S", 0.2)
    monkeypatch.setattr("placement.cli.learn.AGAIN_S", 0.05)
    other = open_ledger(str(cluster / "ledger.db"), "gateway-3")
    other.lead(time.time(), 60, "learning")
    status, _, err = run("learn")
    assert status == 1
    assert "learning-elsewhere" in err
    other.lead(time.time(), 0, "learning")
    other.close()
    assert run("learn")[0] == 0


@pytest.mark.parametrize("command", ["learn", "advise"])
def test_a_site_without_estimates(run, tmp_path, command):
    (tmp_path / "map.txt").write_text("* root.a\n")
    status, out, err = run(command, "--policy", tmp_path)
    assert (status, out) == (78, "")
    assert "estimates-off" in err


@pytest.mark.usefixtures("cluster")
def test_advise_ranks_the_waste_and_says_what_to_ask_for(run):
    assert run("learn")[0] == 0
    status, out, err = run("advise")
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines() if line]
    head = next(place for place, line in enumerate(lines) if line[:2] == ["APPLICATION", "USER"])
    name, user, queue, role, runs, failed, wasted, given, _, used, *_, ask, unit = lines[head + 1]
    assert (name, user, queue, role, runs, failed) == ("nightly_sales", USER, "root.batch", "executor", "6", "0")
    assert float(wasted) == pytest.approx(6 * 2 * (5 - 700 / 1024) / 60, abs=0.06)
    assert (given, used, unit) == ("5.0", "0.7", "GiB")
    assert 0.7 <= float(ask) < 1.5
    assert [line for line in lines if line[0] == USER]


def own(runs):
    for number, each in enumerate(runs):
        yield row(number, **({"finished_s": time.time() - 1000 + number} | each))


def test_advise_of_a_user_or_queue_of_those_days(run, cluster):
    engine = open_engine(str(cluster / "ledger.db"))
    jobs = [{"name": f"load_{day}", "user": "ann", "queue": "root.a"} for day in range(20260101, 20260105)] + [
        {"name": "report", "user": "bob", "queue": "root.b", "peak": None, "ended": "out-of-memory"}
    ]
    jobs += [{"name": "old", "user": "ann", "queue": "root.a", "finished_s": time.time() - 40 * 86400}]
    jobs += [{"name": "unmeasured", "user": "eve", "queue": "root.b", "peak": None}]
    Runs(engine).add(own(jobs))
    engine.dispose()
    site(cluster, "http://127.0.0.1:9", keep="90d")
    run("learn")

    def told(*options):
        status, out, _ = run("advise", "--json", *options)
        assert status == 0
        return json.loads(out)

    found = told("--user", "ann")
    assert [each["name"] for each in found["users"]] == ["ann"]
    assert [(each["runs"], each["user"]) for each in found["applications"]] == [(4, "ann")]
    assert found["wasted_gib_h"] == pytest.approx(4 * 4 * 14 / 6)
    assert 2 * GIB <= found["applications"][0]["ask_bytes"] < 4 * GIB
    assert told("--user", "ann", "--days", "60")["users"][0]["runs"] == 5
    lost = told("--queue", "root.b")
    assert lost["users"][0] == {"name": "bob", "runs": 1, "failures": 1, "given_gib_h": 64 / 6, "gib_h": 64 / 6}
    assert [(each["name"], each["gib_h"]) for each in lost["users"]][1] == ("eve", 0.0)
    assert len(told("--top", "1")["applications"]) == 1
    assert told("--user", "nobody")["applications"] == []


def test_the_report_is_markdown_in_which_names_are_no_markup(run, cluster):
    engine = open_engine(str(cluster / "ledger.db"))
    hostile = "a|b<script>`x`\n# [y](http://z) \x1b[31m"
    Runs(engine).add(own([{"name": hostile}]))
    engine.dispose()
    status, out, _ = run("advise", "--report", cluster / "report.md")
    assert status == 0
    assert "\x1b" not in out
    text = (cluster / "report.md").read_text()
    assert text.startswith("# Memory that was given and not used\n")
    (line,) = [line for line in text.splitlines() if "&#60;script&#62;" in line]
    assert line.count("|") == 11
    assert "<script" not in text
    assert "](" not in text
    assert (cluster / "report.md").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("cluster")
def test_nothing_finished(run):
    status, out, _ = run("advise")
    assert status == 0
    assert "placement learn" in out


def test_the_runs_are_exported_as_lines(run, cluster):
    assert run("learn")[0] == 0
    status, out, err = run("learn", "--export", cluster / "runs.jsonl")
    assert (status, out, err) == (0, "", "")
    lines = (cluster / "runs.jsonl").read_text().splitlines()
    assert [number for number, _ in rows_of(lines)] == list(range(1, 13))
    assert next(rows_of(lines))[1].name == "nightly_sales"
    assert (cluster / "runs.jsonl").stat().st_mode & 0o077 == 0
    status, _, err = run("learn", "--export", cluster / "runs.jsonl")
    assert status == 78
    assert "unwritable" in err
