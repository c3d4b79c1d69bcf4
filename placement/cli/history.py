"""`placement history`: what was applied, when, by whom, and with what outcome."""

import json

import click

from placement.cli import json_option, policy_option
from placement.errors import visible
from placement.policy_files import PolicyFiles
from placement.sync.history import Entry, History


@click.command("history")
@policy_option
@json_option
def command(policy_folder: str, as_json: bool) -> None:
    """Lists every apply and rollback, the latest last; `placement rollback` goes back to one that was `applied`."""
    entries = History(PolicyFiles(policy_folder).site().history).entries()
    if as_json:
        click.echo(json.dumps([entry.as_data() for entry in entries], ensure_ascii=False, indent=2))
        return
    for entry in entries:
        click.echo(_line(entry))
    if not entries:
        click.echo("nothing was applied yet")


def _line(entry: Entry) -> str:
    said = f": {entry.said}" if entry.said else ""
    words = (
        f"{entry.number:>4}  {entry.when}  {entry.who}  {entry.what}  policy {entry.revision}  {entry.outcome}{said}"
    )
    return visible(words)
