"""The reading of a command line against Spark's own."""

from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from placement.commands import spark
from placement.commands.base import Surroundings
from placement.errors import PlacementError
from tests.cluster.spark_oracle import SparkOracle, SparkRefusesError

DEFAULTS = "spark.master yarn\nspark.yarn.queue: from-defaults\nspark.app.name = named\\u0020so\nyarn.queue x\n"
MINE = "! mine\nspark.master=yarn\nspark.yarn.queue=mine\\\n   -continued\n\nspark.submit.deployMode   cluster \n"


@pytest.fixture(scope="module")
def oracle():
    with SparkOracle() as oracle:
        yield oracle


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    (folder / "spark-defaults.conf").write_text(DEFAULTS)
    (folder / "mine.conf").write_text(MINE)
    return folder


def agree(oracle, folder, arguments, **environ):
    """Both understand the same, or both submit nothing."""
    arguments = [str(folder / word) if word == "mine.conf" else word for word in arguments]
    environ = {"SPARK_CONF_DIR": str(folder), "HADOOP_CONF_DIR": str(folder), **environ}

    def text(file):
        return (folder / file).read_text() if (folder / file).is_file() else None

    try:
        ours = spark.read("spark-submit", arguments, Surroundings(environ, None, text))
    except PlacementError:
        ours = None
    try:
        real = oracle.read(arguments, environ)
    except SparkRefusesError:
        return  # nothing is submitted, whatever we make of it
    assert ours is not None, "an option of this Spark is not known"
    submits = real["action"] == "SUBMIT" and real["master"] == "yarn" and not real["connects"]
    assert ours.submits == submits
    if submits:
        assert (ours.request.queue if ours.request else None) == real["queue"]
        assert ours.deploy_mode == (real["deploy_mode"] or "client")
        assert ours.application_arguments == real["application_arguments"]
        assert ours.proxy_user == real["proxy_user"]
        assert unquote(real["application"]).endswith(ours.application)  # Spark makes it a URI
        placed = oracle.read(spark.place(ours, "root.decided", "placement:1"), environ)
        assert placed == real | {"queue": "root.decided"}


words = st.sampled_from(
    [
        *("--queue", "--queue=q", "--queue=", "--queue=a=b", "--name", "--name=n", "--class", "M", "--verbose", "-v"),
        *("--conf", "-c", "spark.yarn.queue=c", "--conf=spark.yarn.queue=d", "spark.yarn.queue = e", "-c=spark.x=y"),
        *("--properties-file", "mine.conf", "--properties-file=mine.conf", "--deploy-mode", "cluster", "client"),
        *(
            "--master",
            "yarn",
            "local[2]",
            "--conf=spark.master=local",
            "--conf=spark.master=yarn",
            "--proxy-user",
            "bob",
        ),
        *("app.jar", "app.py", "x", "--jars", "--supervise", "--help", "--version", "--kill", "--status", "--remote"),
        *("sc://localhost", "--", "-", "root.x", "--verbose=yes", "--queue=a\nb", "--num-executors=2", "–queue"),
    ]
)


@example(["--queue", "--name", "app.jar"])
@example(["--supervise", "-v", "--queue", "", "app.jar", "--verbose"])
@example(["--properties-file", "mine.conf", "--queue", "q", "app.jar"])
@example(["--queue", "q", "--conf", "spark.yarn.queue=c", "app.jar", "--queue", "its-own", "", "b c"])
@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.lists(words, max_size=7))
def test_we_read_what_spark_reads(oracle, folder, arguments):
    agree(oracle, folder, arguments)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=st.lists(words, max_size=4), masters=st.sampled_from(["yarn", "local", None]))
def test_the_environment_counts_where_nothing_else_does(oracle, folder, options, masters):
    empty = {"SPARK_CONF_DIR": str(folder / "nowhere"), "DEPLOY_MODE": "cluster"}
    agree(oracle, folder, [*options, "app.jar"], **empty, **({"MASTER": masters} if masters else {}))


characters = st.sampled_from("ab =:\\#!\n\r\t\f.u0041é")


@example("x \\r")
@example("\\u0001x\\u00a0")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(characters, max_size=24))
def test_a_properties_file_is_read_as_java_reads_it(oracle, folder, text):
    file = folder / "generated.conf"
    file.write_text(f"spark.master yarn\nspark.yarn.queue {text}\n", newline="")
    agree(oracle, folder, ["--properties-file", str(file), "app.jar"])
