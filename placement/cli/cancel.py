"""`placement cancel`: takes a submission out of the queue."""

import re

import click

from placement.cli import policy_option
from placement.cli.asking_agent import answer_of, site_of
from placement.gateway import TAG

DECISION = re.compile(r"[0-9a-f]{16}")
SAID = {
    "no-entry": (2, "nothing by this id waits or has a turn"),
    "not-yours": (3, "it is somebody else's, and you are no administrator"),
}


@click.command("cancel")
@click.argument("asked", metavar="ID")
@policy_option
def command(asked: str, policy_folder: str) -> int:
    """Takes a submission out of the queue: yours, or anybody's if you are an administrator.

    ID is that of its decision, as `placement queue` shows it, with or without `placement:`. A wrapper that waits with
    it ends with 75. What runs already is YARN's: `yarn application -kill`.

    Exit status 0: it is out; 2: nothing by this id is in the queue; 3: it is not yours.
    """
    decision = asked.removeprefix(TAG)
    if not DECISION.fullmatch(decision):
        raise click.BadParameter(f"{asked!r} is not 16 hexadecimal digits")
    answer = answer_of(policy_folder, site_of(policy_folder), {"op": "cancel", "id": decision}, tuple(SAID))
    if "error" in answer:
        status, words = SAID[answer["error"]]
        click.echo(f"placement: {decision}: {words}", err=True)
        return status
    click.echo(f"{decision} is cancelled")
    return 0
