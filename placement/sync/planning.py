"""From a policy folder, and what is in force, to a plan. Adapter; changes nothing."""

import os
from dataclasses import dataclass

from placement.errors import Place, PlacementError, Problem
from placement.expectations import EXPECTATIONS, run
from placement.hadoop_loader import policy
from placement.policy_files import PolicyFiles
from placement.review import whole
from placement.review.problems import problems_of
from placement.schedulers.configuration import Configuration, Shortfall
from placement.schedulers.formats import FORMATS
from placement.schedulers.rendering import Rendered, render
from placement.sync import shown
from placement.sync.difference import difference
from placement.sync.effects import effects
from placement.sync.history import Entry, History
from placement.sync.plan import Binding, Plan
from placement.sync.standing import Standing, kept, standing
from placement.sync.target import Target, version_of
from placement.yarn.answers import states
from placement.yarn.client import ResourceManager


def checked(files: PolicyFiles) -> list[Problem]:
    """The warnings of the policy. Raises PlacementError with its errors, and those of its expectations."""
    problems = [each for each in problems_of(files) if each.severity != "note"]
    errors = [each for each in problems if each.severity == "error"]
    if errors:
        raise PlacementError(*errors)
    cases = whole.cases(files)
    if cases:
        found = whole.read(files)
        failed = run(cases, found.rules, found.policy(), found.tree).failed
        if failed:
            message = f"{len(failed)} of {len(cases)} cases of {EXPECTATIONS} fail: {failed[0]}"
            place = Place(files.file(EXPECTATIONS))
            raise PlacementError(Problem("expectations-fail", message, place, "run `placement test`"))
    return problems


def rendered(files: PolicyFiles, scheduler: str) -> Rendered:
    """The policy as `scheduler` is told it. Raises PlacementError with the faults of the files, and `no-queues`."""
    document = files.queue_tree()
    if document is None or document.tree is None:
        remedy = "write them there, or have them written: placement import"
        message = "there are no queues to be told to a scheduler"
        raise PlacementError(Problem("no-queues", message, Place(files.file("queues.yaml")), remedy))
    return render(document.hierarchy, files.placing_rules(), scheduler)


def second_opinion(files: PolicyFiles, configuration: Configuration) -> list[Problem]:
    """What Hadoop's own classes warn of, or a note of why they were not asked. Raises PlacementError if they refuse."""
    try:
        found = policy.of_rendered(files, configuration, os.environ)
    except PlacementError as error:
        first = error.problems[0]
        message = f"Hadoop's own classes were not asked: {first.message}"
        return [Problem(first.code, message, first.place, first.remedy, "note")]
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise PlacementError(*errors)
    return found


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy without errors, as a scheduler is told it; `warnings` are of its review."""

    files: PolicyFiles
    rendered: Rendered
    warnings: list[Problem]


def proposal(files: PolicyFiles) -> Proposal:
    """What the policy is to bring to its site's scheduler. Raises PlacementError as `checked` and `rendered`."""
    warnings = checked(files)
    return Proposal(files, rendered(files, files.site().scheduler), warnings)


class Planner:
    """Makes plans for one target."""

    def __init__(self, target: Target, manager: ResourceManager, history: History) -> None:
        self.target = target
        self.manager = manager
        self.history = history

    def standing(self) -> Standing:
        """What is in force there, and what the history says of it."""
        return standing(self.target, self.history)

    def of_policy(self, proposed: Proposal, found: Standing) -> Plan:
        """What the policy would change of what was found.

        Raises PlacementError: what is wrong with what was rendered, or what keeps the target from being asked.
        """
        told, warnings = proposed.rendered, list(proposed.warnings)
        form = FORMATS[self.target.scheduler]
        wanted = form.keeping_states(told.configuration, found.whole.configuration)
        content = found.now.content
        if difference(found.now.configuration, wanted):
            content = form.write(wanted)
            if self.target.is_file:
                warnings += second_opinion(proposed.files, wanted)
        return self._plan(proposed.files.revision(), found, wanted, content, told.shortfalls, warnings)

    def of_entry(self, entry: Entry, which: str, found: Standing) -> Plan:
        """What it would change to go back to what was there BEFORE or AFTER an entry. Raises as `of_policy`."""
        wanted, content = kept(self.target, self.history, entry, which)
        return self._plan(entry.revision, found, wanted, content, (), [])

    def _plan(
        self,
        revision: str,
        found: Standing,
        wanted: Configuration,
        content: bytes,
        shortfalls: tuple[Shortfall, ...],
        warnings: list[Problem],
    ) -> Plan:
        before = found.now.configuration
        changes = difference(before, wanted)
        if changes and (refusals := self.target.validate(content)):
            raise PlacementError(*refusals)
        answer = self.manager.scheduler()
        return Plan(
            Binding(self.target.name, revision, found.now.version, version_of(content)),
            self.target.scheduler,
            changes,
            tuple(effects(changes, before, wanted, states(answer))),
            shortfalls,
            found.drift,
            tuple(shown.differences(before, answer)),
            found.unfinished is not None,
            tuple(warnings),
            content,
        )
