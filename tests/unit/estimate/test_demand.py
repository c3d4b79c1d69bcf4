import pytest

from placement.estimate.demand import of_spark


def asked(deploy_mode="client", **settings):
    keys = {name.replace("_", "."): value for name, value in settings.items()}

    def setting(_option, key, _variable=""):
        return keys.get(key.removeprefix("spark."))

    return of_spark(setting, deploy_mode)


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
