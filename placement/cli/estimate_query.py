"""The SQL of a command line, and what it needs: for `placement estimate` alone, never in a wrapper."""

import time
from collections.abc import Iterator
from pathlib import Path

from placement.catalogue import read
from placement.errors import Place, PlacementError, Problem
from placement.estimate.query.coefficients import Coefficients
from placement.estimate.query.model import estimate
from placement.estimate.query.need import QueryNeed
from placement.files import trusted_bytes
from placement.policy_files import PolicyFiles

ENGINES = {"spark-sql": "spark", "spark2-sql": "spark", "spark3-sql": "spark", "hive": "hive", "beeline": "hive"}
MOST_TEXT = 2**20  # bytes of a script


def query_need(policy_folder: str, command: str, arguments: list[str]) -> QueryNeed | None:
    """What the statements of `-e` and `-f` need; None where there are none, or the site has no catalogue.

    Raises PlacementError for a catalogue or a script that cannot be read.
    """
    name = command.rpartition("/")[2]
    if name not in ENGINES:
        return None
    text = ";\n".join(_texts(arguments))
    settings = PolicyFiles(policy_folder).site().estimates  # an index does not have the catalogue
    if not text or settings is None or settings.catalogue is None:
        return None
    source, _ = trusted_bytes(settings.catalogue)
    if source is None:
        remedy = "see `catalogue` of `estimates` in site.yaml"
        raise PlacementError(Problem("no-catalogue", "there is no such file", Place(settings.catalogue), remedy))
    engine = ENGINES[name]
    return estimate(text, engine, engine, read(source, settings.catalogue), Coefficients(), time.time())


def _texts(arguments: list[str]) -> Iterator[str]:
    """The statements of the options -e and -f, in their order; a value may stand in the option's own word."""
    for place, word in enumerate(arguments):
        option, glued = word[:2], word[2:].removeprefix("=")
        if option not in ("-e", "-f") or word.startswith("--"):
            continue
        value = glued or (arguments[place + 1] if place + 1 < len(arguments) else "")
        if value:
            yield value if option == "-e" else _script(value)


def _script(path: str) -> str:
    """The text of a file of statements. Raises PlacementError `unreadable`."""
    try:
        file = Path(path)
        if not file.is_file():
            raise FileNotFoundError(2, "there is no such file")
        with file.open("rb") as opened:
            return opened.read(MOST_TEXT).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PlacementError(Problem("unreadable", f"these statements cannot be read: {why}", Place(path))) from error
