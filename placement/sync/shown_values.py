"""Comparing one value that the ResourceManager shows with what it is told. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from placement.queues.queue import Access
from placement.schedulers import access_lists

FLOAT_ERROR = 1e-5  # relative: the schedulers count in float32, some several times over


@dataclass(frozen=True, slots=True)
class Compared:
    """A property, as told and as shown."""

    name: str
    told: str
    shown: str
    is_same: bool


def word(name: str, told: str, shown: object) -> Iterator[Compared]:
    """Words, in any case."""
    if isinstance(shown, str):
        yield Compared(name, told, shown, told.lower() == shown.lower())


def flag(name: str, told: bool, shown: object) -> Iterator[Compared]:
    """Yes or no."""
    if isinstance(shown, bool):
        yield Compared(name, str(told).lower(), str(shown).lower(), told == shown)


def number(name: str, told: float, shown: object, tolerance: float = 0.0) -> Iterator[Compared]:
    """Numbers; `tolerance` is absolute, on top of what float32 loses."""
    if isinstance(shown, int | float) and not isinstance(shown, bool):
        is_same = abs(told - shown) <= tolerance + FLOAT_ERROR * max(1.0, abs(told))
        yield Compared(name, f"{told:.10g}", f"{shown:.10g}", is_same)


def access(name: str, told: str, shown: object) -> Iterator[Compared]:
    """Access lists: the same people, in whatever order."""
    if isinstance(shown, str):
        yield Compared(name, _list(told), _list(shown), _people(told) == _people(shown))


def _people(text: str) -> tuple[bool, set[str], set[str]]:
    found: Access = access_lists.read(text)
    return found.everybody, set(found.users), set(found.groups)


def _list(text: str) -> str:
    """As it is, in quotes where a blank opens it; `nobody` for an empty one."""
    return (text if text == text.strip() else f'"{text}"') if text.strip() else "nobody"
