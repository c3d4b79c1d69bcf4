"""A scheduler's file on this machine: read, its version, and replaced if it is still the one that was read."""

from collections.abc import Callable

from placement import whole_file
from placement.errors import Place, PlacementError, Problem
from placement.schedulers.configuration import Configuration
from placement.schedulers.xml import LARGEST
from placement.sync.target import CHANGED_MEANWHILE, InForce, version_of


def in_force(path: str, read: Callable[[bytes], Configuration]) -> InForce:
    """What the file says. Raises PlacementError: `no-scheduler-file`, or what is wrong in it."""
    found = content(path)
    return InForce(read(found), found, version_of(found))


def content(path: str) -> bytes:
    """Raises PlacementError `no-scheduler-file`."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        remedy = "run it on the machine of the ResourceManager, and say `sync: {file: PATH}` in site.yaml if need be"
        raise PlacementError(
            Problem("no-scheduler-file", f"the scheduler's file cannot be read: {why}", Place(path), remedy)
        ) from error


def put(path: str, old: bytes, new: bytes) -> None:
    """Replaces the file if `old` is in it.

    Raises PlacementError: `changed-meanwhile`, `unwritable`, `no-scheduler-file`.
    """
    if content(path) != old:
        raise changed_meanwhile(path)
    whole_file.write(path, new)


def changed_meanwhile(name: str) -> PlacementError:
    """The error of something else in force than what a change was made for."""
    message = "this has been changed meanwhile by somebody else, and is left as it is"
    return PlacementError(Problem(CHANGED_MEANWHILE, message, Place(name), "plan again"))


def not_taken_up(name: str, why: str) -> PlacementError:
    """The error of a configuration that the ResourceManager does not work by."""
    remedy = "see the ResourceManager's log"
    return PlacementError(
        Problem("not-taken-up", f"the ResourceManager does not take it up: {why}", Place(name), remedy)
    )
