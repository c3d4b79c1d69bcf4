"""The command lines of `hive` and `beeline`, read as they read them. Part of the hot path: standard library only.

Sources: Hive's `bin/hive` and `bin/beeline` (services), `OptionsProcessor` and `BeeLine` over commons-cli's
`GnuParser`, `jdbc.Utils.parseURL`; held against a real HiveServer2 by tests/engines/test_hive.py. A session submits
whatever is said in it, so every session is placed. What it says itself wins over its command line: a `set` in a
script, or in a file of `-i`, is beyond a wrapper.
"""

from placement.commands.base import Surroundings, joined_tags, undashed, unquoted
from placement.errors import PlacementError, Problem, nearest, quoted
from placement.estimate.demand_hadoop import AM, of_mapreduce, of_tez
from placement.submission import Reading, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from placement.estimate.demand import Asked

ENGINE, PROXY_USER = "hive.execution.engine", "hive.server2.proxy.user"
# Hive 4 makes its applications' tags of the first, for every engine, and overwrites the second (`QueryState`). An older
# server refuses a session that sets the first, so it is set only where somebody else has set it.
QUERY_TAG, JOB_TAGS = "hive.query.tag", "mapreduce.job.tags"
MR_QUEUE, OLD_MR_QUEUE = "mapreduce.job.queuename", "mapred.job.queue.name"
TEZ_QUEUE, SPARK_QUEUE = "tez.queue.name", "spark.yarn.queue"
QUEUES = {"tez": (TEZ_QUEUE,), "mr": (MR_QUEUE, OLD_MR_QUEUE), "spark": (SPARK_QUEUE,)}
MANY = 1 << 30
# {name: how many values}; an option ends the values of the one before it.
BEELINE = {
    "a": 1,
    "c": 1,
    "d": 1,
    "e": MANY,
    "f": 1,
    "getUrlsFromBeelineSite": 0,
    "h": 0,
    "help": 0,
    "hiveconf": 2,
    "hivevar": 2,
    "i": MANY,
    "n": 1,
    "p": 1,
    "password-file": 1,
    "property-file": 1,
    "r": 0,
    "reconnect": 0,
    "u": 1,
    "w": 1,
}
# `hive` is beeline in Hive 4, and by itself before: both are read, and where they differ neither is refused.
CLI = BEELINE | {"H": 0, "S": 0, "d": 2, "database": 1, "define": 2, "h": 1, "silent": 0, "v": 0, "verbose": 0}
OPTIONAL = frozenset("ph")  # that may stand without their value
SERVICE_SWITCHES = {
    "--orcfiledump": "orcfiledump",
    "--rcfilecat": "rcfilecat",
    "--replMigration": "replMigration",
    "--version": "version",
}
IGNORED = frozenset(("--skiphadoopversion", "--skiphbasecp"))


def read(command: str, arguments: list[str], _: Surroundings) -> Reading:
    """What `COMMAND ARGUMENTS` would do; `command` is hive or beeline.

    Raises PlacementError `unknown-option` where an option may be one of a Hive newer than these tables.
    """
    reading = Reading(command, arguments)
    service, words, indexes = _service("beeline" if command == "beeline" else "cli", arguments)
    if service not in ("cli", "beeline"):
        return reading.passes(f"runs the service {service}" if service else "runs no service")
    try:
        options, end = _options(command, CLI if service == "cli" else BEELINE, words)
    except ValueError as error:
        return reading.passes(f"{command} will refuse it: {error}")
    reading.position = indexes[end] if end < len(words) else len(arguments)
    said = {name for name, _ in options}
    if said & {"H", "help", "getUrlsFromBeelineSite"} or ("h" in said and service == "beeline"):
        return reading.passes("shows its help")
    url = next((values[0] for name, values in options if name == "u"), "")
    conf = {values[0]: values[1] if values[1:] else "true" for name, values in options if name == "hiveconf"}
    in_url = _properties(url.partition("#")[0].partition("?")[2])
    reading.proxy_user = _properties(url.partition("?")[0].partition("#")[0]).get(PROXY_USER)
    key = QUERY_TAG if QUERY_TAG in conf or QUERY_TAG in in_url else JOB_TAGS
    reading.tags = conf.get(key, in_url.get(key))
    engine = conf.get(ENGINE, in_url.get(ENGINE, ""))
    for key in QUEUES.get(engine) or [key for keys in QUEUES.values() for key in keys]:
        if key in conf or key in in_url:
            where = f"--hiveconf {key}" if key in conf else f"{key} in the URL"
            reading.request = Request(conf.get(key, in_url.get(key, "")), where)
            break
    reading.asked = _asked(engine, {**in_url, **conf}.get)
    reading.submits = True
    return reading


