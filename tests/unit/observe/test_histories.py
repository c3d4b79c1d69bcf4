"""History servers of Spark and MapReduce, their answers as real ones gave them, cut to what counts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.observe.mapreduce import JobHistory
from placement.observe.run import Run
from placement.observe.spark_history import SparkHistory
from tests.unit.yarn.stub import answer, free_address, serving

MIB = 2**20
RUN = Run("application_1_0001", "ann", "root.a", "spark", "n")


class Server:
    """`said`: the answer by the end of its path, a longer one first."""

    def __init__(self, said):
        self.said = said

    def __call__(self, request):
        path = request.split(" ")[1].partition("?")[0]
        for end in sorted(self.said, key=len, reverse=True):
            if path.endswith(end):
                found = self.said[end]
                return found if isinstance(found, bytes) else answer(found)
        return answer("nothing", "404 Not Found")


def told_by(history, said, run=RUN):
    with serving(Server(said)) as server:
        return history(server.address).account(run)


def executor(name, since, until=None, reason=None, **measured):
    gone = {"removeTime": f"2026-11-21T10:{until}.000GMT", "removeReason": reason} if until else {}
    sums = {"totalInputBytes": 100, "totalShuffleRead": 10, "totalGCTime": 500}
    when = f"2026-11-21T10:{since}.000GMT"
    return {"id": name, "isActive": not until, "addTime": when, "peakMemoryMetrics": measured, **sums, **gone}


def spark(executors, mode="client", **more):
    settings = [["spark.executor.memory", "4g"], ["spark.executor.instances", "2"], ["spark.submit.deployMode", mode]]
    java = "org.apache.spark.deploy.SparkSubmit job.py a"
    return {
        "/application_1_0001": {"id": "application_1_0001", "attempts": [{"sparkUser": "ann", "completed": True}]},
        "/environment": {"sparkProperties": settings, "systemProperties": [["sun.java.command", java]]},
        "/allexecutors": executors,
    } | more


def test_spark_tells_peaks_sums_and_how_many_there_were():
    found = told_by(
        SparkHistory,
        spark(
            [
                executor("driver", "00:00", JVMHeapMemory=9 * MIB),
                executor("1", "00:01", "00:05", "Executor killed by driver.", JVMHeapMemory=1000 * MIB),
                executor("2", "00:02", "00:05", JVMHeapMemory=10),
                executor("3", "00:05", JVMHeapMemory=10),
            ]
        ),
    )
    (part,) = found.parts
    assert (part.role, part.peak_bytes, part.basis) == ("executor", 1384 * MIB, "heap")
    assert (part.containers, part.read_bytes, part.shuffled_bytes, part.gc_s) == (2, 300, 30, 1.5)
    assert (found.script, found.arguments, found.executors, found.is_complete) == ("job.py", ("a",), 2, True)


def test_spark_in_cluster_mode_is_asked_by_its_attempt():
    executors = [
        executor("driver", "00:00", ProcessTreeJVMRSSMemory=700 * MIB),
        executor("1", "00:01", "00:02", "Container killed by YARN for exceeding memory limits", JVMHeapMemory=1),
    ]
    said = spark(executors, "cluster")
    attempt = {"attemptId": "1", "completed": False}
    said = {f"/1{path}" if path != "/application_1_0001" else path: each for path, each in said.items()}
    said["/application_1_0001"] = {"id": "application_1_0001", "attempts": [attempt]}
    found = told_by(SparkHistory, said)
    driver, other = found.parts
    assert (driver.role, driver.peak_bytes, driver.basis) == ("driver", 700 * MIB, "resident")
    assert other.ended == "out-of-memory"
    assert not found.is_complete


JOB = {"id": "job_1_0001", "state": "SUCCEEDED", "uberized": False, "mapsTotal": 4, "reducesTotal": 1}
JOB |= {"startTime": 1000, "finishTime": 11000, "failedMapAttempts": 0, "failedReduceAttempts": 0}
COUNTED = {
    "MAP_PHYSICAL_MEMORY_BYTES_MAX": (300 * MIB, 0, 300 * MIB),
    "REDUCE_PHYSICAL_MEMORY_BYTES_MAX": (0, 400 * MIB, 400 * MIB),
    "BYTES_READ": (1000, 0, 1000),
    "FILE_BYTES_READ": (5000, 70, 5070),
    "REDUCE_SHUFFLE_BYTES": (0, 77, 77),
    "MILLIS_MAPS": (0, 0, 15_000),
    "MILLIS_REDUCES": (0, 0, 3000),
    "GC_TIME_MILLIS": (2000, 1000, 3000),
}
KEYS = "mapCounterValue", "reduceCounterValue", "totalCounterValue"


def job(counted=COUNTED, conf=None, tasks=(), attempts=(), **more):
    counters = [{"name": name, **dict(zip(KEYS, said, strict=True))} for name, said in counted.items()]
    conf = {"mapreduce.map.memory.mb": "512", "mapreduce.job.map.class": "org.example.Count$Map"} | (conf or {})
    groups = [
        {"counterGroupName": "org.apache.hadoop.mapreduce.TaskCounter", "counter": counters},
        {"counterGroupName": "Alone", "counter": {"name": "x", "totalCounterValue": 1}},  # as Hadoop writes one
    ]
    properties = [{"name": name, "value": value, "source": ["job.xml"]} for name, value in conf.items()]
    return {
        "/job_1_0001": {"job": JOB | more},
        "/counters": {"jobCounters": {"id": "job_1_0001", "counterGroup": groups}},
        "/conf": {"conf": {"path": "x", "property": properties}},
        "/tasks": {"tasks": {"task": list(tasks)}},
        "/attempts": {"taskAttempts": {"taskAttempt": attempts[0] if len(attempts) == 1 else list(attempts)}},
        "/task_1_r_0/attempts": {"taskAttempts": ""},  # of a reduce that never began
    }


def test_mapreduce_tells_maps_and_reduces():
    found = told_by(JobHistory, job())
    of_map, of_reduce = found.parts
    assert (of_map.role, of_map.peak_bytes, of_map.basis, of_map.request_bytes) == (
        "map",
        300 * MIB,
        "resident",
        512 * MIB,
    )
    assert (of_map.containers, of_map.read_bytes, of_map.shuffled_bytes, of_map.gc_s) == (2, 1000, 0, 2)
    assert (of_reduce.role, of_reduce.peak_bytes, of_reduce.request_bytes) == ("reduce", 400 * MIB, 1024 * MIB)
    assert (of_reduce.containers, of_reduce.shuffled_bytes) == (1, 77)
    assert (found.script, found.is_complete) == ("org.example.Count$Map", True)


def test_without_reduces_there_are_none():
    assert [part.role for part in told_by(JobHistory, job(reducesTotal=0)).parts] == ["map"]


def test_a_job_that_ran_in_its_master_is_the_masters():
    (part,) = told_by(JobHistory, job(uberized=True, conf={"yarn.app.mapreduce.am.resource.mb": "2048"})).parts
    assert (part.role, part.peak_bytes, part.request_bytes) == ("master", 400 * MIB, 2048 * MIB)


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ({"mapreduce.map.memory.mb": "-1"}, 1024),
        ({"mapreduce.map.memory.mb": "-1", "mapreduce.map.java.opts": "-Xmx800m -Xmx1600m"}, 2000),
        ({"mapreduce.map.memory.mb": "-1", "mapred.child.java.opts": "-Xmx4g"}, 5120),
        ({"mapreduce.map.memory.mb": 768, "mapreduce.map.speculative": True}, 768),  # as Hadoop writes them
        ({"mapreduce.map.memory.mb": -1}, 1024),
        ({"mapreduce.map.memory.mb": "-1", "mapreduce.map.java.opts": "-Xmx1g", "x": "\0"}, 1280),
    ],
)
def test_what_a_map_asks_for(conf, expected):
    assert told_by(JobHistory, job(conf=conf)).parts[0].request_bytes == expected * MIB


def test_a_map_that_wanted_more_memory_is_told_of_a_job_that_failed():
    words = "Container [pid=1] is running 5B beyond the 'PHYSICAL' memory limit. Exit code is 143"
    tasks = [{"id": "task_1_r_0", "type": "REDUCE", "state": "FAILED"}, {"id": "t2", "state": "SUCCEEDED"}]
    tasks += [{"id": "task_1_m_0", "type": "MAP", "state": "FAILED"}]
    said = job(state="FAILED", failedMapAttempts=4, tasks=tasks, attempts=[{"id": "a", "diagnostics": words}])
    of_map, of_reduce = told_by(JobHistory, said).parts
    assert (of_map.ended, of_reduce.ended) == ("out-of-memory", None)


@pytest.mark.parametrize("history", [SparkHistory, JobHistory])
def test_a_history_that_does_not_tell_says_why(history):
    assert "404" in told_by(history, {}).missing
    assert history(free_address()).account(RUN).missing
    assert told_by(history, {"": answer("<html>", sort="text/html")}).missing


NUMBERS = st.sampled_from([0, -1, 10**18, 10**30, "x", None, 1.5]) | st.integers()


@given(st.dictionaries(st.sampled_from(sorted(COUNTED)), st.tuples(NUMBERS, NUMBERS, NUMBERS)), NUMBERS, NUMBERS)
def test_whatever_is_counted_a_part_is_plausible(counted, start, end):
    from placement.observe import mapreduce, mapreduce_shapes

    said = json.loads(json.dumps(job(counted)))
    shapes = mapreduce_shapes
    found = mapreduce.account(
        shapes.Job("SUCCEEDED", startTime=start, finishTime=end, mapsTotal=end, reducesTotal=start),
        mapreduce.CounterGroups(
            [
                shapes.CounterGroup("x", [shapes.CountedBy(**each) for each in group["counter"]])
                for group in said["/counters"]["jobCounters"]["counterGroup"][:1]
            ]
        ),
        shapes.Properties([shapes.Property("mapreduce.map.memory.mb", str(end))]),
    )
    run = Run("application_1_0001", "ann", "q", "mapreduce", finished_s=10.0, started_s=1.0).told(found, float)
    for _, outcome in run.observations():
        assert outcome.peak_bytes is None or 0 < outcome.peak_bytes < 2**50
        assert outcome.containers is None or outcome.containers > 0
