import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.agent import protocol
from placement.estimate.demand import LARGEST, Asked, Role, mebibytes, whole
from placement.estimate.demand_spark import UNITS


def executors(number, **more):
    return Role("executor", 1408, 2, number, **more)


def master(number=1):
    return Role("master", 896, 1, number, number, number)


def agents(asked):
    """The demand as the agent reads it."""
    line = {"v": 1, "op": "submit", "id": "0" * 16, "user": "a", "candidates": ["q"], "demand": asked.as_data()}
    return protocol.read(json.dumps(line).encode()).demand


def test_roles_are_found_by_name_the_master_first():
    asked = Asked(master(), executors(2))
    assert [role.name for role in asked.roles()] == ["master", "executor"]
    assert (asked.role("executor").memory_mib, asked.role("driver")) == (1408, None)


def test_the_agent_reads_what_it_begins_with():
    asked = Asked(master(), executors(2))
    found = agents(asked)
    assert (found.total.memory_mib, found.total.vcores) == asked.of_all() == (896 + 2 * 1408, 5)
    assert found.containers == asked.containers == 2
    assert asked.is_whole


def test_containers_of_unknown_number_are_not_counted():
    asked = Asked(master(), Role("map", 1024, 1), Role("reduce", 2048, 1, None, 3))
    assert agents(asked).total == agents(Asked(master())).total
    assert (asked.of_all(), asked.is_whole, Asked(master()).is_whole) == ((896, 1), False, False)


def test_a_master_outside_of_yarn_has_no_container():
    asked = Asked(master(0), executors(1))
    assert asked.of_all() == (1408, 2)
    assert not agents(asked).master


@pytest.mark.parametrize("bad", [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (LARGEST + 1, 1, 1), (1, LARGEST + 1, 1)])
def test_numbers_that_no_request_has_room_for(bad):
    with pytest.raises(ValueError, match="no container"):
        Role("executor", *bad)


SIZES = {"512m": 512, "1g": 1024, " 2G ": 2048, "1024": 1024, "2047k": 1, "1tb": 1024**2, "1048576b": 1, "0": 0}


@pytest.mark.parametrize("text", SIZES)
def test_sizes_are_whole_mebibytes(text):
    assert mebibytes(text, UNITS, "m") == SIZES[text]


@pytest.mark.parametrize("text", ["", "m", "1.5g", "-1m", "1gib", "1 x", "one", "1_0m", "१m", "9" * 5000])
def test_what_is_no_size(text):
    with pytest.raises(ValueError):  # noqa: PT011 # of several sorts
        mebibytes(text, UNITS, "m")


@given(st.text())
def test_a_whole_number_is_one_of_javas_or_refused(text):
    try:
        assert 0 <= whole(text) <= LARGEST
    except ValueError:
        return
