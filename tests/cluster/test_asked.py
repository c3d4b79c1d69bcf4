"""What our reading of a command line says that it asks for, against the containers that a real cluster gives it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from placement.queues.names import CAPACITY, FAIR
from placement.yarn.client import ResourceManager, simple
from placement.yarn.snapshot import Watcher
from placement.yarn.terms import terms
from tests.cluster import parts
from tests.cluster.asking import Case, Cluster
from tests.cluster.configuration import ADMIN
from tests.cluster.yarn import USERS, Yarn

AT_ONCE = 4
NODE = {
    "yarn.nodemanager.resource.memory-mb": "262144",
    "yarn.nodemanager.resource.cpu-vcores": "256",
    "yarn.scheduler.maximum-allocation-mb": "32768",
    "yarn.scheduler.maximum-allocation-vcores": "16",
}
EXACT_SITE = {
    "yarn.scheduler.minimum-allocation-mb": "1",
    "yarn.resource-types.memory-mb.increment-allocation": "1",
}
FAIR_SITE = {
    "yarn.scheduler.minimum-allocation-mb": "200",
    "yarn.resource-types.memory-mb.increment-allocation": "150",
    "yarn.resource-types.vcores.increment-allocation": "2",
}
CAPACITY_SITE = {"yarn.scheduler.minimum-allocation-mb": "192"}
EXACT, DOMINANT = "exact", "dominant"
FAIR_FILE = '<allocations><queue name="default"/></allocations>'
CAPACITY_FILE = """
<configuration>
  <property><name>yarn.scheduler.capacity.root.queues</name><value>default</value></property>
  <property><name>yarn.scheduler.capacity.root.default.capacity</name><value>100</value></property>
  <property><name>yarn.scheduler.capacity.maximum-am-resource-percent</name><value>1</value></property>
  <property><name>yarn.scheduler.capacity.root.default.user-limit-factor</name><value>1</value></property>
  <property><name>yarn.scheduler.capacity.resource-calculator</name>
    <value>org.apache.hadoop.yarn.util.resource.{}ResourceCalculator</value></property>
