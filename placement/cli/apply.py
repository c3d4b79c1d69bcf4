"""`placement apply`: brings the policy to the scheduler."""

import click

from placement.cli import policy_option
from placement.cli.syncing import carried_out, opened, standing
from placement.errors import Place, PlacementError, Problem
from placement.files import trusted_bytes
from placement.policy_files import PolicyFiles
from placement.sync.plan import Binding, refuse_stale, saved
from placement.sync.planning import proposal


@click.command("apply")
@click.argument("plan_file", metavar="[PLAN]", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@policy_option
def command(plan_file: str | None, yes: bool, policy_folder: str) -> int:
    """Applies the policy, or a plan that was saved: shows it, asks, keeps what is in force, writes, reads back.

    What fails is taken back at once. Exit status 0: applied, or nothing to do; 1: not applied, and what was in force
    is in force again; 3: look at `placement history`; 78: refused before anything was changed. See docs/sync.md.
    """
    asked = _saved(plan_file) if plan_file else None
    proposed = proposal(PolicyFiles(policy_folder))
    planner = opened(proposed.files)
    with planner.history.locked():
        found = standing(planner)
        plan = planner.of_policy(proposed, found)
        if asked and plan_file:
            refuse_stale(asked, plan.binding, plan_file)
        return carried_out(planner, plan, found, "apply", yes)


def _saved(plan_file: str) -> Binding:
    """What a saved plan rests on. Raises PlacementError."""
    content, _ = trusted_bytes(plan_file)
    if content is None:
        remedy = "name a file that `placement plan -o FILE` wrote"
        raise PlacementError(Problem("not-a-plan", "there is no such file", Place(plan_file), remedy))
    return saved(content, plan_file)
