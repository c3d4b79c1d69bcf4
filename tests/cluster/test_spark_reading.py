"""The reading of the command lines of Spark's commands against Spark's own, the oldest and the newest that we have."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.cluster.spark_oracle import COMMANDS, ENVIRONMENTS, VERSIONS, WORDS, SparkOracle, SparkRefusesError, agree

QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@pytest.fixture(scope="module", params=VERSIONS)
def oracle(request):
    with SparkOracle(request.param) as oracle:
        yield oracle


@example("spark-submit", ["--queue", "--name", "app.jar"], {})
@example("spark-submit", ["--supervise", "-v", "--queue", "", "app.jar", "--verbose"], {})
@example("spark-submit", ["--properties-file", "mine.conf", "--queue", "q", "app.jar"], {})
@example("spark-submit", ["--queue", "q", "--conf", "spark.yarn.queue=c", "app.jar", "--queue", "its-own", "", "b"], {})
@example("spark-submit", ["run-example", "--queue", "q", "SparkPi", "--queue", "10"], {})
@example("spark-submit", ["run-example", "--class", "SparkPi"], {})
@example("spark-submit", ["pyspark-shell-main"], {})
@example("spark-submit", ["pyspark-shell", "x"], {})
@example("spark-submit", ["--queue", "q\r", "app.jar", "x\r"], {})
@example("spark-submit", ["run-example", "--extra-properties-file=mine.conf", "10"], {})
@example("spark-submit", ["app.jar", "--class", "org.apache.spark.repl.Main", "--queue", "its-own"], {})
@example("spark-shell", ["-i", "a b", "--queue", "q", "x", "--name", "n", "--queue=r"], {})
@example("spark-shell", ["--extra-properties-file", "--queue=q"], {})
@example("spark-shell", ["--never-heard-of", "--queue=q"], {})
@example("spark-shell", ["--extra-properties-file=more.conf", "--extra-properties-file=mine.conf"], {})
@example("spark-sql", ["-e", "select 1", "--hiveconf", "a=b", "--queue", "q", "--hivevar=x=y"], {})
@example("pyspark", ["--queue", "a b'\"\\", "--conf", "spark.yarn.tags=a,b"], {})
@example("pyspark", ["--remote", "sc://localhost"], {})
@example("sparkR", ["--queue", "a b'\"\\", "x"], {})
@settings(max_examples=1500, **QUIET)
@given(st.sampled_from(COMMANDS), st.lists(st.sampled_from(WORDS), max_size=8), st.sampled_from(ENVIRONMENTS))
def test_we_read_what_spark_reads(oracle, command, arguments, environ):
    agree(oracle, command, arguments, environ)


@example("x \\r")
@example("\\u0001x\\u00a0")
@settings(max_examples=300, **QUIET)
@given(st.text(st.sampled_from("ab =:\\#!\n\r\t\f.u0041é"), max_size=24))
def test_a_properties_file_is_read_as_java_reads_it(oracle, text):
    file = oracle.folder / "generated.conf"
    file.write_text(f"spark.master yarn\nspark.yarn.queue {text}\n", newline="")
    agree(oracle, "spark-submit", ["--properties-file", str(file), "app.jar"], {})


SUBMITTING = {
    "spark-submit": ["app.jar"],
    "spark-shell": ["-i", "x.scala"],
    "spark-sql": ["-e", "select 1"],
    "pyspark": [],
    "sparkR": ["x"],
}


@pytest.mark.parametrize("command", SUBMITTING)
def test_every_command_submits(oracle, command):
    """The oracle does not just refuse everything."""
    assert agree(oracle, command, ["--queue", "q", *SUBMITTING[command]], {})


@pytest.mark.parametrize(
    ("option", "arities"),
    [
        ("--queue", (1, 1)),
        ("-c", (1, 1)),
        ("--supervise", (0, 0)),
        ("--extra-properties-file", (None, 1)),
        ("--load-spark-defaults", (None, 0)),
        ("--never-heard-of", (None, None)),
        ("--queue=", (None, None)),
    ],
)
def test_an_installed_spark_tells_what_follows_an_option(oracle, option, arities):
    assert oracle.arity(option) == dict(zip(VERSIONS, arities, strict=True))[oracle.version]


def test_spark_refuses_what_pyspark_does_not_take(oracle):
    for arguments in (["job.py"], ["--never-heard-of"]):
        with pytest.raises(SparkRefusesError):
            oracle.read("pyspark", arguments, {"MASTER": "yarn", "HADOOP_CONF_DIR": "/"})
