import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.demand_spark import of_spark

DYNAMIC = {"dynamicAllocation_enabled": "true"}
OFF_HEAP = {"memory_offHeap_enabled": "true"}


def asked(deploy_mode="client", is_python=False, **settings):
    keys = {f"spark.{name.replace('_', '.')}": value for name, value in settings.items()}
    return of_spark(lambda _option, key, _variable="": keys.get(key), deploy_mode, is_python)


def summed(**settings):
    found = asked(**settings)
    return found and (found.containers, *found.of_all())


CASES = {
    # 2 executors of 1024 + 384, and an ApplicationMaster of 512 + 384
    "nothing said": ({}, (2, 2 * 1408 + 896, 3)),
    # the driver is the ApplicationMaster: 1024 + 384
    "cluster mode": ({"deploy_mode": "cluster"}, (2, 3 * 1408, 3)),
    # 10 % of 8 GiB is 819 MiB
    "sizes": (
        {"executor_instances": "10", "executor_memory": "8g", "executor_cores": "4"},
        (10, 10 * (8192 + 819) + 896, 41),
    ),
    "overheads": (
        {"executor_memoryOverhead": "1g", "yarn_am_memory": "1g", "yarn_am_memoryOverhead": "512"},
        (2, 2 * 2048 + 1536, 3),
    ),
    # 0.4 of 2 GiB is 819 MiB; the driver's factor counts in cluster mode alone
    "factors": (
        {"executor_memory": "2g", "executor_memoryOverheadFactor": "0.4", "driver_memoryOverheadFactor": "0.9"},
        (2, 2 * (2048 + 819) + 896, 3),
    ),
    "a factor of Kubernetes": ({"kubernetes_memoryOverheadFactor": "0.9"}, (2, 2 * 1408 + 896, 3)),
    "off-heap and Python": (
        {**OFF_HEAP, "memory_offHeap_size": "1g", "executor_pyspark_memory": "512m", "is_python": True},
        (2, 2 * (1408 + 1024 + 512) + 896, 3),
    ),
    "off-heap in bytes": ({**OFF_HEAP, "memory_offHeap_size": str(2**30 + 1)}, (2, 2 * (1408 + 1024) + 896, 3)),
    "off-heap switched off": ({"memory_offHeap_size": "1g"}, (2, 2 * 1408 + 896, 3)),
    "Python's memory of another program": ({"executor_pyspark_memory": "512m"}, (2, 2 * 1408 + 896, 3)),
    "Python by what Spark notes": (
        {"executor_pyspark_memory": "512m", "yarn_isPython": "true"},
        (2, 2 * (1408 + 512) + 896, 3),
    ),
    "dynamic allocation": ({**DYNAMIC, "dynamicAllocation_minExecutors": "3"}, (3, 3 * 1408 + 896, 4)),
    "dynamic allocation from nothing": ({**DYNAMIC}, (0, 896, 1)),
    "true in any case": ({"dynamicAllocation_enabled": " TRUE"}, (0, 896, 1)),
    "the older keys of overheads": (
        {"deploy_mode": "cluster", "yarn_executor_memoryOverhead": "1g", "yarn_driver_memoryOverhead": "512"},
        (2, 2 * 2048 + 1536, 3),
    ),
    "another least overhead": (
        {"deploy_mode": "cluster", "executor_minMemoryOverhead": "1g", "driver_minMemoryOverhead": "512m"},
        (2, 2 * 2048 + 1536, 3),
    ),
    "a master outside of YARN": ({"yarn_unmanagedAM_enabled": "true"}, (2, 2 * 1408, 2)),
    "and in cluster mode not": ({"yarn_unmanagedAM_enabled": "true", "deploy_mode": "cluster"}, (2, 3 * 1408, 3)),
    "blanks around a size": ({"executor_memory": " 2g "}, (2, 2 * 2432 + 896, 3)),
    "a size that is none": ({"executor_memory": "much"}, None),
    "a size with a point, which Spark refuses": ({"executor_memory": "1.5g"}, None),
    "an empty size": ({"executor_memory": ""}, None),
    "a number that is none": ({"executor_instances": "x"}, None),
    "no executors, which Spark refuses": ({"executor_instances": "0"}, None),
    "a negative number": ({"executor_instances": "-3"}, None),
    "cores that no container can have": ({"executor_cores": "9" * 400}, None),
    "a factor that is none": ({"executor_memoryOverheadFactor": "nan"}, None),
    "a factor without end": ({"executor_memoryOverheadFactor": "inf"}, None),
    "a factor below zero": ({"executor_memoryOverheadFactor": "-1"}, None),
    "a variable of Spark's": ({"executor_memory": "${env:SIZE}"}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_it_begins_with(case):
    settings, expected = CASES[case]
    assert summed(**settings) == expected


NUMBERS = {
    "without dynamic allocation": ({"executor_instances": "4"}, (4, 4, 4)),
    "with no bound": ({**DYNAMIC, "executor_instances": "4"}, (4, None, None)),
    "with a bound": ({**DYNAMIC, "dynamicAllocation_maxExecutors": "9"}, (0, None, 9)),
    "the largest of three": (
        {**DYNAMIC, "dynamicAllocation_minExecutors": "1", "dynamicAllocation_initialExecutors": "3"},
        (3, None, None),
    ),
    "with least and most the same": (
        {**DYNAMIC, "dynamicAllocation_minExecutors": "5", "dynamicAllocation_maxExecutors": "5"},
        (5, 5, 5),
    ),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_how_many_executors(case):
    settings, expected = NUMBERS[case]
    found = asked(**settings).role("executor")
    assert (found.number, found.expected, found.maximum) == expected


def test_more_to_begin_with_than_it_may_have_is_refused_by_spark():
    assert asked(**DYNAMIC, dynamicAllocation_maxExecutors="2", dynamicAllocation_initialExecutors="3") is None


def test_the_driver_is_a_role_in_cluster_mode_alone():
    assert [role.name for role in asked("cluster").roles()] == ["driver", "executor"]
    assert [role.name for role in asked("client").roles()] == ["master", "executor"]


SAID = st.none() | st.text() | st.sampled_from(["1g", "5", "true", "0.5", "-1", "1e9", "nan", "inf", "9" * 30, "0m"])


@given(st.data(), st.sampled_from(["client", "cluster", ""]), st.booleans())
def test_no_setting_breaks_it(data, deploy_mode, is_python):
    said = {}

    def setting(_option, key, _variable=""):
        return said.setdefault(key, data.draw(SAID, label=key))

    found = of_spark(setting, deploy_mode, is_python)
    assert found is None or min(found.of_all()) >= 0
