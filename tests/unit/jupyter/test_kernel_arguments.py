"""The Spark command line in a kernel's environment: read, and put back with the wrapper's words in it."""

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.jupyter.kernel import impersonated, spark_arguments
from placement.jupyter.notebook import queue_of

QUEUE, TAG = ["--queue", "root.a"], ["--conf", "spark.yarn.tags=placement:0123456789abcdef"]
WORDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=5)


@pytest.mark.parametrize(
    ("environ", "own", "arguments"),
    [
        ({}, {}, None),
        ({"SPARK_HOME": "/opt/spark", "SPARK_OPTS": "--master yarn"}, {}, None),
        ({"SPARK_HOME": "/opt/spark"}, {"SPARK_HOME": "/opt/spark"}, ["pyspark-shell"]),
        ({"PYSPARK_SUBMIT_ARGS": "--name 'a b' pyspark-shell"}, {}, ["--name", "a b", "pyspark-shell"]),
        ({"SPARK_OPTS": "--name ${K:-none}"}, {"SPARK_OPTS": ""}, ["--name", "${K:-none}", "pyspark-shell"]),
    ],
    ids=["none", "only-there", "own-home", "pyspark", "options"],
)
def test_what_a_kernel_starts_spark_with(environ, own, arguments):
    found = spark_arguments(environ, own)
    assert (found and found.arguments) == arguments


def test_a_kernel_that_is_said_to_be_one_of_spark():
    assert spark_arguments({}, {}, is_spark=True).arguments == ["pyspark-shell"]


@given(WORDS)
def test_what_the_wrapper_puts_in_arrives_where_pyspark_splits_it(words):
    text = shlex.join([*words, "pyspark-shell"])
    spark = spark_arguments({"PYSPARK_SUBMIT_ARGS": text}, {})
    assert spark.with_arguments(spark.arguments) is spark
    placed = [*words, *QUEUE, *TAG, "pyspark-shell"]
    assert shlex.split(spark.with_arguments(placed).text) == placed


def test_options_for_a_shell_stay_as_they_are_written():
    text = '--name "${KERNEL_ID:-none}" --conf a=b'
    spark = spark_arguments({"SPARK_OPTS": text}, {"SPARK_OPTS": text})
    placed = spark.with_arguments([*spark.words, *QUEUE, *TAG, "pyspark-shell"])
    assert placed.text == f"{text} {shlex.join([*QUEUE, *TAG])}"


@pytest.mark.parametrize("variable", ["PYSPARK_SUBMIT_ARGS", "SPARK_OPTS"])
def test_the_queue_of_a_notebook_comes_last_and_so_wins(variable):
    shell = ["pyspark-shell"] if variable == "PYSPARK_SUBMIT_ARGS" else []
    said = {variable: shlex.join(["--queue", "root.spec", *shell])}
    asking = spark_arguments(said, said).asking("root.a")
    assert asking.arguments == ["--queue", "root.spec", *QUEUE, "pyspark-shell"]
    assert shlex.split(asking.text) == ["--queue", "root.spec", *QUEUE, *shell]
    assert asking.asking(None) is asking


@pytest.mark.parametrize(
    ("tags", "left"),
    [
        ("placement:1", []),
        ("mine,placement:1", ["--conf", "spark.yarn.tags=mine"]),
        ("mine", None),
        ("placement:2", None),
    ],
)
def test_the_tag_of_an_earlier_decision_is_taken_out(tags, left):
    text = f"--queue root.a --conf spark.yarn.tags={tags} pyspark-shell"
    spark = spark_arguments({"PYSPARK_SUBMIT_ARGS": text}, {})
    found = spark.undecided("placement:1")
    if left is None:
        assert found is spark
    else:
        assert found.words == shlex.split(found.text) == ["--queue", "root.a", *left, "pyspark-shell"]


def test_arguments_that_no_shell_could_read_are_a_fault():
    with pytest.raises(PlacementError) as fault:
        spark_arguments({"PYSPARK_SUBMIT_ARGS": "--name 'a"}, {})
    assert fault.value.problems[0].code == "kernel-arguments"


@pytest.mark.parametrize(
    ("environ", "user"),
    [
        ({"KERNEL_USERNAME": "ann"}, None),
        ({"EG_IMPERSONATION_ENABLED": "True"}, None),
        ({"KERNEL_USERNAME": "ann", "EG_IMPERSONATION_ENABLED": "False"}, None),
        ({"KERNEL_USERNAME": "ann", "EG_IMPERSONATION_ENABLED": "True"}, "ann"),
    ],
)
def test_for_whom_a_gateway_submits(environ, user):
    assert impersonated(environ) == user


def notebook(folder, metadata, name="n.ipynb"):
    file = folder / name
    file.write_text(json.dumps({"cells": [], "metadata": metadata}))
    return str(file)


@pytest.mark.parametrize(
    ("metadata", "queue"),
    [
        ({}, None),
        ({"placement": {}}, None),
        ({"placement": "x"}, None),
        ({"placement": {"queue": " root.a "}}, "root.a"),
    ],
)
def test_the_queue_in_the_metadata_of_a_notebook(tmp_path, metadata, queue):
    assert queue_of(notebook(tmp_path, metadata)) == queue


def test_what_is_no_notebook_asks_for_nothing(tmp_path):
    asks = {"placement": {"queue": "root.a"}}
    (tmp_path / "broken.ipynb").write_text("{")
    for path in (None, "", notebook(tmp_path, asks, "n.txt"), str(tmp_path / "broken.ipynb"), str(tmp_path), "x.ipynb"):
        assert queue_of(path) is None


@pytest.mark.parametrize("queue", ["", 5, ["root.a"]])
def test_a_request_that_is_no_queue_is_a_fault(tmp_path, queue):
    with pytest.raises(PlacementError) as fault:
        queue_of(notebook(tmp_path, {"placement": {"queue": queue}}))
    assert fault.value.problems[0].code == "notebook-queue"
