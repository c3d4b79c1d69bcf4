"""`placement plan`: what the policy would change of what a scheduler is told."""

import json

import click

from placement import whole_file
from placement.cli import json_option, policy_option
from placement.cli.syncing import lines, opened, standing
from placement.policy_files import PolicyFiles
from placement.sync.planning import proposal

CHANGES = 2  # exit status


@click.command("plan")
@click.option("-o", "output", metavar="FILE", help="Save the plan, for `placement apply FILE`.")
@policy_option
@json_option
def command(output: str | None, policy_folder: str, as_json: bool) -> int:
    """Shows the difference between the policy and what is in force, queue by queue; changes nothing.

    The policy's check and test come first. Exit status 0: nothing to do; 2: there are changes. A saved plan is good
    as long as neither the policy nor what is in force changes. See docs/sync.md.
    """
    proposed = proposal(PolicyFiles(policy_folder))
    planner = opened(proposed.files)
    running = planner.history.running()
    if running:
        click.echo(str(running), err=True)
        found = planner.standing()
    else:
        found = standing(planner)
    plan = planner.of_policy(proposed, found)
    data = json.dumps(plan.as_data(), ensure_ascii=False, indent=2)
    if output:
        whole_file.write(output, data.encode() + b"\n", 0o640)
    if as_json:
        click.echo(data)
    else:
        for line in lines(plan):
            click.echo(line)
    return CHANGES if plan else 0