def place(reading: Reading, queue: str, tag: str) -> list[str]:
    """The arguments with `queue`, for whatever engine, and `tag` behind the user's own options.

    --hiveconf beats the URL, and of several the last counts. A key that was asked for beside the usual ones is set
    too: the old name of one may win over it.
    """
    arguments, position = reading.arguments, reading.position
    keys = [MR_QUEUE, TEZ_QUEUE]
    keys += [key for key in (OLD_MR_QUEUE, SPARK_QUEUE) if any(key in word for word in arguments)]
    tags = joined_tags(reading.tags, tag)
    tag_key = QUERY_TAG if any(QUERY_TAG in word for word in arguments) else JOB_TAGS
    properties = [*(f"{key}={queue}" for key in keys), f"{tag_key}={tags}"]
    ours = [word for each in properties for word in ("--hiveconf", each)]
    return [*arguments[:position], *ours, *arguments[position:]]


def _asked(engine: str, get: "Callable[[str], str | None]") -> "Asked | None":
    """What the session's applications ask for, if it says so itself: the server's own settings are not known here."""
    if engine == "mr" and any(get(f"{AM}.{name}") for name in ("mb", "memory", "memory-mb")):
        return of_mapreduce(get)
    return of_tez(get) if engine in ("", "tez") else None


def _service(service: str, arguments: list[str]) -> tuple[str, list[str], list[int]]:
    """What `bin/hive` runs, the words it hands on, and where each stood in `arguments`."""
    words, indexes, wants_help, index = [], [], False, 0
    while index < len(arguments):
        word = arguments[index]
        if word == "--service":
            index += 1
            service = arguments[index] if index < len(arguments) else ""
        elif word in SERVICE_SWITCHES:
            service = SERVICE_SWITCHES[word]
        elif word == "--help":
            wants_help = True
        elif word not in IGNORED and not word.startswith("--debug"):
            words.append(word)
            indexes.append(index)
        index += 1
    return "help" if wants_help else service or "cli", words, indexes


def _options(command: str, table: dict[str, int], words: list[str]) -> tuple[list[tuple[str, list[str]]], int]:
    """The options as (name, values) in order, and the index of the `--` that ends them, or how many words there are.

    Raises ValueError where the command would refuse them, PlacementError `unknown-option`.
    """
    options: list[tuple[str, list[str]]] = []
    values: list[str] = []  # of the option that is being read
    open_for = 0  # how many values it still takes
    for piece, index in _flattened(table, words):
        name = undashed(piece)
        is_option = piece.startswith("-") and name in table
        if open_for and not is_option:
            open_for -= _add(
                values, unquoted(piece), open_for == 2 and options[-1][0] in ("hiveconf", "hivevar", "define")
            )
            continue
        _require(options)
        if piece == "--":
            return options, index
        if is_option:
            values, open_for = [], table[name]
            options.append((name, values))
        elif piece.startswith("--") and "property-file" in table:
            continue  # beeline's own settings: --color=true and the like
        elif piece.startswith("-") and piece != "-":
            near = nearest(piece, [f"-{option}" if len(option) == 1 else f"--{option}" for option in table])
            remedy = f"did you mean {quoted(near)}?" if near else f"`{command} --help` lists them"
            message = f"{quoted(piece)} is no option of {command} that placement knows"
            raise PlacementError(Problem("unknown-option", message, remedy=remedy))
    _require(options)
    return options, len(words)


def _add(values: list[str], value: str, is_pair: bool) -> int:
    """Adds a value, parted at its `=` if a pair is wanted; returns how many were added."""
    key, equals, rest = value.partition("=")
    added = [key, rest] if is_pair and equals else [value]
    values += added
    return len(added)


def _require(options: list[tuple[str, list[str]]]) -> None:
    if options and not options[-1][1] and CLI[options[-1][0]] and options[-1][0] not in OPTIONAL:
        raise ValueError(f"{options[-1][0]} lacks its value")


def _flattened(table: dict[str, int], words: list[str]) -> list[tuple[str, int]]:
    """Pieces, each with the index of its word: `--name=value` and `-nVALUE` are two (`GnuParser.flatten`)."""
    pieces: list[tuple[str, int]] = []
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word in ("-", "--") or undashed(word) in table:
            pieces.append((word, index))
        elif equals and undashed(name) in table:
            pieces += [(name, index), (value, index)]
        elif word[1] in table:
            pieces += [(word[:2], index), (word[2:], index)]
        else:
            pieces.append((word, index))
    return pieces


def _properties(text: str) -> dict[str, str]:
    """{key: value} of a part of a URL: `k=v;k=v`, a key ends at the last `=` of its pair."""
    if "%" in text:
        from urllib.parse import unquote  # slow to import, and rarely needed

        text = unquote(text)
    pairs = (pair.rpartition("=") for pair in text.split(";"))
    return {key: value for key, equals, value in pairs if equals}
