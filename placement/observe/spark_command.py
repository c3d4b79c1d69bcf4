"""Which script, or class, a Spark application was, by the command of its driver's JVM. Pure.

The property `sun.java.command` has blanks between words and nothing around them, so that a word with blanks falls
apart; the application's name, which often has some, is known and taken out, and the statements of `spark-sql -e` are
put together again. Sources: Spark `SparkSubmit`, `ApplicationMasterArguments`, `SparkSubmitOptionParser`,
`SparkSQLCLIDriver`; Hive `OptionsProcessor`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from placement.audit import masked
from placement.observe.run import text, texts
from placement.sizing.features import SQL

LONGEST = 100_000  # characters
_SUBMIT = "org.apache.spark.deploy.SparkSubmit"
_MASTER = "org.apache.spark.deploy.yarn.ApplicationMaster"
_FLAGS = {"--verbose", "-v", "--supervise", "--usage-error", "--help", "-h", "--version"}
_SQL_FLAGS = {"-S", "--silent", "-v", "--verbose", "-H", "--help"}
_SQL_OPTIONS = {"-d", "--define", "--database", "-e", "-f", "-i", "--hiveconf", "--hivevar"}  # with a value
_WORD = re.compile(r"\S+")


class Command(NamedTuple):
    """`script` is the last part of a path, or a class; its `arguments` without secrets."""

    script: str = ""
    arguments: tuple[str, ...] = ()


def read(java_command: str, name: str = "") -> Command:
    """The command of the application `name`; an empty one if it is another program's."""
    if " " in name:
        java_command = java_command.replace(f" --name {name} ", " ", 1)
    main, *words = java_command.split() or [""]
    if main == _SUBMIT:
        return _of_submit(words, java_command)
    return _of_master(words) if main == _MASTER else Command()


def _of_submit(words: list[str], java_command: str) -> Command:
    """In client mode: as it was typed."""
    at, main_class = 0, ""
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--class" and at + 1 < len(words):
            main_class = words[at + 1]
        at += 1 if words[at] in _FLAGS or "=" in words[at] else 2
    script = words[at] if at < len(words) else ""
    if main_class == SQL:
        return _command(SQL, _of_sql("".join(java_command.split(maxsplit=at + 2)[at + 2 :])))
    is_file = script.endswith((".py", ".R", ".r"))
    return _command(script if is_file or not main_class else main_class, words[at + 1 :])


def _of_sql(said: str) -> list[str]:
    """Arguments of spark-sql: the text behind `-e` goes on up to where nothing but options is left."""
    spans = [match.span() for match in _WORD.finditer(said)]
    words = [said[begin:end] for begin, end in spans]
    at = words.index("-e") + 1 if "-e" in words else len(words)
    if at >= len(words):
        return words
    end = _are_options_from(words).index(True, at + 1)
    return [*words[:at], said[spans[at][0] : spans[end - 1][1]], *words[end:]]


def _are_options_from(words: list[str]) -> list[bool]:
    """For each place whether from there on there are options alone, each with its value; at the end it is so."""
    found = [False] * len(words) + [True, False]
    for place in reversed(range(len(words))):
        option, equals, _ = words[place].partition("=")
        is_flag = option in _SQL_FLAGS or bool(equals)
        found[place] = option in _SQL_FLAGS | _SQL_OPTIONS and found[place + (1 if is_flag else 2)]
    return found


def _of_master(words: list[str]) -> Command:
    """In cluster mode: options of the application master, each with its value."""
    pairs = list(_pairs(words))
    said = dict(pairs)
    script = said.get("--primary-py-file") or said.get("--primary-r-file") or said.get("--class", "")
    return _command(script, [value for option, value in pairs if option == "--arg"])


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    return zip(words[::2], words[1::2], strict=False)


def _command(script: str, arguments: list[str]) -> Command:
    return Command(text(script.rpartition("/")[2]), texts(masked(list(texts(arguments)))))
