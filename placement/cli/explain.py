"""`placement explain`: a decision with every rule that was tried, and why it matched or not."""

import json

import click

from placement.cli.asking import ask, asking
from placement.cli.decide import outcome, status
from placement.engine import decide, new_id
from placement.errors import quoted
from placement.policy_files import PolicyFiles
from placement.rules.explain import Trial, explain


@click.command("explain", context_settings={"ignore_unknown_options": True})
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
    """The decision for a user or a command line, with every rule that was tried. Nothing waits for room here.

    The map is read itself, not its index. The exit status is that of `placement decide`.
    """
    folder = PolicyFiles(policy_folder)
    policy, rules = folder.policy(), folder.placing_rules()
    asking_for = ask(policy.site, policy_folder, user, groups, queue, facts, command_line)
    submission, sources = asking_for.submission, asking_for.sources()
    if asking_for.trouble:
        click.echo(str(asking_for.trouble), err=True)
    identity = submission.identity
    decision = decide(submission, policy, new_id())
    trials = explain(rules, identity.user, identity.groups, submission.facts, policy.site.scheduler, sources)
    if as_json:
        data = decision.as_data() | {"trials": [trial.as_data() for trial in trials]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return status(decision)
    asked = submission.request
    click.echo(
        f"user {quoted(identity.user)} ({identity.how}), groups {', '.join(map(quoted, identity.groups)) or 'none'}, "
        + (f"asks for {quoted(asked.queue)} ({asked.source})" if asked else "asks for no queue")
    )
    for trial in trials:
        click.echo(_line(trial))
    click.echo(outcome(decision))
    return status(decision)


def _line(trial: Trial) -> str:
    mark = f"-> {quoted(trial.queue)}" if trial.queue else "no"
    return f"  line {trial.rule.line}: {quoted(trial.rule.text)}  {mark}: {trial.why}"
