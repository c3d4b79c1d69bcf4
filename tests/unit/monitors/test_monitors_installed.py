"""Which monitors there are: entry points, and monitors.yaml."""

from configparser import ConfigParser
from importlib import import_module

import pytest

from placement.errors import PlacementError
from placement.monitors import installed
from placement.monitors.base import Cluster
from placement.monitors.runner import Runner
from tests.conftest import ROOT
from tests.unit.monitors.distribution import install

CLUSTER = Cluster(("http://rm:8088",), "yarn")
CODE = """
from placement.monitors.base import Capacity, Readings

class Lake:
    name = "lake"

    def __init__(self, settings):
        self.settings = settings

    def look(self):
        cluster = self.settings["cluster"]
        return Readings(cluster["user"], 1.0, (Capacity("depth", "count", self.settings["depth"]),))
"""


def test_a_monitor_of_another_distribution_is_found_and_given_its_settings(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "lakes", {"lake": "lakes_module:Lake"}, CODE)
    makers = installed.makers({"lake": {"depth": 3}}, CLUSTER)
    (seen,) = Runner({"lake": makers["lake"]}).look()
    assert seen.trouble is None
    assert (seen.readings.source, seen.readings.capacities[0].used) == ("yarn", 3)


def test_one_that_is_off_is_not_made(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "lakes", {"lake": "lakes_module:Lake"}, CODE)
    assert "lake" in installed.makers({}, CLUSTER)
    assert "lake" not in installed.makers({"lake": None}, CLUSTER)


def test_one_that_cannot_be_imported_troubles_itself_alone(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "lakes", {"lake": "lakes_module:Lake", "gone": "no_such_module:x"}, CODE)
    makers = installed.makers({"lake": {"depth": 3}}, CLUSTER)
    gone, lake = Runner({name: makers[name] for name in ("gone", "lake")}).look()
    assert (gone.trouble.code, lake.trouble) == ("monitor-failed", None)
    assert "no_such_module" in gone.trouble.message


def test_two_of_one_name_are_told(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "lakes", {"lake": "lakes_module:Lake"}, CODE)
    install(monkeypatch, tmp_path, "ponds", {"lake": "ponds_module:Pond"})
    (seen,) = Runner({"lake": installed.makers({}, CLUSTER)["lake"]}).look()
    assert seen.trouble.code == "monitor-twice"
    assert "`ponds_module:Pond`" in seen.trouble.message


def test_settings_of_a_monitor_that_is_not_installed_are_an_error(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "lakes", {"lake": "lakes_module:Lake"}, CODE)
    with pytest.raises(PlacementError) as caught:
        installed.makers({"lakes": {}, "zzz": None}, CLUSTER, "/p/monitors.yaml")
    near, far = caught.value.problems
    assert (near.code, near.remedy, str(near.place)) == ("unknown-monitor", "did you mean `lake`?", "/p/monitors.yaml")
    assert "lake" in far.remedy


def test_monitors_yaml(tmp_path):
    assert installed.settings(str(tmp_path)) == {}
    file = tmp_path / "monitors.yaml"
    file.write_text("spark: {history-server: 'http://h:18080', ended: 3}\nlake: off\nyarn: {}\n")
    said = {"spark": {"history-server": "http://h:18080", "ended": 3}, "lake": None, "yarn": {}}
    assert installed.settings(str(tmp_path)) == said
    for text, code in (
        ("spark: 3\n", "bad-value"),
        ("- a\n", "bad-value"),
        ("a: {\n", "not-yaml"),
        ("a: {}\na: {}", "key-twice"),
    ):
        file.write_text(text)
        with pytest.raises(PlacementError) as caught:
            installed.settings(str(tmp_path))
        assert caught.value.problems[0].code == code


def test_our_own_entry_points_lead_to_monitors_of_their_names():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup["options.entry_points"][installed.GROUP].split("\n")
    ours = dict(line.split(" = ") for line in lines if line)
    assert sorted(ours) == ["spark", "yarn"]
    for name, value in ours.items():
        module, _, attribute = value.partition(":")
        cluster = {"cluster": {"resource-managers": ["http://rm:8088"], "user": "yarn"}}
        assert getattr(import_module(module), attribute)(cluster).name == name
