"""`placement monitor`, from the outside, with monitors of a distribution of its own."""

import json
import time
from importlib.metadata import entry_points

import pytest

from placement.monitors.installed import GROUP
from tests.unit.monitors.distribution import install

OFF = "".join(f"{each.name}: off\n" for each in entry_points(group=GROUP))
CODE = """
import time
from placement.errors import PlacementError, Problem
from placement.monitors.base import Capacity, Danger, Readings, Use, Value

class Fine:
    name = "lake"
    dangers = ()

    def __init__(self, settings):
        self.settings = settings

    def look(self):
        return Readings(
            self.settings["cluster"]["resource-managers"][0],
            time.time(),
            (Capacity("memory", "bytes", 3 * 2**29, 2**31, 2**29), Capacity("nodes", "count", 3)),
            (Use("app\\x1b1", "alice", "root.a", values=(Value("gc", "seconds", 1.5), Value("share", "share", 0.25))),),
            self.dangers,
            {"app2": "no answer"},
        )

class Deep(Fine):
    dangers = (Danger("root.a", "near-maximum", "9 of 10"),)

def away(settings):
    raise PlacementError(Problem("rm-unreachable", "nobody answers", remedy="see whether it is up"))
"""


@pytest.fixture
def policy(tmp_path):
    """A policy folder where what is installed otherwise is off."""
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "map.txt").write_text("* root.a\n")
    (folder / "site.yaml").write_text("resource-managers: ['http://rm:8088']\n")
    (folder / "monitors.yaml").write_text(OFF)
    return folder


@pytest.fixture
def installed(tmp_path, monkeypatch):
    def add(**entry_points):
        values = {name: f"lakes_module:{attribute}" for name, attribute in entry_points.items()}
        install(monkeypatch, tmp_path, "lakes", values, CODE)

    return add


def test_a_table_of_what_there_is(run, policy, installed):
    installed(lake="Fine")
    status, out, err = run("monitor", "--policy", policy)
    assert (status, err) == (0, "")
    head, *lines = out.splitlines()
    assert head.startswith("lake: http://rm:8088, seen ")
    assert lines == [
        "  OF  WHAT    USED     TOTAL    FREE",
        "  -   memory  1.5 GiB  2.0 GiB  512.0 MiB",
        "  -   nodes   3        -        -",
        "  APPLICATION  USER   QUEUE   STATE    USES",
        "  app\\x1b1     alice  root.a  running  gc 1.5 s, share 25%",
        "  NOT READ: app2: no answer",
    ]


def test_plain_data(run, policy, installed):
    installed(lake="Fine", gone="away")
    status, out, _ = run("monitor", "--json", "--policy", policy)
    gone, lake = json.loads(out)["monitors"]
    assert (status, gone["name"], gone["readings"], gone["trouble"]["code"]) == (1, "gone", None, "rm-unreachable")
    assert (lake["trouble"], lake["readings"]["capacities"][0]["free"]) == (None, 2**29)
    assert abs(lake["readings"]["taken_s"] - time.time()) < 600


def test_danger_and_trouble_are_told_and_in_the_exit_status(run, policy, installed):
    installed(deep="Deep", gone="away", lake="Fine")
    status, out, _ = run("monitor", "deep", "--policy", policy)
    assert status == 1
    assert "  IN DANGER: root.a near-maximum for 0s: 9 of 10\n" in out
    assert "lake" not in out
    status, out, _ = run("monitor", "gone", "--policy", policy)
    words = "error[rm-unreachable]: nobody answers (see whether it is up)"
    assert (status, out) == (1, f"gone: not seen\n  NOT WELL: {words}\n")


def test_a_name_that_is_none_and_settings_for_one(run, policy, installed):
    installed(lake="Fine")
    status, _, err = run("monitor", "lak", "--policy", policy)
    assert status == 78
    assert "error[unknown-monitor]: there is no monitor `lak`" in err
    assert "did you mean `lake`?" in err
    (policy / "monitors.yaml").write_text(f"{OFF}lake: off\n")
    status, out, err = run("monitor", "--policy", policy)
    assert (status, out) == (78, "")
    assert "error[no-monitor]" in err
    (policy / "monitors.yaml").write_text(f"{OFF}lakes: {{}}\n")
    assert "unknown-monitor" in run("monitor", "--policy", policy)[2]
