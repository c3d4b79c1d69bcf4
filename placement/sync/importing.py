"""A scheduler's file into the texts of a policy folder. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from placement.errors import Problem
from placement.queues.tree import ROOT
from placement.queues_file import writing
from placement.schedulers.formats import FORMATS
from placement.schedulers.granted import access_lines
from placement.schedulers.permitted import permitted

_MAP_HEAD = """\
# Who goes where; see docs/policy.md. The first queue that somebody has here is that of whoever asks for none.
"""
_PLACING = "# The placement rules of {file}:\n"
_ACCESS = "# What its access lists let people ask for:\n"
_QUEUES_HEAD = "# The queues of {file}; see docs/queues.md.\n"


@dataclass(frozen=True, slots=True)
class Imported:
    """The texts of queues.yaml, map.txt and site.yaml; `summary` counts what they hold."""

    queues: str
    map: str
    site: str
    summary: str
    problems: tuple[Problem, ...]


def imported(content: bytes, file: str, scheduler: str, include: Callable[[str], bytes]) -> Imported:
    """`include` reads a file that the content names. Raises PlacementError with what is refused, by line."""
    form = FORMATS[scheduler]
    configuration, of_file = form.read(content, file, include)
    hierarchy, of_queues = form.hierarchy(configuration)
    rules, of_rules = form.map_lines(configuration.general, tuple(configuration.queues))
    opening = permitted(rules, hierarchy)
    placing, known = opening.lines, set(opening.lines)
    access = [line for line in access_lines(hierarchy) if line not in known]
    queues = writing.as_yaml(hierarchy)
    lines = [_MAP_HEAD]
    lines += [_PLACING.format(file=file), *(f"{line}\n" for line in placing)] if placing else []
    lines += [_ACCESS, *(f"{line}\n" for line in access)] if access else []
    count = sum(path != ROOT for path in configuration.queues)
    summary = f"{count} queues, {sum(not line.startswith('#') for line in (*placing, *access))} rules"
    problems = (*of_file, *of_queues, *of_rules, *opening.problems)
    return Imported(
        _QUEUES_HEAD.format(file=file) + queues, "".join(lines), f"scheduler: {scheduler}\n", summary, problems
    )
