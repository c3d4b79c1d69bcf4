"""`placement rollback`: what was in force before, or after an earlier apply."""

import click

from placement.cli import policy_option
from placement.cli.syncing import carried_out, opened, standing
from placement.errors import PlacementError, Problem, quoted
from placement.policy_files import PolicyFiles
from placement.sync.history import AFTER, APPLIED, BEFORE, RESTORED, ROLLBACK, Entry


@click.command("rollback")
@click.argument("revision", metavar="[REV]", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@policy_option
def command(revision: str | None, yes: bool, policy_folder: str) -> int:
    """Goes back to what was in force before the last apply, or after the one that REV names.

    REV: the number of an entry of `placement history`, or the policy's revision there. The policy folder is left as it
    is, so that `placement plan` shows what the next apply would bring again. Exit status as that of `placement apply`.
    """
    planner = opened(PolicyFiles(policy_folder))
    with planner.history.locked():
        found = standing(planner)
        entry, which = _meant(found.entries, revision, found.now.version)
        plan = planner.of_entry(entry, which, found)
        words = f"{ROLLBACK} to {'before' if which == BEFORE else 'after'} {entry.number}"
        return carried_out(planner, plan, found, words, yes)


def _meant(entries: list[Entry], revision: str | None, version: str) -> tuple[Entry, str]:
    """The entry, and which of its two states is to be in force; `version` is what is in force now."""
    if revision is None:
        return _last(entries, version)
    applied = [entry for entry in entries if entry.outcome == APPLIED]
    for entry in reversed(applied):
        if revision in (str(entry.number), entry.revision):
            return entry, AFTER
    remedy = "name an entry of `placement history` that was applied"
    raise PlacementError(Problem("no-revision", f"there is no applied entry {quoted(revision)}", remedy=remedy))


def _last(entries: list[Entry], version: str) -> tuple[Entry, str]:
    """What was there before the last apply that has changed anything; a rollback that was interrupted goes on."""
    if entries and not entries[-1].is_ended:
        return entries[-1], AFTER if entries[-1].is_rollback else BEFORE
    for entry in reversed(entries):
        if entry.outcome != RESTORED and entry.before != version:
            return entry, BEFORE
    message = "there is nothing else to go back to" if entries else "nothing was applied yet"
    raise PlacementError(Problem("no-revision", message, remedy="see `placement history`"))
