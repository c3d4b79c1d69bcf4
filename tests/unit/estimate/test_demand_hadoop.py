import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.demand_hadoop import of_mapreduce, of_tez

AM = "yarn.app.mapreduce.am.resource"
MASTERS = {
    "nothing said": ({}, (1536, 1)),
    "sizes": ({f"{AM}.mb": "3072", f"{AM}.cpu-vcores": "2"}, (3072, 2)),
    "the newer keys win": ({f"{AM}.mb": "1", f"{AM}.memory-mb": "2Gi", f"{AM}.vcores": "3"}, (2048, 3)),
    "a bare number": ({f"{AM}.memory": "2000"}, (2000, 1)),
    "two newer keys, which it refuses": ({f"{AM}.memory": "2000", f"{AM}.memory-mb": "2000"}, None),
    "other units": ({f"{AM}.memory": "2T"}, None),
    "no number": ({f"{AM}.mb": "much"}, None),
    "negative": ({f"{AM}.mb": "-1"}, None),
}


@pytest.mark.parametrize("case", MASTERS)
def test_the_master_of_mapreduce(case):
    settings, expected = MASTERS[case]
    found = of_mapreduce(settings.get)
    assert expected == (found and (found.master.memory_mib, found.master.vcores))
    assert found is None or (found.containers, found.is_whole) == (0, False)


MEMORY, OPTIONS, RATIO = "mapreduce.map.memory.mb", "mapreduce.map.java.opts", "mapreduce.job.heap.memory-mb.ratio"
MAPS = {
    "nothing said": ({}, (1024, 1)),
    "a size": ({MEMORY: "700", "mapreduce.map.cpu.vcores": "2", OPTIONS: "-Xmx4g"}, (700, 2)),
    "no size, by what mapred-default.xml says": ({MEMORY: "-1"}, (1024, 1)),
    # 1024 / 0.8f is 1280 in Java's float, and more in double
    "a heap": ({MEMORY: "-1", OPTIONS: "-Xmx1g"}, (1280, 1)),
    "a heap in bytes": ({OPTIONS: f"-Xmx{2**30}"}, (1280, 1)),
    "a heap between others": ({OPTIONS: "-ea -Xmx1m -Xmx1000M -verbose"}, (1250, 1)),
    "a heap of both": ({"mapred.child.java.opts": "-Xmx800m"}, (1000, 1)),
    "its own options win": ({"mapred.child.java.opts": "-Xmx800m", OPTIONS: "-ea"}, (1024, 1)),
    "the administrator's options": ({"mapreduce.admin.map.child.java.opts": "-Xmx80m", OPTIONS: "-ea"}, (100, 1)),
    "no heap": ({OPTIONS: "-Xmx1x -Xmxs -Xmx"}, (1024, 1)),
    "a heap below a mebibyte": ({OPTIONS: "-Xmx100k"}, (1024, 1)),
    "another share": ({OPTIONS: "-Xmx500m", RATIO: "0.5"}, (1000, 1)),
    "a share above one": ({OPTIONS: "-Xmx800m", RATIO: "1.5"}, (1000, 1)),
    "a share of nothing": ({OPTIONS: "-Xmx800m", RATIO: "0"}, None),
    "YARN's words": ({"mapreduce.map.resource.memory-mb": "2Gi", MEMORY: "700"}, (2048, 1)),
    "no number": ({MEMORY: "much"}, None),
}


@pytest.mark.parametrize("case", MAPS)
def test_the_size_of_a_map(case):
    settings, expected = MAPS[case]
    asked = of_mapreduce(settings.get)
    found = asked.role("map")
    assert expected == (found and (found.memory_mib, found.vcores))
    assert asked.role("reduce").memory_mib == (1000 if "mapred.child.java.opts" in settings else 1024)


def numbers(role):
    return role.number, role.expected, role.maximum


def test_how_many_tasks_only_the_number_of_reduces_is_said():
    asked = of_mapreduce({"mapreduce.job.maps": "7", "mapreduce.job.reduces": "3"}.get)
    assert numbers(asked.role("map")) == (None, None, None)
    assert numbers(asked.role("reduce")) == (None, 3, 3)
    assert numbers(of_mapreduce({}.get).role("reduce")) == (None, None, None)


def test_how_many_tasks_at_a_time():
    limits = {"mapreduce.job.running.map.limit": "5", "mapreduce.job.running.reduce.limit": "2"}
    asked = of_mapreduce({**limits, "mapreduce.job.reduces": "3"}.get)
    assert (numbers(asked.role("map")), numbers(asked.role("reduce"))) == ((None, None, 5), (None, 2, 2))


TEZ_AM, CONTAINER = "tez.am.resource.memory.mb", "hive.tez.container.size"
SESSIONS = {
    "nothing said": ({CONTAINER: "4096"}, None),
    "a master": ({TEZ_AM: "2048", "tez.am.resource.cpu.vcores": "2"}, [("master", 2048, 2)]),
    "containers": ({TEZ_AM: "2048", CONTAINER: "4096"}, [("master", 2048, 1), ("task", 4096, 1)]),
    "containers as maps": (
        {TEZ_AM: "2048", CONTAINER: "-1", MEMORY: "700", "mapreduce.map.cpu.vcores": "3"},
        [("master", 2048, 1), ("task", 700, 3)],
    ),
    "no number": ({TEZ_AM: "much"}, None),
}


@pytest.mark.parametrize("case", SESSIONS)
def test_a_session_of_tez(case):
    settings, expected = SESSIONS[case]
    found = of_tez(settings.get)
    assert expected == (found and [(role.name, role.memory_mib, role.vcores) for role in found.roles()])


SAID = st.none() | st.text() | st.sampled_from(["1", "-1", "0", "-Xmx1g", "-Xmx99999999999999g", "0.8", "nan", "1e400"])


@pytest.mark.parametrize("of", [of_mapreduce, of_tez])
@given(data=st.data())
def test_no_setting_breaks_it(of, data):
    said = {}
    found = of(lambda key: said.setdefault(key, data.draw(SAID, label=key)))
    assert found is None or min(found.of_all()) >= 0
