"""The system's alternatives: links such as /usr/bin/spark-submit that lead to one of several programs by priority.

Sources: update-alternatives(1) of Debian, alternatives(8) of Red Hat's chkconfig. What is read is `--display`, which
both have; what is written goes through the program alone.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from placement.errors import Place, PlacementError, Problem

PROGRAMS = ("update-alternatives", "alternatives")
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")  # not on everybody's PATH
TIMEOUT_S = 30
ABOVE = 1000  # how much higher the priority of ours is: a distribution's stay below a few hundred
_CHOICE = re.compile(r"(/.+) - (?:family \S+ )?priority (-?\d+)")
_LINK = re.compile(r"\s+link \S+ is (/.+)")  # Debian's alone; Red Hat's refuses another link by itself
_FOLLOWER = re.compile(r"\s+(?:slave|follower) ")


@dataclass(frozen=True)
class Group:
    """`link` leads to one of `choices` {path: priority}, now to `current`; `is_automatic`: to the one of most priority.

    `has_followers`: other links change along with it.
    """

    name: str
    link: str
    program: str
    choices: dict[str, int]
    current: str
    is_automatic: bool
    has_followers: bool

    def register(self, path: str) -> None:
        """Makes `path` the choice of most priority. Raises PlacementError `alternatives`."""
        others = [priority for choice, priority in self.choices.items() if choice != path]
        self._call("--install", self.link, self.name, path, str(max(others, default=0) + ABOVE))

    def remove(self, path: str) -> None:
        """Takes `path` away; the link then leads to the next. Raises PlacementError `alternatives`."""
        self._call("--remove", self.name, path)

    def _call(self, *arguments: str) -> None:
        done = _run(self.program, *arguments)
        if done is None or done.returncode:
            words = done.stderr.strip() if done else "no answer"
            message = f"{self.program} {' '.join(arguments)} failed: {words}"
            remedy = "run it again as root, or by hand"
            raise PlacementError(Problem("alternatives", message, Place(self.link), remedy))


def group_of(link: str) -> Group | None:
    """The alternatives that `link` stands for; None if it is no such link, or there is no such system here."""
    program = _program()
    try:
        middle = os.path.join(os.path.dirname(link), os.readlink(link))
        current = os.readlink(middle)
    except OSError:
        return None
    if program is None:
        return None
    name = os.path.basename(middle)
    shown = _run(program, "--display", name)
    if shown is None or shown.returncode:
        return None
    lines = shown.stdout.splitlines()
    choices = {found[1]: int(found[2]) for found in map(_CHOICE.fullmatch, lines) if found}
    managed = next((found[1] for found in map(_LINK.fullmatch, lines) if found), link)
    if current not in choices or _folder(managed) != _folder(link):
        return None  # a link that somebody else made
    is_automatic = bool(re.search(r"\bauto\b", lines[0].removeprefix(name)))
    return Group(name, managed, program, choices, current, is_automatic, any(map(_FOLLOWER.match, lines)))


def _folder(path: str) -> str:
    return os.path.realpath(os.path.dirname(path))


def _program() -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    return next(filter(None, (shutil.which(program, path=path) for program in PROGRAMS)), None)


def _run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str] | None":
    """What the program says, in English; None if it does not answer."""
    environ = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            env=environ,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
