"""`placement render`: the policy as the file of a scheduler."""

import json

import click

from placement import whole_file
from placement.cli import json_option, policy_option
from placement.cli.syncing import shortfalls
from placement.policy_files import PolicyFiles
from placement.queues.names import CAPACITY, FAIR
from placement.schedulers.rendering import content
from placement.sync.planning import rendered


@click.command("render")
@click.argument("scheduler", type=click.Choice([FAIR, CAPACITY]), required=False)
@click.option("-o", "output", metavar="FILE", help="Write the file there instead of to standard output.")
@policy_option
@json_option
def command(scheduler: str | None, output: str | None, policy_folder: str, as_json: bool) -> None:
    """The policy as fair-scheduler.xml or capacity-scheduler.xml; without a name as the site's scheduler has it.

    What the scheduler does not have as the policy says it is listed on standard error, with who enforces it instead.
    """
    files = PolicyFiles(policy_folder)
    told = rendered(files, scheduler or files.site().scheduler)
    text = content(told.configuration)
    if output:
        whole_file.write(output, text, 0o644)
    if as_json:
        missing = [each.as_data() for each in told.shortfalls]
        data = {"scheduler": told.configuration.scheduler, "content": text.decode(), "shortfalls": missing}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for line in shortfalls(told.shortfalls):
        click.echo(line, err=True)
    if not output:
        click.echo(text, nl=False)
