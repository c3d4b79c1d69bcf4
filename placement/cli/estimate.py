"""`placement estimate`: what a command asks for, what it will need, why, and what to ask for instead."""

import json
from collections.abc import Iterator
from typing import Any

import click

from placement.cli import json_option, policy_option
from placement.cli.asking import ask
from placement.cli.estimate_query import query_need
from placement.errors import PlacementError, Problem, visible
from placement.estimate.needed import Estimate, RoleNeed
from placement.estimate.query.need import QueryNeed
from placement.folder import Folder
from placement.sizing.advice import Advice, advice_for, gib
from placement.submission import Reading
from placement.waiting_line import span

GIB = 2**30


@click.command("estimate", context_settings={"ignore_unknown_options": True})
@click.option("--user", metavar="U", help="Ask for this user instead of whoever calls.")
@policy_option
@json_option
@click.argument("command_line", metavar="-- COMMAND ARG...", nargs=-1, required=True, type=click.UNPROCESSED)
def command(user: str | None, policy_folder: str, as_json: bool, command_line: tuple[str, ...]) -> int:
    """What a command line asks for, what earlier runs say that it needs, and what to ask for instead.

    Of SQL on the command line also what the query itself needs, where the site has a catalogue of its tables.
    """
    folder = Folder(policy_folder)
    policy = folder.policy()
    if policy.site.estimates is None:
        remedy = "write `estimates: {}` there"
        raise PlacementError(
            Problem("estimates-off", "site.yaml has no `estimates`, so nothing is known", remedy=remedy)
        )
    asked = ask(policy.site, policy_folder, user, None, None, (), command_line)
    reading, known = asked.submission.command, asked.submission.estimate
    for trouble in filter(None, (*folder.troubles, asked.trouble)):
        click.echo(str(trouble), err=True)
    query = query_need(
        policy_folder,
        command_line[0],
        list(command_line[1:]),
        asked.submission.identity.user,
        lambda trouble: click.echo(str(trouble), err=True),
    )
    advice = advice_for(reading, known) if reading and known else []
    if as_json:
        click.echo(json.dumps(_data(asked.submission.demand(), reading, advice, query), ensure_ascii=False, indent=2))
    else:
        for line in _lines(reading, known, advice, query):
            click.echo(visible(line))
    return 0


def _data(
    demand: dict[str, object] | None, reading: Reading | None, advice: list[Advice], query: QueryNeed | None
) -> dict[str, Any]:
    return {
        "command": reading.as_data() if reading else None,
        "demand": demand,
        "advice": [each.as_data() for each in advice],
        "query": query.as_data() if query else None,
    }


def _lines(
    reading: Reading | None, known: Estimate | None, advice: list[Advice], query: QueryNeed | None
) -> Iterator[str]:
    if reading is None or not reading.submits:
        yield f"it submits nothing: {reading.why if reading else 'there is no command'}"
        return
    asked = reading.asked
    if asked is None:
        yield "it does not say what it asks for"
    elif known is None:
        for role in asked.roles():
            yield f"{role.name}: asks for {_number(role.number)} x {gib(role.memory_mib / 1024)} GiB"
        yield "there is no table of estimates yet: what is asked for counts"
    else:
        for need in known.roles:
            yield from _of_role(need)
        if known.duration_s:
            low, middle, high = (span(known.duration_s.as_data()[each]) for each in ("low", "middle", "high"))
            yield f"takes {middle}, between {low} and {high} ({known.basis_of('duration')})"
        if known.input_bytes is not None:
            yield f"reads {gib(known.input_bytes / GIB)} GiB ({known.basis_of('input')})"
        for each in advice:
            yield f"advice: {each.text}"
    if query is not None:
        yield _of_query(query)


def _of_role(need: RoleNeed) -> Iterator[str]:
    role, found = need.role, need.prediction
    yield f"{role.name}: asks for {_number(role.number)} x {gib(role.memory_mib / 1024)} GiB"
    low, high = gib(found.low_bytes / GIB), gib(found.high_bytes / GIB)
    if need.is_known:
        numbers = "" if need.number == role.number else f", {_number(need.number)} of them"
        yield f"  safe {gib(need.safe_mib / 1024)} GiB, uses {low} to {high}{numbers} ({found.basis})"
    elif found.low_bytes > 0:
        yield f"  may use {low} to {high} GiB ({found.basis})"
    else:
        yield f"  nothing is known of it ({found.basis})"


def _of_query(query: QueryNeed) -> str:
    if query.memory_bytes is None or query.low_bytes is None or query.high_bytes is None:
        return f"query: not known ({query.reason})"
    low, middle, high = (gib(each / GIB) for each in (query.low_bytes, query.memory_bytes, query.high_bytes))
    return f"query: holds {middle} GiB, between {low} and {high} ({query.basis})"


def _number(number: int | None) -> str:
    return "?" if number is None else str(number)