</configuration>
"""
CLUSTERS = {
    EXACT: (FAIR, FAIR_FILE, EXACT_SITE),  # every MiB shows
    FAIR: (FAIR, FAIR_FILE, FAIR_SITE),
    CAPACITY: (CAPACITY, CAPACITY_FILE.format("Default"), CAPACITY_SITE),
    DOMINANT: (CAPACITY, CAPACITY_FILE.format("Dominant"), CAPACITY_SITE),
}


def conf(**settings: str) -> str:
    return " ".join(f"--conf spark.{name.replace('_', '.')}={value}" for name, value in settings.items())


def dynamic(**settings: str) -> str:
    said = {f"dynamicAllocation_{name}": value for name, value in settings.items()}
    return "spark-submit " + conf(
        dynamicAllocation_enabled="true", dynamicAllocation_shuffleTracking_enabled="true", **said
    )


CLIENT, CLUSTER = "spark-submit", "spark-submit --deploy-mode cluster"
JOB, PYTHON = "--class Hold hold.jar", "wait.py"
PI, OF_PI = "yarn jar examples.jar pi GENERIC", {"map": 2, "reduce": 1}
STREAMING = "mapred streaming GENERIC -D mapreduce.map.memory.mb=700"
IN_AND_OUT = "-input INPUT -output OUTPUT -mapper /bin/cat"
SPARK = {
    "defaults": f"{CLIENT} {JOB}",
    "defaults in cluster mode": f"{CLUSTER} {JOB}",
    "sizes and cores": f"{CLIENT} --executor-memory 900m --executor-cores 3 --num-executors 3 {JOB}",
    "sizes of the driver": f"{CLUSTER} --driver-memory 1g --driver-cores 2 {JOB}",
    "sizes of the driver in client mode": f"{CLIENT} --driver-memory 700m --driver-cores 3 {JOB}",
    "a tenth of a large heap": f"{CLIENT} --executor-memory 8190m {JOB}",
    "overhead by number": f"{CLIENT} {conf(executor_memoryOverhead='300')} {JOB}",
    "overheads by number in cluster mode": (
        f"{CLUSTER} {conf(executor_memoryOverhead='1g', driver_memoryOverhead='700m')} {JOB}"
    ),
    "overhead by its older key": f"{CLIENT} {conf(yarn_executor_memoryOverhead='777')} {JOB}",
    "overhead by factor": f"{CLIENT} --executor-memory 3g {conf(executor_memoryOverheadFactor='0.33')} {JOB}",
    "overheads by factor in cluster mode": (
        f"{CLUSTER} --driver-memory 2g "
        f"{conf(driver_memoryOverheadFactor='0.4', executor_memoryOverheadFactor='0.9')} {JOB}"
    ),
    "a factor of Kubernetes": f"{CLIENT} {conf(kubernetes_memoryOverheadFactor='0.9')} {PYTHON}",
    "off-heap": f"{CLIENT} {conf(memory_offHeap_enabled='true', memory_offHeap_size='500m')} {JOB}",
    "off-heap in bytes": f"{CLUSTER} {conf(memory_offHeap_enabled='true', memory_offHeap_size='734003200')} {JOB}",
    "off-heap switched off": f"{CLIENT} {conf(memory_offHeap_size='500m')} {JOB}",
    "PySpark memory": f"{CLIENT} {conf(executor_pyspark_memory='600m')} {PYTHON}",
    "PySpark memory in cluster mode": f"{CLUSTER} {conf(executor_pyspark_memory='1g')} {PYTHON}",
    "PySpark memory of a job of the JVM": f"{CLIENT} {conf(executor_pyspark_memory='600m')} {JOB}",
    "all together": (
        f"{CLUSTER} --driver-memory 1500m --executor-memory 1100m --executor-cores 2 --num-executors 2 "
        f"{conf(memory_offHeap_enabled='true', memory_offHeap_size='1g', executor_pyspark_memory='300')} {PYTHON}"
    ),
    "sizes of the master": f"{CLIENT} {conf(yarn_am_memory='900m', yarn_am_cores='2')} {JOB}",
    "overhead of the master": f"{CLIENT} {conf(yarn_am_memoryOverhead='100m')} {JOB}",
    "a large master": f"{CLIENT} {conf(yarn_am_memory='5000m')} {JOB}",
    "a master outside of YARN": f"{CLIENT} {conf(yarn_unmanagedAM_enabled='true')} {JOB}",
    "sizes with blanks and other units": f"{CLIENT} {conf(executor_memory='700000k', yarn_am_memory='1048576k')} {JOB}",
    "dynamic allocation": f"{dynamic()} {JOB}",
    "dynamic allocation from nothing": f"{dynamic()} --num-executors 0 {JOB}",
    "dynamic allocation with a least number": f"{dynamic(minExecutors='3', maxExecutors='5')} {JOB}",
    "dynamic allocation with a first number": f"{dynamic(initialExecutors='2', maxExecutors='9')} {JOB}",
    "dynamic allocation with instances": f"{dynamic(initialExecutors='2', minExecutors='1')} --num-executors 4 {JOB}",
    "spark-shell": "spark-shell --executor-memory 800m",
    "pyspark": f"pyspark --num-executors 2 {conf(executor_pyspark_memory='256m')}",
}
SPARK_4 = {
    "Spark 4": f"{CLIENT} --executor-cores 2 {JOB}",
    "Spark 4 with a least overhead": (
        f"{CLUSTER} {conf(executor_minMemoryOverhead='500m', driver_minMemoryOverhead='1g')} {JOB}"
    ),
    "Spark 4 with PySpark memory": (
        f"{CLIENT} {conf(executor_pyspark_memory='600m', executor_memoryOverheadFactor='0.9')} {PYTHON}"
    ),
}
MAPREDUCE = {
    "pi": (f"{PI} 2 5", OF_PI),
    "sizes of tasks": (
        f"{PI} -Dmapreduce.map.memory.mb=600 -Dmapreduce.map.cpu.vcores=3 -Dmapreduce.reduce.memory.mb=1000 2 5",
        OF_PI,
    ),
    "sizes by heaps alone": (
        f"{PI} -Dmapreduce.map.memory.mb=-1 -Dmapreduce.reduce.memory.mb=-1 -Dmapreduce.map.java.opts=-Xmx1000m "
        "-Dmapreduce.reduce.java.opts=-Xmx1g 3 5",
        {"map": 3, "reduce": 1},
    ),
    "sizes by the heap of both": (
        f"{PI} -Dmapred.job.map.memory.mb=-1 -Dmapred.child.java.opts=-Xmx333m 1 5",
        {"map": 1, "reduce": 1},
    ),
    "another share of the heap": (
        f"{PI} -Dmapreduce.map.memory.mb=0 -Dmapreduce.map.java.opts=-Xmx777m "
        "-Dmapreduce.job.heap.memory-mb.ratio=0.7 2 5",
        OF_PI,
    ),
    "sizes in YARN's words": (
        f"{PI} -Dmapreduce.map.resource.memory-mb=900 -Dmapreduce.reduce.resource.memory=2Gi "
        "-Dmapreduce.map.resource.vcores=3 -Dyarn.app.mapreduce.am.resource.memory-mb=1Gi 2 5",
        OF_PI,
    ),
    "sizes of its master": (
        f"{PI} -Dyarn.app.mapreduce.am.resource.mb=1111 -Dyarn.app.mapreduce.am.resource.cpu-vcores=3 2 5",
        OF_PI,
    ),
    "streaming": (f"{STREAMING} -D mapreduce.job.reduces=2 {IN_AND_OUT} -reducer /bin/cat", {"map": 2, "reduce": 2}),
    "streaming without reduces": (f"{STREAMING} {IN_AND_OUT} -reducer NONE", {"map": 2}),
    "streaming with its own option": (
        f"{STREAMING} {IN_AND_OUT} -reducer /bin/cat -numReduceTasks 3",
        {"map": 2, "reduce": 3},
    ),
}
CASES = {name: Case(command, {}) for name, command in SPARK.items()}
CASES |= {name: Case(command, {}, parts.NEWEST_SPARK) for name, command in SPARK_4.items()}
CASES |= {name: Case(command, numbers) for name, (command, numbers) in MAPREDUCE.items()}
FEW = ["sizes and cores", "PySpark memory in cluster mode", "sizes by heaps alone"]
ROUNDED = ["sizes and cores", "sizes of the driver", "sizes of tasks", "sizes of its master"]


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    scheduler, text, site = CLUSTERS[request.param]
    with Yarn(scheduler, text, USERS, yarn_site=NODE | site) as yarn:
        said = terms({"HADOOP_CONF_DIR": str(yarn.conf_dir)}, counts_vcores=request.param == DOMINANT)
        watcher = Watcher(ResourceManager([yarn.url], auth=simple(ADMIN)), time.time, said)
        yield Cluster(yarn, tmp_path_factory.mktemp("asked"), watcher.snapshot())


@pytest.mark.parametrize("cluster", [FAIR], indirect=True)
def test_a_command_is_given_what_its_line_asks_for(cluster: Cluster) -> None:
    agree(cluster, FEW)


@pytest.mark.engines
@pytest.mark.parametrize(
    ("cluster", "names"),
    [(EXACT, list(CASES)), (FAIR, ROUNDED), (CAPACITY, ROUNDED), (DOMINANT, ROUNDED)],
    ids=[EXACT, FAIR, CAPACITY, DOMINANT],
    indirect=["cluster"],
)
def test_every_command_is_given_what_its_line_asks_for(cluster: Cluster, names: list[str]) -> None:
    agree(cluster, names)


def agree(cluster: Cluster, names: list[str]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pairs = pool.map(lambda name: cluster.submitted(name, CASES[name]), names)
        found = dict(zip(names, pairs, strict=True))
    for name, (asked, given) in found.items():
        print(f"{'same  ' if asked == given else 'DIFFER'} {name}: {dict(asked)} {dict(given)}")
    assert not [name for name, (asked, given) in found.items() if asked != given or not asked]
