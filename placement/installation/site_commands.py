"""Real commands written into site.yaml, all else of it kept byte for byte."""

import json
import os
import re
import stat
from collections.abc import Mapping

import yaml

from placement import site
from placement.errors import Place, PlacementError, Problem
from placement.files import MAP, SITE, trusted_bytes
from placement.policy import Site
from placement.whole_file import NewFile, write_all

KEY = "commands"
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+@=-]*")  # what needs no quotes in YAML, whatever stands around it


class SiteEdit:
    """site.yaml of a policy folder, with real `commands` {name: path} added; nothing is written before `apply`.

    Raises PlacementError: `site-unedited` with the lines to add by hand, or what is wrong with the file as it is.
    """

    def __init__(self, policy_folder: str, commands: Mapping[str, str]) -> None:
        self.file = os.path.join(policy_folder, SITE)
        self.commands = commands
        self._old, _ = trusted_bytes(self.file)
        self._new = with_commands(self._old or b"", self.file, commands) if commands else self._old
        if self.is_needed and not os.access(os.path.dirname(os.path.realpath(self.file)), os.W_OK):
            raise unedited(self.file, commands, "its folder is not there or cannot be written")

    @property
    def is_needed(self) -> bool:
        return self._new != self._old

    def apply(self) -> None:
        """Writes the file, if need be, with the owner and the permissions that it had. Raises PlacementError."""
        if self._new is None or not self.is_needed:
            return
        target = os.path.realpath(self.file)
        try:
            is_new = self._old is None
            beside = os.path.join(os.path.dirname(target), MAP)  # whose owner a new file gets
            status = os.stat(beside if is_new else target)
            mode = 0o644 if is_new else stat.S_IMODE(status.st_mode)
            if trusted_bytes(self.file)[0] != self._old:
                raise unedited(self.file, self.commands, "it has been changed meanwhile")
            write_all([NewFile(target, self._new, mode, (status.st_uid, status.st_gid))])
        except OSError as error:
            raise unedited(self.file, self.commands, error.strerror or str(error)) from error


def unedited(file: str, commands: Mapping[str, str], why: str) -> PlacementError:
    lines = "".join(f"\n    {spelled(name)}: {spelled(path)}" for name, path in commands.items())
    remedy = f"add these lines there yourself, then run this again:\n  {KEY}:{lines}"
    message = f"the real commands cannot be written into this file: {why}"
    return PlacementError(Problem("site-unedited", message, Place(file), remedy))


def with_commands(source: bytes, file: str, commands: Mapping[str, str]) -> bytes:
    """`source`, a site.yaml, that gives `commands` too; the same if it does already.

    Raises PlacementError with its faults, or `site-unedited` for a file in which nothing can be added line by line.
    """
    was, groups = site.read(source, file)
    missing = {name: path for name, path in commands.items() if was.commands.get(name) != path}
    if not missing:
        return source
    try:
        new = _edited(source.decode("utf-8"), missing).encode("utf-8")
        now, groups_now = site.read(new, file)
    except (ValueError, yaml.YAMLError, PlacementError) as error:
        raise unedited(file, commands, "it is written in a way that only a person can edit") from error
    was.commands = {**was.commands, **missing}
    if (groups_now, _settings(now)) != (groups, _settings(was)):
        raise unedited(file, commands, "it is written in a way that only a person can edit")
    return new


def spelled(text: str) -> str:
    """A text as YAML, in quotes where it must be."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _settings(found: Site) -> list[object]:
    return [getattr(found, name) for name in Site.__slots__]


def _edited(text: str, missing: Mapping[str, str]) -> str:
    """The text with entries replaced or added. Raises ValueError where it is too peculiar for that."""
    for name, path in missing.items():
        text = _with_command(text, name, path)
    return text


def _with_command(text: str, name: str, path: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    entry = f"{spelled(name)}: {spelled(path)}"
    root = yaml.compose(text, yaml.SafeLoader)
    if root is None:
        return f"{_ended(text, newline)}{KEY}:{newline}  {entry}{newline}"
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise ValueError("no settings line by line")
    commands = _value(root, KEY)
    if commands is None:
        indent = " " * root.start_mark.column
        return f"{_ended(text, newline)}{indent}{KEY}:{newline}{indent}  {entry}{newline}"
    if not isinstance(commands, yaml.MappingNode):
        raise ValueError("no mapping")
    there = _value(commands, name)
    if there is not None:
        return text[: there.start_mark.index] + spelled(path) + text[there.end_mark.index :]
    if not commands.value:
        at = commands.start_mark.index + 1
        return text[:at] + entry + text[at:]
    key, last = commands.value[-1]
    at = last.end_mark.index
    if commands.flow_style:
        return f"{text[:at]}, {entry}{text[at:]}"
    end = text.find("\n", at)
    above, below = (text, "") if end < 0 else (text[: end + 1], text[end + 1 :])
    return f"{_ended(above, newline)}{' ' * key.start_mark.column}{entry}{newline}{below}"


def _value(mapping: yaml.MappingNode, name: str) -> yaml.Node | None:
    return next((value for key, value in mapping.value if key.value == name), None)


def _ended(text: str, newline: str) -> str:
    """The text with its last line ended."""
    return text if not text or text.endswith("\n") else text + newline
