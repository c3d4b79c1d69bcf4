"""Comparing one value that the ResourceManager shows with what it is told. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from placement.queues.queue import Access
from placement.schedulers import access_lists

FLOAT_ERROR = 1e-5  # relative: the schedulers count in float32, some several times over


@dataclass(frozen=True, slots=True)
class Differs:
    """A property that is not shown as it is told."""

    name: str
    told: str
    shown: str


def word(name: str, told: str, shown: object) -> Iterator[Differs]:
    """Words, in any case."""
    if isinstance(shown, str) and told.lower() != shown.lower():
        yield Differs(name, told, shown)


def flag(name: str, told: bool, shown: object) -> Iterator[Differs]:
    """Yes or no."""
    if isinstance(shown, bool) and told != shown:
        yield Differs(name, str(told).lower(), str(shown).lower())


def number(name: str, told: float, shown: object, tolerance: float = 0.0) -> Iterator[Differs]:
    """Numbers; `tolerance` is absolute, on top of what float32 loses."""
    if told == shown or not isinstance(shown, int | float) or isinstance(shown, bool):
        return
    if abs(told - shown) > tolerance + FLOAT_ERROR * max(1.0, abs(told)):
        yield Differs(name, f"{told:.10g}", f"{shown:.10g}")


def access(name: str, told: str, shown: object) -> Iterator[Differs]:
    """Access lists: the same people, in whatever order."""
    if isinstance(shown, str) and _people(told) != _people(shown):
        yield Differs(name, _list(told), _list(shown))


def _people(text: str) -> tuple[bool, set[str], set[str]]:
    found: Access = access_lists.read(text)
    return found.everybody, set(found.users), set(found.groups)


def _list(text: str) -> str:
    """As it is, in quotes where a blank opens it; `nobody` for an empty one."""
    return (text if text == text.strip() else f'"{text}"') if text.strip() else "nobody"
