"""What finished queries teach: the coefficients of each user, by the SQL and the memory of his own runs. Pure.

They are kept among the states, under keys of their own.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from placement.audit import MASK
from placement.errors import PlacementError
from placement.estimate.query import published
from placement.estimate.query.catalogue import Catalogue
from placement.estimate.query.coefficients import Coefficients
from placement.estimate.query.engines import COUNTED
from placement.estimate.query.model import estimate, observe
from placement.learning.content import DamagedError, packed, unpacked
from placement.observe.backfill import DAY_S
from placement.observe.run import LONGEST, MOST_ARGUMENTS
from placement.sizing.features import SQL
from placement.store.runs import Row

ENGINE = "spark"
LONGEST_USER = 256  # characters, as no account's name is longer
_LEVEL = "q:"  # beside the levels of `estimate.keys`
_UNKNOWN = frozenset(("-f", "-i"))  # options that name a file: what was in it then nobody knows


class Queries:
    """The coefficients by user. `catalogue`: of the site's tables, None: nothing is learned."""

    def __init__(self) -> None:
        self._of: dict[str, Coefficients] = {}
        self.catalogue: Catalogue | None = None

    def clear(self) -> None:
        """Forgets all but the catalogue."""
        self._of.clear()

    def learn(self, row: Row) -> str | None:
        """Learns one role of a run; the key that it has changed, None: none."""
        sql = statements(row)
        if self.catalogue is None or sql is None or not row.held_bytes or len(row.user) > LONGEST_USER:
            return None
        found = self._of.get(row.user) or Coefficients()
        began_s = row.finished_s if row.started_s is None else row.started_s
        # By the coefficients as shipped, so that a run teaches the same whatever was learned before it.
        need = estimate(sql, ENGINE, ENGINE, self.catalogue, Coefficients(), began_s)
        is_bound = row.ended != "succeeded" or bool(row.spilled_bytes)  # what was spilled was not held
        if not observe(need, row.held_bytes, int(row.finished_s // DAY_S), found, is_bound, COUNTED[ENGINE]):
            return None
        self._of[row.user] = found
        return _LEVEL + row.user

    def content(self, key: str) -> bytes:
        """What was learned under a key of `learn`, to be kept."""
        return packed(self._of[key.removeprefix(_LEVEL)].as_data())

    def put(self, key: str, said: bytes) -> None:
        """What `content` gave, in the place of what was known of the key. Raises DamagedError."""
        try:
            self._of[key.removeprefix(_LEVEL)] = Coefficients.of_data(unpacked(said))
        except PlacementError as error:
            raise DamagedError(error.problems[0].message) from error

    def rows(self) -> Iterator[tuple[str, Sequence[float]]]:
        """All that the published table holds."""
        for user, coefficients in self._of.items():
            yield from published.rows(user, coefficients)


def is_of_query(key: str) -> bool:
    """Whether a key is one of these."""
    return key.startswith(_LEVEL)


def statements(row: Row) -> str | None:
    """The SQL of `spark-sql -e`, in its database; None: another application's, or a text that is not known whole."""
    arguments = row.arguments
    if row.script != SQL or len(arguments) >= MOST_ARGUMENTS or not _UNKNOWN.isdisjoint(arguments):
        return None
    said = [text for option, text in pairwise(arguments) if option == "-e"]
    if len(said) != 1 or len(said[0]) >= LONGEST or MASK in said[0]:
        return None
    words = [word for argument in arguments for word in argument.split("=", 1)]
    used = [f"use {name};\n" for option, name in pairwise(words) if option == "--database"]
    return "".join([*used[:1], *said])
