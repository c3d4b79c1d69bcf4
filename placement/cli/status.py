"""`placement status`: whether the agent is well."""

import json
import time
from collections.abc import Iterator
from typing import Any

import click

from placement.cli import json_option, policy_option
from placement.cli.asking_agent import UNKNOWN, answer_of, number, site_of, text
from placement.errors import PlacementError, visible
from placement.waiting_line import span

HEALTHY, NOT_HEALTHY = 0, 1
COUNTED = {
    "waiting": "wait",
    "reserved": "have their turn",
    "running": "run",
    "landed_elsewhere": "run elsewhere than decided",
}


@click.command("status")
@policy_option
@json_option
def command(policy_folder: str, as_json: bool) -> int:
    """How the agent is: the policy it goes by, what it hears of the ResourceManager, how many wait.

    Exit status 0: it is well; 1: it is not there, does not answer, or has no fresh word of the ResourceManager.
    """
    site = site_of(policy_folder)
    try:
        answer = answer_of(policy_folder, site, {"op": "status"})
    except PlacementError as error:
        if site.admission is None:
            raise
        problem = error.problems[0]
        click.echo(json.dumps({"error": problem.as_data()}, indent=2) if as_json else str(problem), err=not as_json)
        return NOT_HEALTHY
    troubles = list(_troubles(answer, site.admission.stale_s if site.admission else 0.0))
    if as_json:
        click.echo(json.dumps({**answer, "troubles": troubles}, indent=2))
    else:
        for line in [*_lines(answer), *(f"  NOT WELL: {trouble}" for trouble in troubles)]:
            click.echo(visible(line))
    return NOT_HEALTHY if troubles else HEALTHY


def _troubles(answer: dict[str, Any], stale_s: float) -> Iterator[str]:
    manager = answer.get("resource_manager")
    if text(manager, "error") != UNKNOWN:
        yield text(manager, "error")
    age_s = number(manager, "age_s")
    if age_s is None:
        yield "nothing is known of the cluster yet"
    elif age_s > stale_s:
        yield f"what is known of the cluster is {span(age_s)} old"


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    manager, started_s = answer.get("resource_manager"), number(answer, "started_s")
    yield f"agent {text(answer, 'version')}, by revision {text(answer, 'policy')} of the policy" + (
        f", up for {span(max(time.time() - started_s, 0))}" if started_s is not None else ""
    )
    age_s = number(manager, "age_s")
    address, scheduler = text(manager, "address"), text(answer, "scheduler")
    seen = [f"{scheduler} scheduler"] if scheduler != UNKNOWN else []
    seen += [address] if address != UNKNOWN else []
    yield "  cluster: " + ", ".join([*seen, "not seen yet" if age_s is None else f"seen {span(age_s)} ago"])
    counted = [(number(answer, key), words) for key, words in COUNTED.items()]
    yield "  " + ", ".join(f"{count:.0f} {words}" for count, words in counted if count is not None)
    promises = answer.get("promises")
    kept, of = number(promises, "kept"), number(promises, "of")
    if kept is not None and of:
        yield f"  promises kept: {kept:.0f} of {of:.0f}"
    if answer.get("leader") is False:
        yield "  another gateway's agent gives out the turns"
