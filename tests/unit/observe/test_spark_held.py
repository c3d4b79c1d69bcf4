"""What the operators of queries held, by the lines of an event log as Spark 3.5 and 4 write them."""

import pytest

from tests.unit.observe.spark_lines import MIB, line, plan, query, query_end, sent, stage, whole
from tests.unit.observe.test_spark_log import account, executor

SORT, GROUP = ("peak memory", 3 * MIB), ("peak memory", 2 * MIB)


def held(*lines):
    return executor(whole(*lines)).held_bytes


def test_of_a_stage_all_operators_and_of_a_statement_the_largest_stage():
    assert held(query(), stage(SORT, GROUP), stage(SORT), query_end()) == 5 * MIB


def test_of_an_application_the_largest_statement():
    assert held(query(), stage(SORT), query_end(), query(), stage(GROUP), query_end()) == 3 * MIB


def test_a_broadcast_table_counts_once_whatever_the_tasks():
    """Its size is told by the driver, under a number that the plan has; a task's own peak has it in it."""
    joined = plan("BroadcastHashJoin", plan("BroadcastExchange", metrics={"data size": 7, "time to build": 8}))
    lines = [query(joined), sent({7: 10 * MIB, 8: 99 * MIB, 9: 99 * MIB}), stage(GROUP), query_end()]
    assert held(*lines) == 12 * MIB
    assert held(*lines, query(), sent({7: 99 * MIB}), query_end()) == 12 * MIB


def test_a_plan_that_changes_while_it_runs_counts_as_it_is_then():
    later = plan("AdaptiveSparkPlan", plan("BroadcastExchange", metrics={"data size": 70}))
    update = line("SQLAdaptiveExecutionUpdate", of_sql=True, executionId=1, sparkPlanInfo=later)
    assert held(query(), update, sent({70: 4 * MIB}), query_end()) == 4 * MIB


def test_the_hash_table_of_a_join_counts_and_what_a_shuffle_carries_does_not():
    assert held(query(), stage(("data size of build side", MIB), ("data size", 9 * MIB)), query_end()) == MIB


def test_as_spark_2_names_it():
    exchange = plan("BroadcastExchange", metrics={"data size total (min, med, max)": 7})
    counted = stage(("peak memory total (min, med, max)", 2 * MIB))
    assert held(query(exchange), sent({7: MIB}), counted, query_end()) == 3 * MIB


def test_of_a_killed_application_what_was_told_by_then():
    lines = whole(query(), stage(SORT))[:-1]
    assert executor(lines).held_bytes == 3 * MIB


def test_an_application_without_operators_is_not_known():
    assert held() is None
    assert held(query(), stage(("number of output rows", 5)), query_end()) is None


@pytest.mark.parametrize("said", [-1, 10**30, "x", "9" * 25, "\u0663", None, True, [], {}, 1e300])
def test_what_is_no_number_of_bytes_is_none(said):
    found = account(whole(query(), stage(SORT, ("peak memory", said)), query_end()))
    assert found.parts[-1].held_bytes == 3 * MIB


@pytest.mark.parametrize(
    "bad",
    [
        b'{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart","sparkPlanInfo":7}\n',
        b'{"Event":"org.apache.spark.sql.execution.ui.SparkListenerDriverAccumUpdates","accumUpdates":[[1]]}\n',
        b'{"Event":"SparkListenerStageCompleted","Stage Info":{"Accumulables":[7]}}\n',
        b'{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart","sparkPlanInfo":'
        + b'{"children":[' * 100_000
        + b"\n",
    ],
)
def test_an_event_that_is_none_is_counted_and_passed_over(bad):
    found = account(whole(bad, query(), stage(SORT), query_end()))
    assert (found.parts[-1].held_bytes, found.counted["no event"]) == (3 * MIB, 1)
