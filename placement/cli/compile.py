"""`placement compile`: the index of a policy, written."""

import os

import click

from placement.cli import policy_option
from placement.folder import INDEX, Folder


@click.command("compile")
@click.argument("folder", metavar="[DIR]", required=False)
@policy_option
def command(folder: str | None, policy_folder: str) -> None:
    """Reads the policy in DIR and writes its index, which spares everyone else the reading.

    Nothing is written if a file of the policy is at fault, and the last good index stays in force.
    """
    path = folder or policy_folder
    policy = Folder(path).compile()
    file = os.path.join(path, INDEX)
    click.echo(f"{file}: revision {policy.revision}, {os.path.getsize(file)} bytes")
