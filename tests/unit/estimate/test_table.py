"""The table of what was learned: what was written is found, nothing else, and damage is noticed where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.table import DamagedError, Table, content

NUMBERS = st.floats(allow_nan=False)
ROWS = st.dictionaries(st.text(max_size=40), st.lists(NUMBERS, min_size=3, max_size=3), max_size=40)


def opened(data, width=3):
    return Table(lambda size, place: data[place : place + size], width)


@given(ROWS, st.lists(st.text(max_size=40), max_size=10))
def test_what_was_written_is_found_and_nothing_else(rows, others):
    table = opened(content(rows.items(), 3, 1_700_000_000.5))
    assert (table.count, table.written_s) == (len(rows), 1_700_000_000)
    for key in [*rows, *others]:
        found = table.find(key)
        assert (None if found is None else list(found)) == rows.get(key)


def test_keys_of_one_slot_do_not_hide_each_other():
    rows = {f"key {number}": (number, 0, -number) for number in range(5000)}
    table = opened(content(rows.items(), 3, 0))
    assert all(tuple(table.find(key)) == row for key, row in rows.items())


def test_names_that_are_no_text_are_keys_too():
    assert list(opened(content([("a\udcff", (1, 2, 3))], 3, 0)).find("a\udcff")) == [1, 2, 3]


@given(ROWS.filter(bool), st.data())
def test_damage_is_noticed_or_was_not_looked_at(rows, data):
    whole = content(rows.items(), 3, 0)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    for kept in (bytes(damaged), whole[:at]):
        try:
            table = opened(kept)
            for key, row in rows.items():
                found = table.find(key)
                assert found is None or list(found) == row
        except DamagedError:
            pass


@pytest.mark.parametrize("data", [b"", b"YPTABLE<", b"x" * 100, bytes(100)])
def test_what_is_no_table(data):
    with pytest.raises(DamagedError):
        opened(data)


def test_a_table_of_another_release():
    with pytest.raises(DamagedError, match="another release"):
        opened(content([], 4, 0))


def test_rows_are_all_as_wide():
    with pytest.raises(ValueError, match="2 numbers instead of 3"):
        content([("a", (1, 2))], 3, 0)


def test_the_table_names_nobody():
    assert b"ann" not in content([("x:ann/nightly sales/executor", (1, 2, 3))], 3, 0)
