"""`placement monitor`: what is free, what each application uses, what is in danger."""

import getpass
import json
import os
import time
from collections.abc import Iterator, Sequence

import click

from placement.cli import json_option, policy_option
from placement.errors import PlacementError, Problem, nearest, quoted, visible
from placement.files import join
from placement.monitors import installed
from placement.monitors.base import BYTES, SECONDS, SHARE, Capacity, Cluster, Danger, Readings, Unit, Use
from placement.monitors.runner import WITHIN_S, Maker, Runner, Seen
from placement.policy_files import PolicyFiles
from placement.waiting_line import span
from placement.yarn.configuration import addresses
from placement.yarn.policy_terms import policy_terms

WELL, NOT_WELL = 0, 1
UNKNOWN = "-"
ROOM = ("OF", "WHAT", "USED", "TOTAL", "FREE")
USED = ("APPLICATION", "USER", "QUEUE", "STATE", "USES")
_SIZES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


@click.command("monitor")
@click.argument("name", required=False)
@click.option("--within", default=WITHIN_S, show_default=True, type=click.FloatRange(0.1), help="Seconds to wait.")
@policy_option
@json_option
def command(name: str | None, within: float, policy_folder: str, as_json: bool) -> int:
    """What every monitor sees now, or the one with this NAME: YARN, Spark, and what else is installed.

    Exit status 0: all is well; 1: something is in danger, or a monitor could not look. See docs/monitors.md.
    """
    found = Runner(_makers(policy_folder, name), within).look()
    if as_json:
        click.echo(json.dumps({"monitors": [each.as_data() for each in found]}, ensure_ascii=False, indent=2))
    else:
        for line in (line for each in found for line in _lines(each, time.time())):
            click.echo(visible(line))
    is_well = all(each.trouble is None and each.readings and not each.readings.dangers for each in found)
    return WELL if is_well else NOT_WELL


def _makers(policy_folder: str, name: str | None) -> dict[str, Maker]:
    files = PolicyFiles(policy_folder)
    site, told = files.site(), policy_terms(files, os.environ)
    cluster = Cluster(
        resource_managers=site.resource_managers or addresses(os.environ),
        user=getpass.getuser(),
        authentication=site.authentication,
        counts_vcores=told.counts_vcores,
        am_shares=dict(told.am_shares),
        am_share=told.am_share,
    )
    makers = installed.makers(installed.settings(policy_folder), cluster, join(policy_folder, installed.FILE))
    if not makers:
        remedy = f"see {installed.FILE} of the policy folder, or install yarn-placement anew: it brings two"
        raise PlacementError(Problem("no-monitor", "no monitor is installed, or all are off", remedy=remedy))
    if name is None:
        return makers
    if name not in makers:
        near = nearest(name, list(makers))
        remedy = f"did you mean {quoted(near)}?" if near else f"there are {', '.join(makers) or 'none'}"
        raise PlacementError(Problem("unknown-monitor", f"there is no monitor {quoted(name)}", remedy=remedy))
    return {name: makers[name]}


def _lines(seen: Seen, now_s: float) -> Iterator[str]:
    readings = seen.readings
    yield f"{seen.name}: " + (f"{readings.source}, seen {span(seen.age_s or 0)} ago" if readings else "not seen")
    if seen.trouble:
        yield f"  NOT WELL: {seen.trouble.in_one_line()}"
    if readings:
        for line in _told(readings, now_s):
            yield f"  {line}"


def _told(readings: Readings, now_s: float) -> Iterator[str]:
    yield from _table(ROOM, [_room(each) for each in readings.capacities])
    yield from _table(USED, [_used(each) for each in readings.uses])
    for danger in readings.dangers:
        yield f"IN DANGER: {danger.of} {danger.what}{_since(danger, now_s)}: {danger.why}"
    for what, why in readings.unread.items():
        yield f"NOT READ: {what}: {why}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        shown = [head, *([visible(cell) for cell in row] for row in rows)]
        widths = [max(len(row[column]) for row in shown) for column in range(len(head))]
        for row in shown:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _room(each: Capacity) -> tuple[str, ...]:
    numbers = (
        UNKNOWN if number is None else _words(number, each.unit) for number in (each.used, each.total, each.free)
    )
    return each.of or UNKNOWN, each.name, *numbers


def _used(each: Use) -> tuple[str, ...]:
    values = ", ".join(f"{value.name} {_words(value.number, value.unit)}" for value in each.values)
    return each.id, each.user or UNKNOWN, each.queue or UNKNOWN, each.state, values


def _since(danger: Danger, now_s: float) -> str:
    return "" if danger.since_s is None else f" for {span(max(now_s - danger.since_s, 0))}"


def _words(number: float, unit: Unit) -> str:
    if unit == BYTES:
        size, name = next(((size, name) for size, name in _SIZES if abs(number) >= size), (1, "B"))
        return f"{number / size:.1f} {name}" if size > 1 else f"{number:.0f} B"
    if unit == SHARE:
        return f"{number:.0%}"
    return f"{number:.1f} s" if unit == SECONDS else f"{number:g}"
