"""The one shape of all command families. Part of the hot path: standard library only, one family imported at a time.

To add a family: a module here with `read(command, arguments, around) -> Reading` and `place(reading, queue, tag) ->
list[str]`, both pure, that read a command line exactly as the command does; its command names in FAMILIES; a link in
`wrappers/`; a differential test against the real command. `spark.py` is the model.
"""

from placement.errors import PlacementError, Problem, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

FAMILIES = {"spark-submit": "spark"}


class Surroundings:
    """What a command sees besides its arguments.

    `environ` is its environment; `home` the folder it is installed in, None if unknown; `read` gives the text of a
    file, or None if there is none, and raises OSError where it cannot be read.
    """

    __slots__ = ("environ", "home", "read")

    def __init__(self, environ: "Mapping[str, str]", home: str | None, read: "Callable[[str], str | None]") -> None:
        self.environ = environ
        self.home = home
        self.read = read


def family(command: str) -> "ModuleType":
    """The module that reads `command`. Raises PlacementError `unknown-command` for a command that no family knows."""
    if command not in FAMILIES:
        known = ", ".join(map(quoted, FAMILIES))
        raise PlacementError(
            Problem(
                "unknown-command",
                f"{quoted(command)} is not a command that placement reads",
                remedy=f"use one of {known}",
            )
        )
    from importlib import import_module

    return import_module(f"placement.commands.{FAMILIES[command]}")
