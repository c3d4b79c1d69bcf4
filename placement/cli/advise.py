"""`placement advise`: who wastes most memory, and what to ask for instead."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from placement import whole_file
from placement.cli import json_option, policy_option
from placement.cli.learn import estimates_of
from placement.errors import visible
from placement.learning import require_numpy
from placement.policy_files import PolicyFiles

if TYPE_CHECKING:
    require_numpy()
    from placement.learning.ranking import Job, Ranking, Total

DAYS = 30.0
TOP = 10
GIB = 2**30
LONGEST = 60  # characters of a name
TOTALS = ("RUNS", "FAILED", "GIVEN GiB-H", "WASTED GiB-H", "SHARE")
JOBS = ("APPLICATION", "USER", "QUEUE", "ROLE", "RUNS", "FAILED", "WASTED GiB-H", "GIVEN", "USED", "ASK FOR")
NOTE = (
    "Wasted is what containers were given and did not use at their peak, times how long they ran, and all that was "
    "given to those that ran out of memory."
)

Table = tuple[str, Sequence[str], list[Sequence[str]]]  # title, head, rows


@click.command("advise")
@click.option("--user", help="Of this user alone.")
@click.option("--queue", help="Of this queue alone, by its whole path.")
@click.option("--days", default=DAYS, show_default=True, type=click.FloatRange(0, min_open=True), help="How far back.")
@click.option("--top", default=TOP, show_default=True, type=click.IntRange(1), help="How many of each.")
@click.option("--report", metavar="FILE", help="Write it there too, as Markdown.")
@policy_option
@json_option
def command(
    user: str | None, queue: str | None, days: float, top: int, report: str | None, policy_folder: str, as_json: bool
) -> int:
    """Where most memory is given and not used: by user, queue and application, and what they should ask for.

    From what `placement learn`, or the agent, has read; as the account of the agent, as it tells of everybody. See
    docs/estimates.md.
    """
    site = PolicyFiles(policy_folder).site()
    found = _found(site.database, estimates_of(site).choice, days, top, user, queue)
    if report is not None:
        whole_file.write(report, _markdown(found, days).encode(), 0o600)
    if as_json:
        click.echo(json.dumps(_data(found), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found, days):
            click.echo(line)
    return 0


def _found(where: str, choice: str, days: float, top: int, user: str | None, queue: str | None) -> "Ranking":
    require_numpy()
    from placement.learning.ranking import predictor, ranking
    from placement.store.engine import open_engine
    from placement.store.runs import Row, Runs
    from placement.store.states import States
    from placement.store.waste import waste

    engine = open_engine(where)
    runs, states = Runs(engine), States(engine)

    def row(number: int) -> Row | None:
        return next((row for found, row in runs.since(number - 1, most=1) if found == number), None)

    try:
        wastes = waste(engine, time.time() - days * 86400, user, queue)
        return ranking(wastes, top, row, predictor(choice, states.of))
    finally:
        engine.dispose()


def _tables(found: "Ranking") -> Iterator[Table]:
    yield "By user", ("USER", *TOTALS), [_total(each, found.gib_h) for each in found.users]
    yield "By queue", ("QUEUE", *TOTALS), [_total(each, found.gib_h) for each in found.queues]
    yield "By application", JOBS, [_job(each) for each in found.jobs]


def _total(each: "Total", gib_h: float) -> Sequence[str]:
    share = each.gib_h / gib_h if gib_h else 0.0
    numbers = str(each.runs), str(each.failures), f"{each.given_gib_h:.1f}", f"{each.gib_h:.1f}", f"{share:.0%}"
    return _name(each.name), *numbers


def _job(each: "Job") -> Sequence[str]:
    waste = each.waste
    return (
        _name(waste.name or waste.script),
        _name(waste.user),
        _name(waste.queue),
        waste.role,
        str(waste.runs),
        str(waste.failures),
        f"{waste.gib_h:.1f}",
        _size(waste.allocated_bytes),
        _size(waste.peak_bytes),
        _size(each.ask_bytes),
    )


def _size(size: float | None) -> str:
    return "-" if size is None else f"{size / GIB:.1f} GiB"


def _name(name: str) -> str:
    return visible(name[:LONGEST] + "…" * (len(name) > LONGEST)) or "-"


def _lines(found: "Ranking", days: float) -> Iterator[str]:
    if not found.jobs:
        yield f"nothing finished in the last {days:g} days, as far as was read: placement learn"
        return
    yield f"{_whole(found, days)} {NOTE}"
    for title, head, rows in _tables(found):
        yield ""
        yield title
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        for row in (head, *rows):
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _markdown(found: "Ranking", days: float) -> str:
    lines = ["# Memory that was given and not used", "", f"{_whole(found, days)} {NOTE}"]
    for title, head, rows in _tables(found):
        lines += ["", f"## {title}", "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
        lines += [f"| {' | '.join(map(_plain, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _plain(cell: str) -> str:
    """A cell in which nothing is markup: names are what somebody typed."""
    return "".join(f"&#{ord(each)};" if each in "|<>&`*[]\\#~" else each for each in cell)


def _whole(found: "Ranking", days: float) -> str:
    share = found.gib_h / found.given_gib_h if found.given_gib_h else 0.0
    return (
        f"{found.gib_h:.1f} of {found.given_gib_h:.1f} GiB-hours ({share:.0%}) of the last {days:g} days were wasted."
    )


def _data(found: "Ranking") -> dict[str, Any]:
    return {
        "given_gib_h": found.given_gib_h,
        "wasted_gib_h": found.gib_h,
        "users": [asdict(each) for each in found.users],
        "queues": [asdict(each) for each in found.queues],
        "applications": [
            {**asdict(each.waste), "gib_h": each.waste.gib_h, "ask_bytes": each.ask_bytes, "basis": each.basis}
            for each in found.jobs
        ],
    }
