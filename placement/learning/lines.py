"""Rows of `store.runs` as JSON Lines, each with its number. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from placement.store.runs import Row

Numbered = tuple[int, Row]


class _Line(msgspec.Struct):
    """The rest of a line is a Row."""

    number: int


def rows_of(lines: Iterable[str]) -> Iterator[Numbered]:
    """Numbers and rows of JSON Lines; what is none is passed over."""
    for line in lines:
        try:
            data = line.encode()
            yield msgspec.json.decode(data, type=_Line).number, msgspec.json.decode(data, type=Row)
        except (ValueError, RecursionError):  # DecodeError is a ValueError
            continue


def line_of(number: int, row: Row) -> str:
    """The line of a row."""
    return msgspec.json.encode({"number": number, **msgspec.to_builtins(row)}).decode()
