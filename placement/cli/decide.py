"""`placement decide`: the decision that a wrapper would make, without running anything."""

import json

import click

from placement.cli.asking import ask, asking
from placement.decision import NO_RULE, REJECT, Decision
from placement.engine import decide, new_id
from placement.folder import Folder

RUNS, NOBODYS, DENIED = 0, 2, 3


@click.command("decide", context_settings={"ignore_unknown_options": True})
@asking
def command(
    user: str | None,
    groups: str | None,
    queue: str | None,
    facts: tuple[str, ...],
    policy_folder: str,
    as_json: bool,
    command_line: tuple[str, ...],
) -> int:
    """The queue of a user, or of a whole command line, and why. Nothing waits for room here, as a wrapper may.

    Exit status 0: it runs there; 2: no rule is for this user; 3: the queue asked for is denied.
    """
    folder = Folder(policy_folder)
    policy = folder.policy()
    asked = ask(policy.site, policy_folder, user, groups, queue, facts, command_line)
    decision = decide(asked.submission, policy, new_id())
    for trouble in filter(None, (*folder.troubles, asked.trouble)):
        click.echo(str(trouble), err=True)
    if as_json:
        data = decision.as_data() | {"argv": asked.argv(decision.queue, decision.id)}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo(outcome(decision))
    return status(decision)


def outcome(decision: Decision) -> str:
    return f"{decision.outcome}[{decision.reason}]: {decision.message}"


def status(decision: Decision) -> int:
    if decision.outcome != REJECT:
        return RUNS
    return NOBODYS if decision.reason == NO_RULE else DENIED
