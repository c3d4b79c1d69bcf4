import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.demand_flink import (
    CPUS,
    KEYS,
    MASTER_MEMORY,
    MASTER_VCORES,
    MEMORY,
    PARALLELISM,
    SLOTS,
    VCORES,
    of_flink,
)

MASTERS = {
    "a size": ({MASTER_MEMORY: "1600m"}, (1600, 1)),
    "another unit, and vcores": ({MASTER_MEMORY: "2 gb", MASTER_VCORES: "2"}, (2048, 2)),
    "bytes": ({MASTER_MEMORY: str(512 * 2**20)}, (512, 1)),
    "nothing said": ({MASTER_VCORES: "2"}, None),
    "no size": ({MASTER_MEMORY: "much"}, None),
    "no number": ({MASTER_MEMORY: "1g", MASTER_VCORES: "x"}, None),
}


@pytest.mark.parametrize("case", MASTERS)
def test_the_job_manager(case):
    settings, expected = MASTERS[case]
    found = of_flink(settings.get, has_job=True)
    assert expected == (found and (found.master.memory_mib, found.master.vcores))
    assert found is None or (found.containers, found.is_whole) == (0, False)


MANAGERS = {
    "nothing said": ({}, None),
    "a size": ({MEMORY: "1728m"}, (1728, 1, None)),
    "slots": ({MEMORY: "2g", SLOTS: "4"}, (2048, 4, None)),
    "vcores": ({MEMORY: "2g", SLOTS: "4", VCORES: "2"}, (2048, 2, None)),
    "no vcores said": ({MEMORY: "2g", SLOTS: "4", VCORES: "-1"}, (2048, 4, None)),
    "cores with a point": ({MEMORY: "2g", SLOTS: "4", VCORES: "2", CPUS: "1.9"}, (2048, 1, None)),
    # 10 / 4, rounded up
    "parallelism": ({MEMORY: "2g", SLOTS: "4", PARALLELISM: "10"}, (2048, 4, 3)),
    "no size for it": ({MEMORY: "much"}, None),
    "no slots": ({MEMORY: "2g", SLOTS: "0"}, None),
}


@pytest.mark.parametrize("case", MANAGERS)
def test_task_managers(case):
    settings, expected = MANAGERS[case]
    found = of_flink({MASTER_MEMORY: "1g", **settings}.get, has_job=True).role("taskmanager")
    assert expected == (found and (found.memory_mib, found.vcores, found.expected))
    assert found is None or (found.number, found.maximum) == (None, None)


def test_what_a_session_will_have_its_jobs_say():
    settings = {MASTER_MEMORY: "1g", MEMORY: "1g", PARALLELISM: "10"}
    assert of_flink(settings.get, has_job=False).role("taskmanager").expected is None


SAID = st.none() | st.text() | st.sampled_from(["1g", "5", "-1", "0", "0.5", "nan", "inf", "9" * 30])


@given(st.fixed_dictionaries(dict.fromkeys(KEYS, SAID)), st.booleans())
def test_no_setting_breaks_it(settings, has_job):
    found = of_flink(settings.get, has_job)
    assert found is None or min(found.of_all()) >= 0
