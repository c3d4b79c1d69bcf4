import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.units import MEMORY, TIME, in_units, quantity


@pytest.mark.parametrize(
    ("text", "units", "number"),
    [
        ("64g", MEMORY, 65536),
        ("64 GiB", MEMORY, 65536),
        ("1.5T", MEMORY, 1572864),
        ("512kb", MEMORY, 0.5),
        ("90s", TIME, 90),
        ("30m", TIME, 1800),
        ("30min", TIME, 1800),
        ("2h", TIME, 7200),
        ("1d", TIME, 86400),
        ("64", MEMORY, None),
        ("g", MEMORY, None),
        ("", MEMORY, None),
        ("-1g", MEMORY, None),
        ("1e3g", MEMORY, None),
        ("٣g", MEMORY, None),
        ("1..5g", MEMORY, None),
        ("2x", TIME, None),
    ],
)
def test_quantity(text, units, number):
    assert quantity(text, units) == number


@given(st.integers(0, 10**8), st.sampled_from([MEMORY, TIME]))
def test_what_is_printed_is_what_is_read(number, units):
    assert quantity(in_units(float(number), units), units) == number
