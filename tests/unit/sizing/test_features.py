"""What is known before a run and what is told after it make the same keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement import audit
from placement.commands import spark
from placement.commands.base import Surroundings
from placement.decision import RUN, Decision
from placement.estimate.keys import is_own, keys_of
from placement.observe import run as observed
from placement.observe.asked import with_command
from placement.observe.run import Account, Part, Run
from placement.observe.spark_log import SparkLog
from placement.sizing.features import LONGEST, MOST_ARGUMENTS, features_of, of_job, of_role, told
from placement.submission import Identity, Submission
from tests.unit.commands import test_hadoop
from tests.unit.observe import spark_lines as log

WORD = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1).filter(lambda word: word.split() == [word])


def reading_of(*arguments):
    return spark.read("spark-submit", ["--master", "yarn", *arguments], Surroundings({}, None, lambda _: None))


def before(reading, role):
    arguments = audit.masked(told(reading.application_arguments))
    return of_role(features_of(reading, reading.asked, "alice", arguments, None), reading.asked, role)


def after(account, role, kind="spark", name="job.py"):
    return Run("application_1_0001", "alice", "root.a", kind, name, account=account).features(Part(role))


def own(features):
    return {key for key in keys_of(features) if is_own(key)}


def logged(command, name):
    told_of = SparkLog()
    told_of.read([log.start(), log.settings(command, spark_app_name=name), log.added("1"), log.end()])
    return told_of.account()


SUBMIT = "org.apache.spark.deploy.SparkSubmit --master yarn "
MASTER = "org.apache.spark.deploy.yarn.ApplicationMaster "
RUNS = {  # typed, as the driver's JVM was started, as YARN names it
    "a script": (["/x/job.py", "2026-11-21"], SUBMIT + "/x/job.py 2026-11-21", "job.py"),
    "a name": (["--name", "n", "job.py", "a"], SUBMIT + "--name n job.py a", "n"),
    "a name in the program": (["job.py", "a"], SUBMIT + "job.py a", "the program's own"),
    "a class": (["--class", "a.B", "/x/a.jar", "1"], SUBMIT + "--class a.B /x/a.jar 1", "a.B"),
    "in the cluster": (
        ["--deploy-mode", "cluster", "--class", "a.B", "a.jar", "7"],
        MASTER + "--class a.B --jar file:/x/a.jar --arg 7 --properties-file p",
        "a.B",
    ),
    "a secret": (["job.py", "--token", "s3cret"], SUBMIT + "job.py --token s3cret", "job.py"),
}


@pytest.mark.parametrize("case", RUNS)
def test_a_spark_run_is_known_by_what_was_typed(case):
    typed, command, name = RUNS[case]
    typed_keys = own(before(reading_of(*typed), "executor"))
    told_keys = own(after(logged(command, name), "executor", name=name))
    assert "s:" in "".join(typed_keys & told_keys)
    if case != "a name in the program":
        assert typed_keys == told_keys


SQL_CLASS = "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver"


def test_statements_of_spark_sql_are_jobs_by_themselves():
    around = Surroundings({}, None, lambda _: None)
    reading = spark.read("spark-sql", ["--master", "yarn", "-e", "select a from b where d = '2026-11-20'"], around)
    command = f"{SUBMIT}--class {SQL_CLASS} spark-internal -e select a from b where d = '2026-11-21'"
    known = set(of_job(reading, keys_of(before(reading, "executor"))))
    same = own(after(logged(command, "SparkSQL::10.0.0.5"), "executor", name="SparkSQL::10.0.0.5"))
    other = own(after(logged(command.replace("from b", "from c"), "n"), "executor", name="SparkSQL::10.0.0.5"))
    assert {key[0] for key in known & same} == {"x"}
    assert not known & other


@pytest.mark.parametrize(("line", "levels"), [
    ("hadoop distcp hdfs://a/b hdfs://c/d", {"x"}),
    ("hadoop distcp -Dmapreduce.job.name=n hdfs://a/b hdfs://c/d", {"x", "a"}),
    ("hadoop jar tool.jar in", {"x", "s"}),
])  # fmt: skip
def test_a_tool_is_no_job(line, levels):
    reading = test_hadoop.read(line)
    keys = of_job(reading, keys_of(before(reading, "map")))
    assert {key[0] for key in keys if is_own(key)} == levels
    assert {"k", "u", "*"} <= {key[0] for key in keys}


@given(st.lists(WORD, max_size=120), st.one_of(st.none(), WORD))
def test_any_arguments_make_equal_keys(arguments, name):
    named = ["--name", name] if name else []
    reading = reading_of(*named, "/x/job.py", *arguments)
    if not reading.submits:
        return
    command = SUBMIT + " ".join(["/x/job.py", *(word.replace("\r", "") for word in arguments)])
    assert own(before(reading, "executor")) == own(
        after(logged(command, name or "job.py"), "executor", name=name or "job.py")
    )


@pytest.mark.parametrize("line", ["hadoop jar driver.jar pi -Dx=y 2 3", "yarn jar tool.jar in --token s3cret"])
@pytest.mark.parametrize("is_told", [True, False])
def test_a_mapreduce_run_is_known_by_the_trail(line, is_told):
    reading = test_hadoop.read(line)
    submission = Submission(Identity("alice", (), "alice", "process"), None, reading)
    record = audit.entry(
        Decision("0" * 16, submission, RUN, "", ""), 0, [], "x", reading.arguments if is_told else None
    )
    account = with_command(Account(script="a.Mapper"), record)
    before_it = own(before(reading, "map"))
    shared = before_it & own(after(account, "map", "mapreduce", "QuasiMonteCarlo"))
    assert {key[0] for key in shared} == {"s"}
    named = own(before(test_hadoop.read(line.replace(".jar", ".jar -Dmapreduce.job.name=n") if "pi" not in line else
                                        line.replace("pi", "pi -Dmapreduce.job.name=n")), "map"))  # fmt: skip
    assert {key[0] for key in named & own(after(account, "map", "mapreduce", "n"))} >= {"a", "s"}


def test_the_bounds_are_those_of_observers():
    assert (LONGEST, MOST_ARGUMENTS) == (observed.LONGEST, observed.MOST_ARGUMENTS)


@given(
    st.dictionaries(st.sampled_from(["application", "user", "script", "kind"]), st.text(max_size=20)),
    st.text(max_size=9),
)
def test_a_role_is_the_end_of_each_of_its_keys(said, argument):
    said["arguments"] = [argument]
    assert keys_of({**said, "role": "map"}) == tuple(key + "map" for key in keys_of({**said, "role": ""}))
