"""Lines of a Spark event log, as Spark writes them, with defaults."""

import json

MIB = 2**20


def line(event, of_sql=False, **told):
    package = "org.apache.spark.sql.execution.ui." if of_sql else ""
    return json.dumps({"Event": f"{package}SparkListener{event}", **told}, separators=(",", ":")).encode() + b"\n"


def start(application="application_1_0001"):
    return line("ApplicationStart", **{"App Name": "job.py", "App ID": application, "Timestamp": 1000, "User": "ann"})


def end():
    return line("ApplicationEnd", Timestamp=61000)


def settings(command="org.apache.spark.deploy.SparkSubmit --master yarn job.py a", **said):
    own = {key.replace("_", "."): value for key, value in said.items()}
    spark = {"spark.submit.deployMode": "client", "spark.executor.memory": "4g", "spark.executor.instances": "2"}
    system = {"sun.java.command": command}
    return line("EnvironmentUpdate", **{"Spark Properties": {**spark, **own}, "System Properties": system})


def added(executor, cores=2):
    info = {"Host": "h", "Total Cores": cores}
    return line("ExecutorAdded", **{"Timestamp": 2000, "Executor ID": executor, "Executor Info": info})


def removed(executor, reason=""):
    return line("ExecutorRemoved", **{"Timestamp": 3000, "Executor ID": executor, "Removed Reason": reason})


def metrics(heap=0, rss=0, python=0, off_heap=0, beside=0):
    return {
        "JVMHeapMemory": heap,
        "JVMOffHeapMemory": beside,
        "OffHeapUnifiedMemory": off_heap,
        "ProcessTreeJVMRSSMemory": rss,
        "ProcessTreePythonRSSMemory": python,
        "MinorGCCount": 1,
    }


def stage_peak(executor, **measured):
    told = {"Executor ID": executor, "Stage ID": 0, "Stage Attempt ID": 0, "Executor Metrics": metrics(**measured)}
    return line("StageExecutorMetrics", **told)


def heartbeat(executor, **measured):
    stages = [{"Stage ID": 0, "Stage Attempt ID": 0, "Executor Metrics": metrics(**measured)}]
    return line("ExecutorMetricsUpdate", **{"Executor ID": executor, "Executor Metrics Updated": stages})


def task_end(executor="1", read=0, shuffled=0, spilled=0, gc_ms=0, why=None, **measured):
    told = {
        "Stage ID": 0,
        "Task Type": "ResultTask",
        "Task End Reason": why or {"Reason": "Success"},
        "Task Info": {"Task ID": 0, "Executor ID": executor, "Accumulables": [{"ID": 1, "Name": "x", "Update": 7}]},
        "Task Executor Metrics": metrics(**measured),
        "Task Metrics": {
            "JVM GC Time": gc_ms,
            "Disk Bytes Spilled": spilled,
            "Shuffle Read Metrics": {"Remote Bytes Read": shuffled, "Local Bytes Read": 0},
            "Shuffle Write Metrics": {"Shuffle Bytes Written": 5},
            "Input Metrics": {"Bytes Read": read},
        },
    }
    return line("TaskEnd", **told)


def plan(operator, *children, metrics=()):
    """`metrics`: {name: number}."""
    counts = [{"name": name, "accumulatorId": metrics[name], "metricType": "size"} for name in metrics]
    return {"nodeName": operator, "simpleString": operator, "children": list(children), "metrics": counts}


def query(root=None):
    told = {"executionId": 1, "description": "select", "physicalPlanDescription": "", "time": 1}
    return line("SQLExecutionStart", of_sql=True, **told, sparkPlanInfo=root or plan("Scan"))


def query_end():
    return line("SQLExecutionEnd", of_sql=True, executionId=1, time=2, errorMessage="")


def sent(numbers):
    updates = [list(each) for each in numbers.items()]
    return line("DriverAccumUpdates", of_sql=True, executionId=1, accumUpdates=updates)


def stage(*counted):
    """Pairs of name and value; numbers of SQL are texts there."""
    told = [{"ID": n, "Name": name, "Value": str(value) if type(value) is int else value, "Internal": True}
            for n, (name, value) in enumerate(counted)]  # fmt: skip
    return line("StageCompleted", **{"Stage Info": {"Stage ID": 0, "Accumulables": told}})


def whole(*between):
    return [start(), settings(), added("1"), added("2"), *between, end()]
