import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.observe.spark_log import SparkLog
from tests.unit.observe.spark_lines import (
    MIB,
    added,
    end,
    heartbeat,
    removed,
    settings,
    stage_peak,
    start,
    task_end,
    whole,
)


def account(lines):
    log = SparkLog()
    log.read(lines)
    return log.account()


def executor(lines):
    (part,) = account(lines).parts
    return part


def test_the_process_tree_is_the_peak_where_it_was_measured():
    """Of each moment all processes together; the highest of all executors."""
    found = executor(
        whole(
            stage_peak("1", heap=900 * MIB, rss=1000 * MIB, python=300 * MIB),
            stage_peak("2", heap=950 * MIB, rss=1200 * MIB),
            stage_peak("driver", heap=9000 * MIB, rss=9000 * MIB),
        )
    )
    assert (found.peak_bytes, found.basis) == (1300 * MIB, "resident")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, 1000 + 384),  # the least overhead
        ({"spark_executor_memoryOverhead": "2g"}, 1000 + 2048),  # nobody measured it: as it was asked for
        ({"spark_executor_pyspark_memory": "512m", "spark_yarn_isPython": "true"}, 1000 + 384 + 512),
    ],
)
def test_of_the_heap_alone_the_peak_is_what_would_be_asked_for_it(said, expected):
    lines = [start(), settings(**said), added("1"), heartbeat("1", heap=1000 * MIB - 5), end()]
    found = executor(lines)
    assert (found.peak_bytes, found.basis) == (expected * MIB, "heap")


def test_what_the_jvm_counts_outside_of_its_heap_is_the_least():
    found = executor(whole(task_end("1", heap=1000 * MIB, beside=700 * MIB)))
    assert found.peak_bytes == 1700 * MIB


def test_nothing_measured_is_no_peak():
    found = executor(whole(task_end("1", read=10, shuffled=20, spilled=30, gc_ms=1500)))
    assert (found.peak_bytes, found.basis) == (None, "")
    assert (found.read_bytes, found.shuffled_bytes, found.spilled_bytes, found.gc_s) == (10, 20, 30, 1.5)


def test_executors_are_counted_as_they_come_and_go():
    found = executor(
        whole(removed("1", "Executor killed by driver."), added("3"), added("4"), removed("2"), added("4"))
    )
    assert found.containers == 3  # 2, 3, 4
    assert found.vcores == 3  # spark.executor.cores is not set: 1 each in YARN, whatever the JVM sees
    assert found.request_bytes == (4096 + 409) * MIB
    assert found.ended is None


@pytest.mark.parametrize(
    "lines",
    [
        [removed("1", "Container killed by YARN for exceeding physical memory limits. 5 GB of 5 GB")],
        [task_end("1", why={"Reason": "ExceptionFailure", "Class Name": "java.lang.OutOfMemoryError"})],
        [task_end("1", why={"Reason": "ExecutorLostFailure", "Loss Reason": "Exit status: 137. Diagnostics: killed"})],
    ],
)
def test_an_executor_lost_to_memory_is_told_even_where_the_application_succeeds(lines):
    assert executor(whole(*lines)).ended == "out-of-memory"


def test_in_cluster_mode_the_driver_has_a_container():
    command = (
        "org.apache.spark.deploy.yarn.ApplicationMaster --class org.apache.spark.deploy.PythonRunner --primary-py-file"
        " nightly.py --arg 2026-11-20 --arg --password=geheim --properties-file /x"
    )
    said = settings(command, spark_submit_deployMode="cluster", spark_driver_memory="2g")
    found = account([start(), said, added("1"), stage_peak("driver", heap=MIB, rss=700 * MIB), end()])
    driver, _ = found.parts
    assert (driver.role, driver.peak_bytes, driver.request_bytes) == ("driver", 700 * MIB, (2048 + 384) * MIB)
    assert (found.script, found.arguments) == ("nightly.py", ("2026-11-20", "--password=***"))


def test_in_client_mode_the_command_is_as_it_was_typed():
    command = "org.apache.spark.deploy.SparkSubmit --master yarn --conf a=b --verbose --name My job /x/job.py 1 2"
    found = account([start(), settings(command, spark_app_name="My job"), end()])
    assert (found.script, found.arguments, found.executors) == ("job.py", ("1", "2"), 2)


