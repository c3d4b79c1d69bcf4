"""`placement impact`: what an edit of a policy changes, before it is in force."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import click

from placement.cli import json_option
from placement.errors import quoted, visible
from placement.policy import Site
from placement.policy_files import PolicyFiles
from placement.review import whole
from placement.rules.impact import (
    ALLOWED,
    DENIED,
    DIFFERENT,
    EQUAL,
    MOVED,
    Change,
    Ends,
    Impact,
    compare,
    who_in_words,
)
from placement.rules.replay import REFUSED, BadRecordError, Replay, replay
from placement.rules.views import Side

SHOWN = 20  # changes or cases of one sort that are printed; --json has all
PROVED = "no change: every user, group, request and condition ends as before (proved)"
BY_EXECUTABLE = "who ends where, recorded decisions included: an executable decides in the place of a map (`policy`)"
SITE_WORDS = {
    "authentication": "how it is known who somebody is",
    "hadoop_user_name": "how it is known who somebody is",
    "groups": "where groups come from",
    "static_groups": "who is in which group",
    "on_error": "what happens on errors",
    "commands": "which real commands are run",
    "policy_exec": "which executable decides in the place of the map",
}


@click.command("impact")
@click.option("--from", "old_folder", metavar="DIR", required=True, help="The policy as it is.")
@click.option("--to", "new_folder", metavar="DIR", required=True, help="The policy as it would be.")
@click.option(
    "--audit", metavar="FILE", type=click.File("rb"), help="Decide these recorded decisions by both policies, too."
)
@json_option
def command(old_folder: str, new_folder: str, audit: BinaryIO | None, as_json: bool) -> int:
    """Who would be placed otherwise by another policy, or refused, or allowed; or a proof that nobody is.

    Exit status 0: proved that nothing changes; 1: something changes, or not all could be compared.
    """
    old, new = whole.read(PolicyFiles(old_folder)), whole.read(PolicyFiles(new_folder))
    if old.site.policy_exec or new.site.policy_exec:
        found, replayed = Impact([], [BY_EXECUTABLE]), None
    else:
        sides = Side(old.placing_rules(), old.site.scheduler), Side(new.placing_rules(), new.site.scheduler)
        found, replayed = compare(*sides), replay(*sides, _records(audit)) if audit else None
    found.not_compared += _of_the_sites(old.site, new.site)
    if as_json:
        data: dict[str, Any] = {
            "verdict": found.verdict,
            "changes": [change.as_data() for change in found.changes],
            "not_compared": found.not_compared,
            "replay": replayed.as_data() if replayed else None,
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        for line in [*_lines(found), *(_replay_lines(replayed) if replayed else [])]:
            click.echo(visible(line))
    return 0 if found.verdict == EQUAL and not (replayed and replayed.cases) else 1


def _of_the_sites(old: Site, new: Site) -> list[str]:
    """Every setting that changes, but for the scheduler, which is compared."""
    changed = [key for key in Site.__slots__ if key != "scheduler" and getattr(old, key) != getattr(new, key)]
    return [
        f"site.yaml: {SITE_WORDS.get(key, 'what is beside the decision')} (`{key.replace('_', '-')}` changes)"
        for key in changed
    ]


def _records(audit: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Line number and value of each line; a BadRecordError as the value of a line that is not JSON."""
    for number, line in enumerate(audit, start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, BadRecordError("expected one JSON object a line")


def _lines(found: Impact) -> Iterator[str]:
    if found.verdict == EQUAL:
        yield PROVED
        return
    moved = [change for change in found.changes if change.kind == MOVED]
    asked = [change for change in found.changes if change.kind != MOVED]
    for title, changes in (("without a request for a queue", moved), ("with a request for a queue", asked)):
        if changes:
            yield f"{title}:"
        for change in sorted(changes, key=lambda each: -len(each.who))[:SHOWN]:
            yield from _sentences(change)
        if len(changes) > SHOWN:
            yield f"  and {len(changes) - SHOWN} more changes; --json has them all"
    if found.verdict != DIFFERENT:
        yield "no change was found, but not all was compared"
    for note in found.not_compared:
        yield f"not compared: {note}"


def _sentences(change: Change) -> Iterator[str]:
    who = f"{who_in_words(change)}{'' if change.always else ', under some conditions'}"
    old, new = (quoted(queue) if queue else "refused (no rule)" for queue in (change.old, change.new))
    if change.kind == MOVED:
        yield f"  {who}: {old} -> {new}"
    elif change.kind == DENIED:
        yield f"  {who}: {quoted(change.request or '')} was allowed and is denied"
    elif change.kind == ALLOWED:
        yield f"  {who}: {quoted(change.request or '')} was denied and is allowed"
    else:
        yield f"  {who}: asking for {quoted(change.request or '')}: {old} -> {new}"
    witness = change.witness
    yield f"    e.g. {witness}: {_end(witness.old)} -> {_end(witness.new)}"


def _end(end: Ends) -> str:
    queue, line = end
    return f"{quoted(queue)} (line {line})" if queue else "refused"


def _replay_lines(found: Replay) -> Iterator[str]:
    count = sum(found.cases.values())
    yield f"recorded decisions: {count} of {found.decided} would end otherwise"
    for (kind, user, request, was, now), times in found.in_order()[:SHOWN]:
        asking = f" asking for {quoted(request)}" if request else ""
        what = f"moves from {quoted(was or '')} to {quoted(now or '')}"
        if kind == REFUSED:
            what = f"would be refused, was in {quoted(was or '')}"
        elif kind == ALLOWED:
            what = f"would run in {quoted(now or '')}, was refused"
        yield f"  {times} time{'s' * (times > 1)}: {quoted(user)}{asking} {what}"
    if len(found.cases) > SHOWN:
        yield f"  and {len(found.cases) - SHOWN} more; --json has them all"
    if found.passed:
        yield f"  {found.passed} submitted nothing and {'were' if found.passed > 1 else 'was'} left out"
    if found.without_facts:
        yield f"  {found.without_facts} have no facts: for conditions, all was taken as not known"
    for line, message in found.bad:
        yield f"  line {line}: {message}"
    if found.bad_count > len(found.bad):
        yield f"  and {found.bad_count - len(found.bad)} more bad lines"
