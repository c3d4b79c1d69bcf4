"""Spark's shells, options that only the installed Spark knows, and properties in layers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.commands import spark
from placement.commands.base import FAMILIES, SPARK, Surroundings
from placement.errors import PlacementError

YARN = "spark.master yarn\n"
OURS = ["--queue", "root.q", "--conf", "spark.yarn.tags=t"]
INSTALLED = {"--newer": 1, "--newer-switch": 0, "--extra-properties-file": 1, "--load-spark-defaults": 0, "-n": 1}


def read(command, *arguments, installed=None, defaults=YARN, files=None, **environ):
    """`installed` None: there is no Spark that could be asked."""
    contents = {"/conf/spark-defaults.conf": defaults} | (files or {})
    asked = {} if installed is None else {"arity": installed.get}
    around = Surroundings({"SPARK_CONF_DIR": "/conf"} | environ, "/spark", contents.get, **asked)
    return spark.read(command, list(arguments), around)


def queue(reading):
    return reading.request and reading.request.queue


@pytest.mark.parametrize("command", SPARK)
def test_every_name_is_read_and_goes_by_its_plain_name(command):
    assert FAMILIES[command] == "spark"
    plain = read(command, "--queue", "q", "--help").family
    assert plain in ("spark-submit", "spark-shell", "spark-sql", "pyspark", "sparkR")
    assert plain.partition("-")[2] == command.partition("-")[2]
    assert FAMILIES[plain] == "spark"


@pytest.mark.parametrize("command", ["spark-shell", "spark-sql", "pyspark", "sparkR", "spark3-shell", "pyspark2"])
def test_a_shell_submits_by_itself_and_the_queue_comes_last(command):
    reading = read(command, "--queue", "q")
    assert reading.submits
    assert queue(reading) == "q"
    assert spark.place(reading, "root.q", "t") == ["--queue", "q", *OURS]


def test_options_behind_the_arguments_of_a_shell_are_options():
    reading = read("spark-shell", "-i", "a.scala", "--queue", "q", "x", "--hivevar=a=b", "--queue=r")
    assert queue(reading) == "r"
    assert reading.application_arguments == ["-i", "a.scala", "x", "--hivevar"]
    assert spark.place(reading, "root.q", "t")[-4:] == OURS


def test_a_class_that_is_a_shell_mixes_under_spark_submit_too():
    arguments = ["--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "x", "--queue", "q"]
    assert queue(read("spark-submit", *arguments)) == "q"
    assert queue(read("spark-submit", *arguments[2:])) is None
    assert queue(read("spark-submit", "x", *arguments[:2], "--queue", "q")) is None


def test_the_queue_of_run_example_stands_behind_that_word_and_before_the_example():
    reading = read("spark-submit", "run-example", "--name", "n", "SparkPi", "--queue", "its-own")
    assert queue(reading) is None
    placed = spark.place(reading, "root.q", "t")
    assert placed == ["run-example", "--name", "n", *OURS, "SparkPi", "--queue", "its-own"]
    assert read("spark-submit", "run-example", "--class", "SparkPi").submits


def test_names_of_the_scripts_count_and_can_be_replaced():
    assert read("spark-shell").name == "Spark shell"
    assert read("pyspark", "--name", "mine").name == "mine"
    assert read("spark-sql", SPARK_YARN_APP_NAME="called").name == "called"


PASSING = {
    "pyspark with a script": ("pyspark", ["job.py"]),
    "pyspark with an unknown option": ("pyspark", ["-x"]),
    "sparkR with a script": ("sparkR", ["job.R"]),
    "pyspark on a server": ("pyspark", ["--remote", "sc://h"]),
    "a shell's help": ("spark-shell", ["x", "-h"]),
    "a local shell": ("spark-sql", ["-e", "select 1", "--master", "local"]),
    "a value is missing": ("spark-shell", ["x", "--queue"]),
    "no example": ("spark-submit", ["run-example", "--name", "n"]),
}


@pytest.mark.parametrize("case", PASSING)
def test_what_submits_nothing_passes_and_says_why(case):
    command, arguments = PASSING[case]
    reading = read(command, *arguments)
    assert not reading.submits
    assert reading.why


def test_a_server_named_in_the_environment_is_connected_to():
    assert not read("spark-submit", "a.py", SPARK_REMOTE="sc://h").submits


@pytest.mark.parametrize("command", ["spark-submit", "spark-shell"])
def test_an_option_newer_than_our_table_is_read_as_the_installed_spark_reads_it(command):
    reading = read(command, "--newer", "--queue", "--newer-switch", "--queue=q", "x", installed=INSTALLED)
    assert reading.submits
    assert queue(reading) == "q"
    assert reading.application_arguments == (["x"] if command == "spark-shell" else [])


def test_what_the_installed_spark_does_not_know_it_refuses_or_leaves_to_the_application():
    assert not read("spark-submit", "--neewer", "x", "a.py", installed=INSTALLED).submits
    reading = read("spark-shell", "--neewer", "--queue", "q", installed=INSTALLED)
    assert queue(reading) == "q"
    assert reading.application_arguments == ["--neewer"]


@pytest.mark.parametrize("command", ["spark-submit", "spark-shell", "pyspark"])
def test_without_a_spark_to_ask_an_unknown_option_is_an_error(command):
    with pytest.raises(PlacementError) as caught:
        read(command, "--newer", "x")
    assert caught.value.problems[0].code == "unknown-option"


def test_an_option_that_an_older_spark_does_not_know_is_the_applications_there():
    """Only where options mix with arguments; elsewhere that Spark refuses the command line."""
    arguments = ["--extra-properties-file", "--queue=q"]
    assert queue(read("spark-shell", *arguments, installed={})) == "q"
    files = {"--queue=q": ""}
    assert queue(read("spark-shell", *arguments, installed=INSTALLED, files=files)) is None
    assert queue(read("spark-shell", *arguments, files=files)) is None  # nobody to ask: as our table says


def test_spark_is_not_asked_without_need():
    def refuse(option):
        raise AssertionError(option)

    words = ["--queue", "q", "-e", "select 1", "--hiveconf", "a=b", "--database", "d", "-S", "x"]
    around = Surroundings({"MASTER": "yarn"}, None, {}.get, arity=refuse)
    assert spark.read("spark-sql", words, around).submits
    assert spark.read("spark-submit", ["--load-spark-defaults", "a.py", "--its-own"], around).submits


def test_the_layers_of_properties_and_what_is_said_of_them():
    files = {
        "base": "spark.yarn.queue base\nspark.app.name base\nspark.master yarn\n",
        "one": "spark.yarn.queue one\nspark.yarn.tags one\n",
        "two": "spark.yarn.queue two\n",
    }
    defaults = "spark.yarn.queue d\nspark.submit.deployMode cluster\n"
    layers = ["--extra-properties-file=one", "--properties-file=base", "--extra-properties-file", "two", "a.py"]
    reading = read("spark-submit", *layers, defaults=defaults, files=files)
    assert reading.request.source == "spark.yarn.queue in two"
    assert (reading.request.queue, reading.tags, reading.name) == ("two", "one", "base")
    assert reading.deploy_mode == "client"
    assert (
        read("spark-submit", "--load-spark-defaults", *layers, defaults=defaults, files=files).deploy_mode == "cluster"
    )
    assert queue(read("spark-submit", "--conf", "spark.yarn.queue=c", *layers, files=files)) == "c"
    extra = read(
        "spark-submit", "--extra-properties-file=two", "a.py", defaults=f"{YARN}spark.app.name d\n", files=files
    )
    assert (extra.request.queue, extra.name) == ("two", "d")  # extra files do not replace the defaults
    assert not read("spark-submit", "--extra-properties-file=nowhere", "a.py").submits


OF_JAVA = "-Da=b '-Dspark.yarn.queue=a b' -Dspark.yarn.queue=j -Dspark.yarn.tags=t1"


def test_what_is_said_to_java_counts_where_nothing_else_has_the_key():
    reading = read("spark-submit", "a.py", SPARK_SUBMIT_OPTS=OF_JAVA)
    assert (reading.request.queue, reading.request.source) == ("j", "spark.yarn.queue in SPARK_SUBMIT_OPTS")
    assert spark.place(reading, "root.q", "t")[:4] == ["--queue", "root.q", "--conf", "spark.yarn.tags=t1,t"]
    assert queue(read("spark-submit", "--conf", "spark.yarn.queue=c", "a.py", SPARK_SUBMIT_OPTS=OF_JAVA)) == "c"
    driver = ["--driver-java-options", "-Dspark.yarn.queue=d", "a.py"]
    assert queue(read("spark-submit", *driver, SPARK_SUBMIT_OPTS=OF_JAVA)) == "d"
    assert queue(read("spark-submit", "--deploy-mode", "cluster", *driver)) is None  # for the driver, in YARN already
    assert queue(read("spark-submit", "a.py", SPARK_SUBMIT_OPTS="'-Dspark.yarn.queue=q")) is None  # refused by Spark


def test_carriage_returns_are_dropped_as_by_sparks_own_script():
    reading = read("spark-submit", "--queue", "q\r", "a.py\r", "x\r")
    assert (queue(reading), reading.application, reading.application_arguments) == ("q", "a.py", ["x"])


WORDS = """--queue --queue=a --conf spark.yarn.queue=c -c --name --verbose --master yarn x.py --class=M -v --jars
--newer --newer-switch --neewer --hiveconf -e -n --extra-properties-file --load-spark-defaults run-example
pyspark-shell-main --class=org.apache.spark.repl.Main --remote --properties-file nowhere"""
tokens = st.sampled_from([*WORDS.split(), "", "\udcff", "--\udcff", "a b", "-", "--", "q\r", "=", "--=", "--queue="])


@given(st.sampled_from(SPARK), st.lists(tokens, max_size=8), st.booleans())
def test_no_command_line_is_a_traceback_or_is_changed_besides_what_is_ours(command, arguments, ask):
    installed = INSTALLED if ask else None
    try:
        reading = read(command, *arguments, installed=installed)
    except PlacementError:
        assert not ask  # otherwise every option can be told
        return
    assert reading.arguments == arguments
    assert reading.as_data()
    assert reading.submits or reading.why
    if reading.submits:
        placed = spark.place(reading, "decided", "t")
        at = reading.position
        assert placed[:at] + placed[at + 4 :] == arguments
        again = read(command, *placed, installed=installed)
        assert (again.request.queue, again.request.source, again.tags) == ("decided", "--queue", "t")
        for fact in ("application", "application_arguments", "master", "deploy_mode", "name", "proxy_user", "asked"):
            assert getattr(again, fact) == getattr(reading, fact)
