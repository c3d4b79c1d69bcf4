"""`placement rollback`: what was in force before, or after an earlier apply."""

import click

from placement.cli import policy_option
from placement.cli.syncing import carried_out, opened, settled
from placement.errors import PlacementError, Problem, quoted
from placement.sync.history import AFTER, APPLIED, BEFORE, Entry


@click.command("rollback")
@click.argument("revision", metavar="[REV]", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@policy_option
def command(revision: str | None, yes: bool, policy_folder: str) -> int:
    """Goes back to what was in force before the last apply, or after the one that REV names.

    REV: the number of an entry of `placement history`, or the policy's revision there. The policy folder is left as it
    is, so that `placement plan` shows what the next apply would bring again. Exit status as that of `placement apply`.
    """
    _, planner = opened(policy_folder)
    with planner.history.locked():
        settled(planner)
        entries = [entry for entry in planner.history.entries() if entry.target == planner.target.name]
        entry, which = _meant(entries, revision)
        content = planner.history.content(entry, which)
        plan, before = planner.of_content(entry.revision, content)
        words = f"rollback to {'before' if which == BEFORE else 'after'} {entry.number}"
        return carried_out(planner, plan, before, words, yes)


def _meant(entries: list[Entry], revision: str | None) -> tuple[Entry, str]:
    """The entry, and which of its two states is to be in force."""
    if revision is None:
        last = next((entry for entry in reversed(entries) if entry.outcome != "restored"), None)
        if last:
            return last, BEFORE
        raise PlacementError(Problem("no-revision", "nothing was applied yet", remedy="see `placement history`"))
    applied = [entry for entry in entries if entry.outcome == APPLIED]
    for entry in reversed(applied):
        if revision in (str(entry.number), entry.revision):
            return entry, AFTER
    remedy = "name an entry of `placement history` that was applied"
    raise PlacementError(Problem("no-revision", f"there is no applied entry {quoted(revision)}", remedy=remedy))
