"""What each user's queries have taught, as rows of a table of `estimate.table`, and what such a table says. Pure.

Beside the table of estimates, read by everybody: it has digests of users and tables, and no name.
"""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite

from placement.estimate.query.amount import Amount
from placement.estimate.query.coefficients import (
    ABSURD,
    ANY,
    Belief,
    Coefficients,
    Key,
    of_other_tables,
    shipped,
)
from placement.estimate.table import DamagedError

WIDTH = 4  # factor: value and variance; noise; runs
Row = tuple[Belief, float]


def path_beside(table: str) -> str:
    """Where it is, by the path of the table of estimates."""
    return f"{table}.queries"


def rows(user: str, coefficients: Coefficients) -> Iterator[tuple[str, Sequence[float]]]:
    """The rows of one user by their keys."""
    for key, belief, runs in coefficients.beliefs():
        yield _name(user, key), (belief.factor.value, belief.factor.variance, belief.noise, runs)


class Published:
    """The coefficients of `user`; `find` gives the row of a key, None: it has none.

    What is not there is as shipped: so the answers are those of the `Coefficients` that were published. Methods raise
    DamagedError for a row that none can be, and whatever `find` raises.
    """

    def __init__(self, user: str, find: Callable[[str], Sequence[float] | None]) -> None:
        self._user = user
        self._find = find

    def of(self, engine: str, operation: str, table: str) -> Amount:
        """As `Coefficients.of`."""
        own = self._row((engine, operation, table))
        if own is None:
            general = self._row((engine, operation, ANY))
            factor = general[0].factor if general else shipped(operation)
            own = Belief(of_other_tables(factor, operation), 0.0), 0.0
        return own[0].coefficient(operation)

    def runs(self, engine: str, operation: str, table: str) -> float:
        """As `Coefficients.runs`."""
        found = (self._row((engine, operation, name)) for name in (table, ANY))
        return next((runs for _, runs in filter(None, found) if runs), 0.0)

    def _row(self, key: Key) -> Row | None:
        numbers = self._find(_name(self._user, key))
        if numbers is None:
            return None
        value, variance, noise, runs = numbers
        if not (0 < value < ABSURD and all(0 <= each < ABSURD and isfinite(each) for each in (variance, noise, runs))):
            raise DamagedError("it says what cannot be")
        return Belief(Amount(value, variance), noise), runs


def _name(user: str, key: Key) -> str:
    """No part has this character in it."""
    return "\0".join((user, *key))
