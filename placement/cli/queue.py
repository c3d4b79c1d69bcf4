"""`placement queue`: who waits for a turn, has one, or runs."""

import json
from collections.abc import Iterator
from typing import Any

import click

from placement.cli import json_option, policy_option
from placement.cli.asking_agent import UNKNOWN, answer_of, number, objects, site_of, text
from placement.errors import visible
from placement.waiting_line import expected, span

HEAD = ("ID", "USER", "QUEUE", "STATE", "PLACE", "PRIORITY", "SINCE", "COMMAND")


@click.command("queue")
@click.option("--all", "of_all", is_flag=True, help="Everybody's, which administrators see.")
@policy_option
@json_option
def command(of_all: bool, policy_folder: str, as_json: bool) -> int:
    """Your submissions that wait, have their turn, or run: place, what keeps them waiting, and when they may start."""
    answer = answer_of(policy_folder, site_of(policy_folder), {"op": "queue", "all": of_all})
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return 0
    for line in _lines(answer):
        click.echo(visible(line))
    return 0


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    entries = objects(answer, "entries")
    rows = [HEAD, *map(_row, entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row, entry in zip(rows, [{}, *entries], strict=True):
        if entries:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if text(entry, "message") != UNKNOWN:
            yield f"  {'; '.join([text(entry, 'message'), *expected(entry.get('expected'), 0)])}"
    if not entries:
        yield "nothing waits, and nothing that was let in runs"
    age_s = number(answer, "age_s")
    if age_s is not None:
        yield f"the cluster as it was {span(age_s)} ago"


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    place, of, priority, waited_s = (number(entry, key) for key in ("place", "of", "priority", "waited_s"))
    return (
        text(entry, "id"),
        text(entry, "user"),
        text(entry, "queue"),
        text(entry, "state"),
        UNKNOWN if place is None else f"{place:.0f}" + (f" of {of:.0f}" if of is not None else ""),
        UNKNOWN if priority is None else f"{priority:.0f}",
        UNKNOWN if waited_s is None else span(waited_s),
        text(entry, "command"),
    )
