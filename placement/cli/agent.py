"""`placement agent`: the service that keeps the order of those who wait."""

import getpass
import os

import click

from placement.agent import service
from placement.cli import policy_option


@click.command("agent")
@policy_option
def command(policy_folder: str) -> None:
    """Runs the agent of this gateway: it watches the cluster, and gives those who wait their turns.

    Begun by systemd, see templates/systemd; it ends with SIGTERM, and whoever waits keeps their place. See
    docs/admission.md.
    """
    service.run(policy_folder, getpass.getuser(), os.environ)
