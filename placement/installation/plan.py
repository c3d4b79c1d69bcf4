"""What installing or removing wrappers would do: planned whole, refused whole, or done."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from placement import whole_file
from placement.commands.base import FAMILIES, family
from placement.errors import Place, PlacementError, Problem, quoted
from placement.files import is_open_to_all, mode_of
from placement.gateway import is_wrapper, real_command
from placement.installation import shims
from placement.installation.alternatives import Group, group_of
from placement.installation.site_commands import SiteEdit

POLICY = "policy"  # the policy executable: there is no real command behind it
PACKAGED = "wrapper"  # the file to which all names lead in the folder that comes with an installation
INSTALLED, REPLACED, REGISTERED, UNCHANGED, REMOVED = "installed", "replaced", "registered", "unchanged", "removed"
MODE = 0o755


@dataclass(frozen=True)
class Step:
    """What happens to one `command`: `did` is INSTALLED, REPLACED, ..., `path` the shim's file.

    `real` is the command behind it; `group` the alternatives to which the shim is added, or from which it is taken.
    """

    command: str
    did: str
    path: str
    real: str | None = None
    group: Group | None = None


class Installation:
    """Shims for `commands` in `folder`; without names for all whose real command is found. Nothing is done yet.

    `site_commands` are the real commands of site.yaml. Raises PlacementError with everything that is in the way:
    `no-real-command`, `unknown-command`, `foreign-file`, `own-folder`, `alternatives`, `nothing-to-wrap`, `unwritable`,
    `writable-by-all`, `site-unedited`.
    """

    def __init__(
        self,
        folder: str,
        commands: Sequence[str],
        policy_folder: str,
        site_commands: Mapping[str, str],
        environ: Mapping[str, str],
    ) -> None:
        self.folder = os.path.abspath(folder)
        self._content = shims.text(shims.own())
        self._site_commands = site_commands
        self._environ = environ
        problems = [*_problems_of_folder(self.folder)]
        self.steps: list[Step] = []
        for name in commands or FAMILIES:
            try:
                self.steps += self._steps(name, is_named=bool(commands))
            except PlacementError as error:
                problems += error.problems
        if not problems and not self.steps:
            remedy = "put the real commands on PATH, or name them under `commands` in site.yaml"
            problems.append(Problem("nothing-to-wrap", "no command that placement reads is here", remedy=remedy))
        if problems:
            raise PlacementError(*problems)
        unsaid = {step.command: step.real for step in self.steps if step.group and step.real}
        self.site_edit = SiteEdit(policy_folder, unsaid)

    def apply(self) -> None:
        """Does it, in an order in which each command works after each step. Raises PlacementError where it cannot."""
        self.site_edit.apply()  # first: what it names is there, whether or not a wrapper asks for it
        changed = [step for step in self.steps if step.did != UNCHANGED]
        try:
            for folder in dict.fromkeys(os.path.dirname(step.path) for step in changed):
                _make(folder)
            whole_file.write_all([whole_file.NewFile(step.path, self._content, MODE) for step in changed])
        except OSError as error:
            raise _unwritable(error.filename or self.folder, f"{error.strerror or error}; run it again") from error
        for step in changed:
            if step.group and step.did == REGISTERED:
                step.group.register(step.path)

    def in_the_way(self, step: Step) -> str | None:
        """What PATH has before the shim: another command, "" if the shim's folder is not on PATH; None: it is first."""
        for folder in self._environ.get("PATH", os.defpath).split(os.pathsep):
            path = os.path.join(folder or ".", step.command)
            if os.path.realpath(folder) == os.path.realpath(self.folder) or is_wrapper(path):
                return None
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
        return ""

    def _steps(self, name: str, is_named: bool) -> Iterator[Step]:
        path = os.path.join(self.folder, name)
        if name != POLICY:
            family(name)
        group = group_of(path)
        if group:
            yield self._alternative(name, group)
            return
        try:
            real = real_command(name, self._site_commands, self._environ) if name != POLICY else None
        except PlacementError:
            if is_named:
                raise
            return
        if os.path.lexists(path) and not is_wrapper(path):
            raise _foreign(path, is_real=bool(real) and os.path.realpath(path) == os.path.realpath(str(real)))
        yield Step(name, self._did(path), path, real)

    def _alternative(self, name: str, group: Group) -> Step:
        """A command to which the system's alternatives lead: the shim becomes the one of most priority."""
        path = os.path.join(_shims_of_alternatives(), name)
        others = [choice for choice in sorted(group.choices, key=group.choices.__getitem__) if not is_wrapper(choice)]
        behind = group.current if group.current in others else others[-1] if others else group.link
        try:
            real = real_command(name, {name: self._site_commands[name]}, self._environ)
        except (KeyError, PlacementError):  # not named, or gone with an upgrade: what the system itself would run
            real = real_command(name, {name: behind}, self._environ)
        if not group.is_automatic:
            remedy = f"give the choice back to the system: {os.path.basename(group.program)} --auto {group.name}"
            raise _not_for_us(group, "somebody has chosen by hand, and a wrapper would not be chosen", remedy)
        if group.has_followers:
            raise _not_for_us(group, "other links change along with it, which a wrapper has none for", _elsewhere(path))
        if group.current == path:
            return Step(name, UNCHANGED if self._did(path) == UNCHANGED else REPLACED, path, real, group)
        return Step(name, REGISTERED, path, real, group)

    def _did(self, path: str) -> str:
        if not os.path.lexists(path):
            return INSTALLED
        try:
            with open(path, "rb") as file:
                is_same = file.read(shims.LARGEST) == self._content and not os.path.islink(path)
                return UNCHANGED if is_same and os.fstat(file.fileno()).st_mode & 0o777 == MODE else REPLACED
        except OSError:
            return REPLACED


