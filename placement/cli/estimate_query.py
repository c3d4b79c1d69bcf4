"""The SQL of a command line, and what it needs: for `placement estimate` alone, never in a wrapper."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from placement.errors import Place, PlacementError, Problem
from placement.estimate.query import published
from placement.estimate.query.coefficients import Coefficients, Weights
from placement.estimate.query.model import estimate
from placement.estimate.query.need import QueryNeed
from placement.estimate.table import DamagedError, Table
from placement.folder import Folder
from placement.learning.tables import Tables
from placement.policy_files import PolicyFiles
from placement.sizing.lookup import opened

ENGINES = {"spark-sql": "spark", "spark2-sql": "spark", "spark3-sql": "spark", "hive": "hive", "beeline": "hive"}
MOST_TEXT = 2**20  # bytes of a script


def query_need(
    policy_folder: str, command: str, arguments: list[str], user: str, tell: Callable[[Problem], None]
) -> QueryNeed | None:
    """What the statements of `-e` and `-f` need if `user` runs them.

    None: there are none, or the site has no catalogue. `tell` is called with what is wrong with the table of what
    queries taught; coefficients are as shipped then. Raises PlacementError for a catalogue or a script that cannot be
    read.
    """
    name = command.rpartition("/")[2]
    if name not in ENGINES:
        return None
    texts = list(_texts(arguments))
    text = ";\n".join([*_database(arguments), *texts]) if texts else ""
    settings = PolicyFiles(policy_folder).site().estimates  # an index does not have the catalogue
    if not text or settings is None or settings.catalogue is None:
        return None
    engine, catalogue, now_s = ENGINES[name], Tables().catalogue(settings.catalogue), time.time()

    def need(coefficients: Weights) -> QueryNeed:
        return estimate(text, engine, engine, catalogue, coefficients, now_s)

    path = published.path_beside(settings.table)
    try:
        descriptor = opened(path, Folder(policy_folder).owner)
        if descriptor is not None:
            with open(descriptor, "rb") as file:
                table = Table(lambda size, place: os.pread(file.fileno(), size, place), published.WIDTH)
                return need(published.Published(user, table.find))
    except PlacementError as error:
        tell(_instead(error.problems[0].code, error.problems[0].message, path))
    except (DamagedError, OSError) as error:
        tell(_instead("estimates-damaged", getattr(error, "strerror", None) or str(error), path))
    return need(Coefficients())


def _instead(code: str, message: str, path: str) -> Problem:
    remedy = "see `table` of `estimates` in site.yaml; `placement learn` writes this one beside it"
    return Problem(code, f"{message}; coefficients are as shipped", Place(path), remedy, "warning")


def _texts(arguments: list[str]) -> Iterator[str]:
    """The statements of the options -e and -f, in their order; a value may stand in the option's own word."""
    for place, word in enumerate(arguments):
        option, glued = word[:2], word[2:].removeprefix("=")
        if option not in ("-e", "-f") or word.startswith("--"):
            continue
        value = glued or (arguments[place + 1] if place + 1 < len(arguments) else "")
        if value:
            yield value if option == "-e" else _script(value)


def _database(arguments: list[str]) -> list[str]:
    """The statement that is as good as the option --database."""
    for place, word in enumerate(arguments):
        option, _, glued = word.partition("=")
        if option == "--database":
            return [f"use {glued or ''.join(arguments[place + 1 : place + 2])}"]
    return []


def _script(path: str) -> str:
    """The text of a file of statements. Raises PlacementError `unreadable`."""
    try:
        file = Path(path)
        if not file.is_file():
            raise FileNotFoundError(2, "there is no such file")
        with file.open("rb") as script:
            return script.read(MOST_TEXT).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PlacementError(Problem("unreadable", f"these statements cannot be read: {why}", Place(path))) from error
