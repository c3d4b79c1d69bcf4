"""The statements of `spark-sql -e`, put together again from the JVM's command, in which nothing is quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.observe.spark_command import read
from placement.sizing.features import SQL

FRONT = f"org.apache.spark.deploy.SparkSubmit --master yarn --conf a=b --class {SQL} spark-internal "


def arguments(said):
    found = read(FRONT + said, "SparkSQL::10.0.0.5")
    assert found.script == SQL
    return found.arguments


CASES = {
    "alone": ("-e select a from b", ("-e", "select a from b")),
    "as it was broken into lines": ("-e select a -- c\n  from  b", ("-e", "select a -- c\n  from  b")),
    "options behind it": ("-e select 1 -S --hivevar x=1", ("-e", "select 1", "-S", "--hivevar", "x=1")),
    "options before it": ("-S --database d -e select 1", ("-S", "--database", "d", "-e", "select 1")),
    "an option with its value": ("-e select 1 --hivevar=x=1", ("-e", "select 1", "--hivevar=x=1")),
    "a minus before a name": ("-e select a -d from t", ("-e", "select a -d from t")),
    "a minus, and options": ("-e select a -f from t -v", ("-e", "select a -f from t", "-v")),
    "two of them, which is one too many": ("-e select 1 -e select 2", ("-e", "select 1 -e select 2")),
    "a file": ("-f a.sql", ("-f", "a.sql")),
    "a file before": ("-i a.sql -e select 1", ("-i", "a.sql", "-e", "select 1")),
    "nothing behind it": ("-e", ("-e",)),
    "a secret": ("-e select 1 where password='x' and b", ("-e", "select 1 where password=***")),
}


@pytest.mark.parametrize("case", CASES)
def test_the_statement_is_one_argument_again(case):
    said, expected = CASES[case]
    assert arguments(said) == expected


WORD = st.text(st.characters(codec="utf-8", exclude_characters="=:", exclude_categories=("Cs",)), min_size=1)


@given(st.lists(WORD, min_size=1, max_size=9).map(" ".join).filter(str.strip), st.sampled_from(["", " -S", " -d a=b"]))
def test_any_statement_comes_back_as_it_was_typed(sql, behind):
    if any(word.partition("=")[0] in ("-e", "-S", "-d", "-f", "-i", "-v", "-H") for word in sql.split()):
        return
    assert arguments(f"-e {sql}{behind}") == ("-e", sql.strip()[:1000], *behind.split())


def test_a_command_of_options_alone_takes_no_time():
    assert len(arguments("-e " + "-S " * 33_000 + "x")) == 2


def test_another_application_keeps_its_words():
    assert read("org.apache.spark.deploy.SparkSubmit job.py -e a b").arguments == ("-e", "a", "b")
