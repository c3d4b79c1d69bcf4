"""Sizes and times: text with units into MiB and seconds, and back. Part of the hot path: standard library only."""

MEMORY = {"k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1024.0**2, "p": 1024.0**3}  # in MiB, as in Spark and YARN
MIB = 2**20  # bytes
TIME = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}  # in seconds


def quantity(text: str, units: dict[str, float]) -> float | None:
    """The number in front of a unit, times that unit: `64g` with MEMORY is 65536.0 (MiB); None if it is neither.

    Letters may be of either case, and memory may end in `b` or `ib` (`64GiB`).
    """
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = text[len(digits) :].strip().lower()
    if units is MEMORY:
        unit = unit.removesuffix("b").removesuffix("i")
    if unit not in units or not digits.replace(".", "", 1).isdecimal() or not digits.isascii():
        return None
    return float(digits) * units[unit]


def in_units(number: float, units: dict[str, float]) -> str:
    """The number with the largest unit that leaves it whole: 65536.0 with MEMORY is `64g`."""
    for unit, size in sorted(units.items(), key=lambda each: -each[1]):
        if number >= size and number % size == 0:
            return f"{number / size:.0f}{unit}"
    smallest = min(units, key=lambda unit: units[unit])
    return f"{number / units[smallest]:.10g}{smallest}"
