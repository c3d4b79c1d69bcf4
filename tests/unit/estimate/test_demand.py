import pytest

from placement.admission.demand import Demand
from placement.estimate.demand import of_flink, of_mapreduce, of_spark


def asked(deploy_mode="client", **settings):
    keys = {name.replace("_", "."): value for name, value in settings.items()}

    def setting(_option, key, _variable=""):
        return keys.get(key.removeprefix("spark."))

    found = of_spark(setting, deploy_mode)
    if found is None:
        return {}
    memory, vcores = found.of_all()
    return {"executors": found.containers, "memory": memory, "vcores": vcores}


CASES = {
    # 2 executors of 1024 + 384, and an ApplicationMaster of 512 + 384
    "nothing said": ({}, {"executors": 2, "memory": 2 * 1408 + 896, "vcores": 3}),
    # the driver is the ApplicationMaster: 1024 + 384
    "cluster mode": ({"deploy_mode": "cluster"}, {"executors": 2, "memory": 3 * 1408, "vcores": 3}),
    # 10 % of 8 GiB is 819 MiB
    "sizes": (
        {"executor_instances": "10", "executor_memory": "8g", "executor_cores": "4"},
        {"executors": 10, "memory": 10 * (8192 + 819) + 896, "vcores": 41},
    ),
    "overheads": (
        {"executor_memoryOverhead": "1g", "yarn_am_memory": "1g", "yarn_am_memoryOverhead": "512"},
        {"executors": 2, "memory": 2 * 2048 + 1536, "vcores": 3},
    ),
    "off-heap and Python": (
        {"memory_offHeap_enabled": "true", "memory_offHeap_size": "1g", "executor_pyspark_memory": "512m"},
        {"executors": 2, "memory": 2 * (1408 + 1024 + 512) + 896, "vcores": 3},
    ),
    "off-heap switched off": (
        {"memory_offHeap_size": "1g"},
        {"executors": 2, "memory": 2 * 1408 + 896, "vcores": 3},
    ),
    "dynamic allocation": (
        {"dynamicAllocation_enabled": "true", "dynamicAllocation_minExecutors": "3"},
        {"executors": 3, "memory": 3 * 1408 + 896, "vcores": 4},
    ),
    "dynamic allocation from nothing": (
        {"dynamicAllocation_enabled": "true"},
        {"executors": 0, "memory": 896, "vcores": 1},
    ),
    "true in any case": (
        {"dynamicAllocation_enabled": " TRUE"},
        {"executors": 0, "memory": 896, "vcores": 1},
    ),
    "the older keys of overheads": (
        {"deploy_mode": "cluster", "yarn_executor_memoryOverhead": "1g", "yarn_driver_memoryOverhead": "512"},
        {"executors": 2, "memory": 2 * 2048 + 1536, "vcores": 3},
    ),
    "another least overhead": (
        {"deploy_mode": "cluster", "executor_minMemoryOverhead": "1g", "driver_minMemoryOverhead": "512m"},
        {"executors": 2, "memory": 2 * 2048 + 1536, "vcores": 3},
    ),
    "blanks around a size": ({"executor_memory": " 2g "}, {"executors": 2, "memory": 2 * 2432 + 896, "vcores": 3}),
    "a size that is none": ({"executor_memory": "much"}, {}),
    "a number that is none": ({"executor_instances": "x"}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_demand(case):
    settings, expected = CASES[case]
    assert asked(**settings) == expected


@pytest.mark.parametrize("settings", [settings for settings, found in CASES.values() if found])
def test_admission_reads_what_is_asked_for(settings):
    keys = {f"spark.{name.replace('_', '.')}": value for name, value in settings.items() if name != "deploy_mode"}
    found = of_spark(lambda _option, key, _variable="": keys.get(key), settings.get("deploy_mode", "client"))
    demand = Demand.of(found.as_data())
    assert (demand.total.memory_mib, demand.total.vcores) == found.of_all()
    assert demand.containers == found.containers


@pytest.mark.parametrize("settings", [{"executor_instances": "-3"}, {"executor_cores": "9" * 400}])
def test_numbers_that_no_container_can_have(settings):
    assert asked(**settings) == {}


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
    assert expected == (found and (found.master_mib, found.master_vcores))
    assert found is None or (found.containers, found.is_whole) == (0, False)


@pytest.mark.parametrize(
    ("memory", "vcores", "expected"),
    [
        ("1600m", None, (1600, 1)),
        ("2gb", "2", (2048, 2)),
        (str(512 * 2**20), None, (512, 1)),
        (None, "2", None),
        ("much", None, None),
        ("1g", "x", None),
    ],
)
def test_the_master_of_flink(memory, vcores, expected):
    found = of_flink(memory, vcores)
    assert expected == (found and (found.master_mib, found.master_vcores))
