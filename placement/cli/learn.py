"""`placement learn`: reads what finished and learns from it now, in the foreground."""

import getpass
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from placement.cli import json_option, policy_option
from placement.errors import Place, PlacementError, Problem, visible
from placement.learning import require_numpy
from placement.policy import Estimates, Site
from placement.policy_files import PolicyFiles
from placement.yarn.policy_terms import policy_terms

if TYPE_CHECKING:
    from placement.learning.learning import Learnt

NOT_ALL = 1
PATIENCE_S = 120.0  # for an agent that learns just then
AGAIN_S = 1.0


@click.command("learn")
@click.option("--days", type=click.FloatRange(0, min_open=True), help="How far back; as far as `keep` otherwise.")
@click.option("--export", metavar="FILE", help="Instead write the runs that are kept there, as JSON Lines.")
@policy_option
@json_option
def command(days: float | None, export: str | None, policy_folder: str, as_json: bool) -> int:
    """Reads what finished and was not read yet, learns from it, and writes the table of estimates.

    As the account of the agent, which does the same every minute. It may be ended at any time, and goes on where it
    was. Exit status 0: all was read and learned; 1: not all. See docs/estimates.md.
    """
    require_numpy()
    from placement.learning.learning import Learning

    files = PolicyFiles(policy_folder)
    site, estimates = files.site(), estimates_of(files.site())
    if export is not None:
        _export(site.database, export)
        return 0
    terms = policy_terms(files, os.environ)
    learning = Learning(site.database, f"{socket.gethostname()} {os.getpid()}", getpass.getuser(), os.environ)
    show = _Shown()
    until_s = time.monotonic() + PATIENCE_S
    found = learning.once(site, estimates, terms, days, show.so_far)
    while not found.leads and time.monotonic() < until_s:
        show.line("the agent is learning; waiting until it has")
        time.sleep(AGAIN_S)
        found = learning.once(site, estimates, terms, days, show.so_far)
    show.end()
    learning.close()
    if not found.leads:
        remedy = "see its log; once it is dead for a minute another may learn"
        found.troubles.append(Problem("learning-elsewhere", "an agent is learning all the time", remedy=remedy))
    for problem in found.troubles:
        click.echo(str(problem), err=True)
    if as_json:
        click.echo(json.dumps(_data(found, estimates), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found, estimates):
            click.echo(visible(line))
    return NOT_ALL if found.troubles else 0


def estimates_of(site: Site) -> Estimates:
    """What `estimates` of site.yaml says. Raises PlacementError `estimates-off`."""
    if site.estimates is None:
        remedy = "say `estimates: {}` in site.yaml, with what docs/estimates.md tells of it"
        raise PlacementError(Problem("estimates-off", "site.yaml has no `estimates`", remedy=remedy))
    return site.estimates


def _export(where: str, path: str) -> None:
    """For `placement.learning.on_spark`."""
    from placement.learning.lines import line_of
    from placement.store.engine import open_engine
    from placement.store.runs import Runs

    engine = open_engine(where)
    runs, number = Runs(engine), 0
    try:
        with open(path, "x", encoding="utf-8", opener=_alone) as file:
            while rows := runs.since(number):
                file.writelines(f"{line_of(*each)}\n" for each in rows)
                number = rows[-1][0]
    except OSError as error:
        remedy = "name a file that is not there yet, in a folder of yours"
        problem = Problem("unwritable", f"cannot be written: {error.strerror or error}", Place(path), remedy)
        raise PlacementError(problem) from error
    finally:
        engine.dispose()


def _alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Shown:
    """One line on a terminal, again and again; nothing elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()

    def so_far(self, found: "Learnt") -> None:
        read = f"{found.progress.share:.0%} read, " if found.progress else ""
        self.line(f"{read}{found.learned} runs learned")

    def line(self, words: str) -> None:
        if self._is_terminal:
            click.echo(f"\r\x1b[K{words}", err=True, nl=False)

    def end(self) -> None:
        if self._is_terminal:
            click.echo("\r\x1b[K", err=True, nl=False)


def _data(found: "Learnt", estimates: Estimates) -> dict[str, Any]:
    progress = found.progress
    return {
        "applications": progress.applications if progress else 0,
        "known": progress.known if progress else 0,
        "rows": progress.rows if progress else 0,
        "begin_s": progress.begin_s if progress else None,
        "at_s": progress.at_s if progress else None,
        "learned": found.learned,
        "keys": found.keys,
        "table": estimates.table,
        "counted": dict(progress.counted) if progress else {},
        "unread": progress.unread if progress else {},
        "problems": [problem.as_data() for problem in found.troubles],
    }


def _lines(found: "Learnt", estimates: Estimates) -> Iterator[str]:
    if progress := found.progress:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(progress.begin_s))
        yield f"read {progress.applications} applications that ended since {since}: {progress.rows} new rows"
        for reason, number in sorted(progress.counted.items()):
            yield f"  {number} x {reason}"
    yield f"learned {found.learned} rows; {found.keys} keys are known; {estimates.table} is written"
