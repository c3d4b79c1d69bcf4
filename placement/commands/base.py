"""The one shape of all command families. Part of the hot path: standard library only, one family imported at a time.

To add a family: a module here with `read(arguments, around) -> Reading` and `place(reading, queue) -> list[str]`, both
pure, that read a command line exactly as the command does; its command names in FAMILIES; a link in `wrappers/`; a
differential test against the real command. `spark.py` is the model.
"""

from placement.errors import PlacementError, Problem, quoted
from placement.submission import Request

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


class Reading:
    """What a command line says. `submits` False: nothing goes to YARN, `why` says so, and the rest may be missing.

    `position` is the index in `arguments` before which the decided queue goes. `application_arguments` belong to the
    application and are never looked at.
    """

    __slots__ = (
        "application",
        "application_arguments",
        "arguments",
        "deploy_mode",
        "family",
        "master",
        "name",
        "position",
        "proxy_user",
        "request",
        "submits",
        "why",
    )

    def __init__(self, family: str, arguments: list[str]) -> None:
        self.family = family
        self.arguments = arguments
        self.submits = False
        self.why = ""
        self.request: Request | None = None
        self.position = 0
        self.master: str | None = None
        self.deploy_mode: str | None = None
        self.application: str | None = None
        self.application_arguments: list[str] = []
        self.name: str | None = None
        self.proxy_user: str | None = None

    def passes(self, why: str) -> "Reading":
        """This reading, of a command line that submits nothing because of `why`."""
        self.submits = False
        self.why = why
        return self

    def as_data(self) -> dict[str, object]:
        return {
            "family": self.family,
            "submits": self.submits,
            "master": self.master,
            "deploy_mode": self.deploy_mode,
            "application": self.application,
            "arguments": self.application_arguments,
            "name": self.name,
            "proxy_user": self.proxy_user,
        }


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
