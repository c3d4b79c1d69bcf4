"""What the commands share that bring a policy to a scheduler: opening it all, and telling a plan."""

import contextlib
import getpass
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

import click

from placement.cli.findings import count
from placement.errors import visible
from placement.policy_files import PolicyFiles
from placement.schedulers.configuration import NOBODY, Shortfall
from placement.sync.applying import Applier, refuse_in_use
from placement.sync.difference import Change, Difference
from placement.sync.history import APPLIED, RESTORED, History
from placement.sync.plan import CLOSED, REMOVED, Effect, Plan
from placement.sync.planning import Planner
from placement.sync.standing import Standing
from placement.sync.targets import find
from placement.yarn.configuration import resource_manager

NOT_APPLIED, UNCLEAR = 1, 3  # exit status: as before, and neither as before nor as planned
TIMEOUT_S = 60.0  # a ResourceManager takes some seconds to tell of ten thousand queues
MOST = 20  # shortfalls that are shown
LONGEST = 200  # characters of a value that are shown
_MARKS = {"+": "green", "-": "red", "~": "yellow", ">": "cyan"}
_EFFECTS = {REMOVED: "the queue is to be removed", CLOSED: "the queue is to have queues below it"}


def opened(files: PolicyFiles) -> Planner:
    """Who plans for what the site of `files` has. Raises PlacementError."""
    site = files.site()
    manager = resource_manager(site, os.environ, getpass.getuser(), TIMEOUT_S)
    return Planner(find(site, os.environ, manager), manager, History(site.history))


def standing(planner: Planner) -> Standing:
    """What is in force; says what an interrupted apply has left."""
    found = planner.standing()
    if found.unfinished:
        click.echo(str(found.unfinished.problem), err=True)
    return found


def carried_out(planner: Planner, plan: Plan, found: Standing, what: str, yes: bool) -> int:
    """Shows the plan, asks, and carries it out; the exit status. Raises PlacementError."""
    for line in lines(plan):
        click.echo(line)
    if not plan:
        return 0
    refuse_in_use(plan)
    if not yes:
        click.confirm("apply this?", abort=True, err=True)
    with _stopped_by_signals():
        entry = Applier(planner.target, planner.manager, planner.history, _say).carry_out(plan, found, what)
    if entry.outcome == APPLIED:
        click.echo(f"applied: entry {entry.number}")
        return 0
    if entry.outcome == RESTORED:
        click.echo(f"not applied, what was in force is in force again: {visible(entry.said)}", err=True)
        return NOT_APPLIED
    click.echo(f"not applied, and not taken back: {visible(entry.said)}", err=True)
    click.echo(f"what was in force is in {planner.history.folder}, entry {entry.number}: placement rollback", err=True)
    return UNCLEAR


def _say(words: str) -> None:
    """On standard error; whoever cannot hear it any more is no reason to stop halfway."""
    with contextlib.suppress(OSError):
        click.echo(words, err=True)


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Whoever ends the process, or its terminal, is heard as Ctrl-C is; but a signal that is ignored stays so."""

    def stop(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    heard = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def lines(plan: Plan) -> Iterator[str]:
    """A plan as a terminal shows it; colours are taken out again where there is none."""
    binding = plan.binding
    yield f"{visible(binding.target)}: policy {binding.revision}, in force {binding.version}"
    for problem in plan.warnings:
        yield str(problem)
    yield from _drift(plan.drift)
    if plan.not_taken_up:
        yield "the ResourceManager shows something else than it is told now:"
        yield from (f"  {visible(each)}" for each in plan.not_taken_up)
    yield from changes(plan.difference)
    yield from (_effect(effect) for effect in plan.effects)
    yield from shortfalls(plan.shortfalls)
    yield summary(plan)


def changes(difference: Difference) -> Iterator[str]:
    """Queue by queue, property by property."""
    for old, new in difference.moved:
        yield _marked(">", f"{visible(old)} moves to {visible(new)}")
    seen: set[str | None] = set()
    for change in difference.changes:
        if change.queue not in seen:
            seen.add(change.queue)
            yield _heading(change.queue, difference)
        yield _change(change)
    for path in (*difference.added, *difference.removed):
        if path not in seen:
            yield _heading(path, difference)


def summary(plan: Plan) -> str:
    """One line: what there is to do."""
    if not plan:
        return "nothing to do"
    found = plan.difference
    places = {change.queue for change in found.changes} - {None, *found.added, *found.removed}
    numbers = {"add": len(found.added), "remove": len(found.removed), "change": len(places)}
    parts = [f"{count(number, 'queue')} to {what}" for what, number in numbers.items() if number]
    parts += ["the scheduler as a whole to change"] * any(change.queue is None for change in found.changes)
    return ", ".join(parts) if parts else "what is in force is to be told again"


def shortfalls(found: tuple[Shortfall, ...]) -> Iterator[str]:
    """What the scheduler does not have as the policy says it."""
    if found:
        yield "not as the policy says it:"
    for each in found[:MOST]:
        where = f"map.txt:{each.line}" if each.line else (each.queue or "queues.yaml")
        who = "nobody enforces it" if each.enforced_by == NOBODY else f"enforced by the {each.enforced_by}"
        yield f"  {visible(where)}: {visible(each.said)} is {each.how}: {visible(each.why)}; {who}"
    if len(found) > MOST:
        yield f"  and {len(found) - MOST} more: `--json` has all of them"


def _drift(difference: Difference) -> Iterator[str]:
    if difference:
        yield click.style("changed by somebody else since the last apply:", bold=True)
        yield from (f"  {line}" for line in changes(difference))


def _heading(queue: str | None, difference: Difference) -> str:
    mark = "+" if queue in difference.added else "-" if queue in difference.removed else "~"
    return _marked(mark, visible(queue) if queue else "the scheduler as a whole")


def _change(change: Change) -> str:
    name = visible(change.property)
    if change.old is None:
        return _marked("+", f"  {name}: {_text(change.new)}")
    if change.new is None:
        return _marked("-", f"  {name}: {_text(change.old)}")
    return _marked("~", f"  {name}: {_text(change.old)} -> {_text(change.new)}")


def _text(value: str | None) -> str:
    """A value as it is; in quotes where blanks at its ends would not be seen, and cut when it is very long."""
    text = visible(value or "")
    if len(text) > LONGEST:
        return f"{text[:LONGEST]}… ({len(text)} characters)"
    return text if text == text.strip() and text else f'"{text}"'


def _effect(effect: Effect) -> str:
    words = _EFFECTS.get(effect.what, "nothing is taken from them, and nothing added until they fit")
    line = f"{visible(effect.queue)}: {effect.running} applications running, {effect.pending} waiting: {words}"
    return click.style(line, fg="red" if effect.is_in_the_way else "yellow")


def _marked(mark: str, text: str) -> str:
    return click.style(f"{mark} {text}", fg=_MARKS[mark])