def test_a_class_of_a_jar_is_told_by_its_name():
    command = "org.apache.spark.deploy.SparkSubmit --class org.example.Nightly --conf spark.x=1 /x/nightly-1.2.jar 7"
    found = account([start(), settings(command), end()])
    assert (found.script, found.arguments) == ("org.example.Nightly", ("7",))


def test_a_log_that_is_cut_tells_what_is_there():
    lines = whole(stage_peak("1", rss=5 * MIB), task_end("1", read=7), task_end("1", read=9))
    found = account([*lines[:-2], lines[-2][:100]])
    assert not found.is_complete
    assert "ends before" in found.missing
    assert found.counted == {"no event": 1}
    assert (found.parts[0].peak_bytes, found.parts[0].read_bytes) == (5 * MIB, 7)


def test_several_attempts_are_one_account():
    log = SparkLog()
    log.read([start(), settings(), added("1"), stage_peak("1", rss=9 * MIB), task_end("1", read=1)])
    log.read(whole(stage_peak("1", rss=8 * MIB), task_end("1", read=2)))
    found = log.account()
    assert found.is_complete
    assert (found.parts[0].peak_bytes, found.parts[0].containers, found.parts[0].read_bytes) == (9 * MIB, 2, 3)


def test_absurd_numbers_are_passed_over():
    found = executor(
        whole(
            stage_peak("1", rss=10**18),
            stage_peak("1", rss=-5),
            stage_peak("2", rss=3 * MIB),
            task_end("1", read=-1),
            task_end("1", read=10**18),
            task_end("1", read=4),
            heartbeat("1", rss=10**30),
        )
    )
    assert (found.peak_bytes, found.read_bytes) == (3 * MIB, 4)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(st.data())
def test_no_line_breaks_the_reading(data):
    """A sound log with values replaced, lines cut, lines of anything between: no traceback, plausible numbers."""
    sound = whole(stage_peak("1", rss=MIB), task_end("1", read=1), removed("1", "x"), heartbeat("2", heap=MIB))
    lines = []
    for each in sound:
        told = json.loads(each)
        for key in data.draw(st.lists(st.sampled_from(sorted(set(told) - {"Event"}) or ["x"]), max_size=2)):
            told[key] = data.draw(JSON)
        kept = json.dumps(told, separators=(",", ":")).encode("utf-8", "surrogatepass")
        lines.append(kept[: data.draw(st.integers(0, len(kept)))] if data.draw(st.booleans()) else kept)
        lines.append(data.draw(st.none() | st.binary(max_size=50)))
    found = account(lines)
    for part in found.parts:
        for number in (part.peak_bytes, part.containers, part.vcores, part.read_bytes, part.gc_s, part.request_bytes):
            assert number is None or 0 <= number < 2**63


BIG = """
import re, sys
from placement.observe import log_file
from placement.observe.spark_log import SparkLog
log = SparkLog()
log.read(log_file.lines(sys.argv[1]))
part, = log.account().parts
highest_kib = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(int(highest_kib) // 1024, int(part.read_bytes), int(part.peak_bytes))
"""


def test_a_log_of_300_mib_is_read_in_little_memory(tmp_path):
    log = tmp_path / "application_1_0001"
    tasks = b"".join(task_end(str(each % 50), read=1, heap=each) for each in range(1000))
    plan = b'{"Event":"SparkListenerJobStart","Properties":{"x":"' + b"p" * 128 * MIB + b'"}}\n'  # longer than is read
    times = (300 * MIB - len(plan)) // len(tasks) + 1
    with log.open("wb") as file:
        file.writelines([start(), settings(), added("1"), stage_peak("1", rss=77), plan])
        for _ in range(times):
            file.write(tasks)
        file.write(end())
    assert log.stat().st_size > 300 * MIB
    done = subprocess.run([sys.executable, "-c", BIG, log], capture_output=True, text=True, check=True, timeout=300)
    resident_mib, read, peak = map(int, done.stdout.split())
    assert (read, peak) == (times * 1000, 77)
    assert resident_mib < 120
