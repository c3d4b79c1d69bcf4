"""From a policy folder, and what is in force, to a plan. Adapter; changes nothing."""

import os

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
from placement.sync.difference import Difference, difference
from placement.sync.effects import effects
from placement.sync.history import AFTER, APPLIED, RESTORED, History
from placement.sync.plan import Binding, Plan, digest
from placement.sync.target import InForce, Target
from placement.sync.unfinished import Unfinished, unfinished, whole_before
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


class Planner:
    """Makes plans for one target."""

    def __init__(self, target: Target, manager: ResourceManager, history: History) -> None:
        self.target = target
        self.manager = manager
        self.history = history
        self.form = FORMATS[target.scheduler]

    def of_policy(self, files: PolicyFiles) -> tuple[Plan, InForce]:
        """What the policy would change, and what that was found against.

        Raises PlacementError: what is wrong with the policy, with what was rendered from it, or what keeps the
        target or the ResourceManager from being asked.
        """
        warnings = checked(files)
        told = rendered(files, self.target.scheduler)
        before = self.target.in_force()
        wanted = self.form.keeping_states(
            told.configuration, whole_before(self.target, self.history, before).configuration
        )
        content = before.content
        if difference(before.configuration, wanted):
            content = self.form.write(wanted)
            if self.target.is_file:
                warnings += second_opinion(files, wanted)
        return self._plan(files.revision(), before, wanted, content, told.shortfalls, warnings), before

    def of_content(self, revision: str, content: bytes) -> tuple[Plan, InForce]:
        """What it would change to go back to `content`, of the policy's `revision` then. Raises as `of_policy`."""
        before = self.target.in_force()
        return self._plan(revision, before, self.target.read(content), content, (), []), before

    def unfinished(self) -> Unfinished | None:
        """What the last apply or rollback has left, if it came to no clear end."""
        return unfinished(self.target, self.history, self.target.in_force())

    def _plan(
        self,
        revision: str,
        before: InForce,
        wanted: Configuration,
        content: bytes,
        shortfalls: tuple[Shortfall, ...],
        warnings: list[Problem],
    ) -> Plan:
        changes = difference(before.configuration, wanted)
        if changes and (refusals := self.target.validate(content)):
            raise PlacementError(*refusals)
        answer = self.manager.scheduler()
        return Plan(
            Binding(self.target.name, revision, before.version, digest(content)),
            self.target.scheduler,
            changes,
            tuple(effects(changes, before.configuration, wanted, states(answer))),
            shortfalls,
            self._drift(before),
            tuple(shown.differences(before.configuration, answer)),
            unfinished(self.target, self.history, before) is not None,
            tuple(warnings),
            content,
        )

    def _drift(self, before: InForce) -> Difference:
        """What somebody else has changed since the last apply; not known after one that came to no clear end."""
        entries = self.history.entries_of(self.target.name)
        last = next((entry for entry in reversed(entries) if entry.outcome != RESTORED), None)
        if last is None or last.outcome != APPLIED:
            return Difference()
        return difference(self.target.read(self.history.content(last, AFTER)), before.configuration)
