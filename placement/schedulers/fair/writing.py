"""The allocation file, written: indented, and nothing in it but what the configuration says."""

from collections import defaultdict
from collections.abc import Mapping

from placement.queues.tree import ROOT
from placement.schedulers.configuration import Configuration, Properties
from placement.schedulers.fair import elements, words
from placement.schedulers.fair.elements import INDENT

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Rendered from a policy of yarn-placement: edit the policy, for what is edited here is lost. -->
<allocations>
"""


def write(configuration: Configuration) -> bytes:
    """The file, in UTF-8; reading it gives the same configuration. O(queues and properties)."""
    below: dict[str, list[str]] = defaultdict(list)
    for path in configuration.queues:
        below[path.rpartition(".")[0]].append(path)
    lines = [_general(name, text) for name, text in configuration.general.items()]
    _queue(ROOT, configuration.queues, below, lines)
    return f"{_HEAD}{''.join(lines)}</allocations>\n".encode()


def _general(name: str, text: str) -> str:
    user = words.user_of(name)
    if user is None:
        return _property(None, name, text, 1)
    limit = _property(None, "maxRunningApps", text, 2, is_known=True)
    return f"{INDENT}<user name={elements.attribute(user)}>\n{limit}{INDENT}</user>\n"


def _queue(
    path: str, queues: Mapping[str, Properties], below: Mapping[str, list[str]], lines: list[str], depth: int = 1
) -> None:
    said = queues[path]
    kind = f' {words.TYPE}="{words.PARENT}"' if said.get(words.TYPE) == words.PARENT else ""
    opening = f"{INDENT * depth}<queue name={elements.attribute(path.rpartition('.')[2])}{kind}"
    within = [
        _property(path, name, text, depth + 1)
        for name, text in said.items()
        if text != words.PARENT or name != words.TYPE
    ]
    children = below.get(path, [])
    if not within and not children:
        lines.append(f"{opening}/>\n")
        return
    lines += [f"{opening}>\n", *within]
    for child in children:
        _queue(child, queues, below, lines, depth + 1)
    lines.append(f"{INDENT * depth}</queue>\n")


def _property(path: str | None, name: str, text: str, depth: int, is_known: bool = False) -> str:
    if text.startswith("<"):
        return f"{elements.indented(text, depth)}\n"
    # What the scheduler reads must have a text, or it fails.
    is_known = is_known or words.kind_of(path, name) is not None
    return f"{INDENT * depth}{elements.plain(name, text or (' ' if is_known else ''))}\n"
