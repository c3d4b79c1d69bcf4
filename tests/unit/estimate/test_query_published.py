"""What is published of coefficients says the same as they do, for their own user alone."""

import math

import pytest
from hypothesis import given

from placement.estimate.query.coefficients import ANY, Coefficients
from placement.estimate.query.published import WIDTH, Published, rows
from placement.estimate.table import DamagedError, Table, content
from tests.unit.estimate.test_query_coefficients import DAY, FORETOLD, KEY, RUNS, of

KEYS = [KEY, ("spark", "sort", "b"), ("spark", "sort", "never"), ("hive", "group", "sales"), ("trino", "join", "x")]
KEYS.append(("spark", "sort", ANY))


def published(user="ann", **by_user):
    """For `user`, of what is published of these."""
    found = [row for name, coefficients in by_user.items() for row in rows(name, coefficients)]
    file = content(sorted(found), WIDTH, 0)
    return Published(user, Table(lambda size, place: file[place : place + size], WIDTH).find)


@given(RUNS)
def test_says_what_the_coefficients_say(runs):
    coefficients = of(runs)
    found = published(ann=coefficients)
    for key in KEYS:
        assert found.of(*key) == coefficients.of(*key)
        assert found.runs(*key) == coefficients.runs(*key)


@given(RUNS, RUNS)
def test_what_another_has_done_changes_nothing(runs, nonsense):
    alone, among = published(ann=of(runs)), published(ann=of(runs), bob=of(nonsense))
    for key in KEYS:
        assert among.of(*key) == alone.of(*key)
    new = published("new", ann=of(runs), bob=of(nonsense))
    assert [new.of(*key) for key in KEYS] == [Coefficients().of(*key) for key in KEYS]
    assert not any(new.runs(*key) for key in KEYS)


def test_a_bound_alone_is_published_too():
    coefficients = Coefficients()
    coefficients.observe({KEY: FORETOLD}, FORETOLD * 40, DAY, is_bound=True)
    found = published(ann=coefficients)
    assert found.of(*KEY) == coefficients.of(*KEY)
    assert found.of(*KEY).value > Coefficients().of(*KEY).value
    assert found.runs(*KEY) == 0


@pytest.mark.parametrize("place", range(WIDTH))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 2.0**70])
def test_numbers_that_none_can_be_are_damage(place, bad):
    numbers = [1.0, 0.5, 0.1, 3.0]
    numbers[place] = bad
    found = Published("ann", lambda _: numbers)
    with pytest.raises(DamagedError):
        found.of(*KEY)
    with pytest.raises(DamagedError):
        found.runs(*KEY)


def test_names_nobody():
    file = content(rows("ann", of([(KEY, 1e9, DAY, False)])), WIDTH, 0)
    assert b"ann" not in file
    assert b"sales" not in file
