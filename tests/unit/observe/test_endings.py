import pytest

from placement.observe import endings

PMEM = (
    "Application application_1_1 failed 1 times due to AM Container for appattempt_1_1_000001 exited with"
    "  exitCode: -104 Failing this attempt.Diagnostics: Container [pid=1,containerID=c] is running 5M beyond the"
    " 'PHYSICAL' memory limit. Current usage: 517 MB of 512 MB physical memory used"
)
LOST = "Container from a bad node: container_1 on host: h. Exit status: 137. Diagnostics: Killed by external signal"
HEAP = "Container from a bad node: container_1 on host: h. Exit status: 143. Diagnostics: Container killed on request"


@pytest.mark.parametrize(
    "words",
    [
        PMEM,
        LOST,
        HEAP,
        "Container killed by YARN for exceeding physical memory limits. 1.5 GB of 1.5 GB physical memory used.",
        "Container [pid=9,containerID=c] is running 5832704B beyond the 'PHYSICAL' memory limit. Current usage: 1 GB",
        "Container [pid=9,containerID=c] is running beyond virtual memory limits. Current usage: 1 GB",
        "Error: java.lang.OutOfMemoryError: Java heap space",
        "Error: Java heap space",
        "exited with  exitCode: -103",
        "Unable to create executor: exit status 52",
    ],
)
def test_want_of_memory_is_told_by_its_words(words):
    assert endings.is_out_of_memory(words)


@pytest.mark.parametrize(
    "words",
    [
        None,
        "",
        "Container killed by the ApplicationMaster. Container killed on request. Exit code is 143",
        "Executor killed by driver. Exit status: 143",
        "Container container_1 was preempted. Exit status: 143",
        "exited with  exitCode: 1",
        "exitCode: 1431",
        "took 137 seconds",
        "x" * 10**6 + "java.lang.OutOfMemoryError",
    ],
)
def test_other_ends_are_none(words):
    assert not endings.is_out_of_memory(words)


def test_how_an_application_ended():
    assert endings.ended("FINISHED", "SUCCEEDED", "") == "succeeded"
    assert endings.ended("FINISHED", "FAILED", "Job aborted") == "failed"
    assert endings.ended("FAILED", "FAILED", PMEM) == "out-of-memory"
    assert endings.ended("KILLED", "KILLED", "Application was killed by user ann. exitCode: 137") == "killed"
    assert endings.is_of_master(PMEM)
    assert not endings.is_of_master(LOST)