class Removal:
    """The shims for `commands` in `folder`, all without names, and links to them there. Nothing is done yet.

    Raises PlacementError `foreign-file` for a command named that is there and no wrapper, `own-folder`, `unwritable`.
    """

    def __init__(self, folder: str, commands: Sequence[str]) -> None:
        self.folder = os.path.abspath(folder)
        self.steps: list[Step] = []
        if not os.path.isdir(self.folder):
            return
        problems = [*_problems_of_folder(self.folder)]
        for name in commands or (*FAMILIES, POLICY):
            path = os.path.join(self.folder, name)
            group = group_of(path)
            if group:
                shim = os.path.join(_shims_of_alternatives(), name)  # known, even if somebody deleted it
                ours = [choice for choice in group.choices if choice == shim or is_wrapper(choice)]
                self.steps += [Step(name, REMOVED, choice, group=group) for choice in ours]
            elif is_wrapper(path):
                self.steps.append(Step(name, REMOVED, path))
            elif commands and os.path.lexists(path):
                problems.append(_foreign(path, is_real=False).problems[0])
        removed = {step.path for step in self.steps if not step.group}
        for entry in sorted(os.scandir(self.folder), key=lambda entry: entry.name):
            if entry.is_symlink() and entry.path not in removed and os.path.realpath(entry.path) in removed:
                self.steps.append(Step(entry.name, REMOVED, entry.path))
        if problems:
            raise PlacementError(*problems)

    def apply(self) -> None:
        """Does it. Raises PlacementError where it cannot."""
        try:
            for step in self.steps:
                if step.group:
                    step.group.remove(step.path)
                if not step.group or os.path.dirname(step.path) == _shims_of_alternatives():
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(step.path)
            for folder in {os.path.dirname(step.path) for step in self.steps}:
                whole_file.settle(folder)
        except OSError as error:
            raise _unwritable(error.filename or self.folder, f"{error.strerror or error}; run it again") from error


def _make(folder: str) -> None:
    """The folder and those above it, for everybody to pass, whatever the umask. Raises OSError."""
    if not os.path.isdir(folder):
        _make(os.path.dirname(folder))
        os.mkdir(folder)
        os.chmod(folder, MODE)


def _shims_of_alternatives() -> str:
    """Where shims are that stand in the place of a real command: a folder of this installation's own."""
    return os.path.join(sys.prefix, "share", "yarn-placement", "alternatives")


def _problems_of_folder(folder: str) -> Iterator[Problem]:
    if is_wrapper(os.path.join(folder, PACKAGED)):
        remedy = "put it first on PATH as it is, or name another folder"
        yield Problem("own-folder", "this folder came with placement, which keeps it itself", Place(folder), remedy)
    there = folder
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        yield _unwritable(there, "it is no folder").problems[0]
    elif is_open_to_all(mode_of(there)):
        remedy = f"take the right away: chmod o-w {there}"
        yield Problem("writable-by-all", "everybody may replace what is here", Place(there), remedy)
    elif not os.access(there, os.W_OK | os.X_OK):
        yield _unwritable(there, "no permission").problems[0]


def _foreign(path: str, is_real: bool) -> PlacementError:
    what = "the real command itself is here" if is_real else "there is a file by this name that is no wrapper of ours"
    message = f"{what}, and placement neither moves nor replaces it"
    return PlacementError(Problem("foreign-file", message, Place(path), _elsewhere(path)))


def _elsewhere(path: str) -> str:
    return f"name another folder by --to, and put it before {quoted(os.path.dirname(path))} on PATH"


def _not_for_us(group: Group, why: str, remedy: str) -> PlacementError:
    message = f"this is one of the system's alternatives: {why}"
    return PlacementError(Problem("alternatives", message, Place(group.link), remedy))


def _unwritable(path: str, why: str) -> PlacementError:
    return PlacementError(Problem("unwritable", f"cannot be written: {why}", Place(path), "run it as who may, or root"))
