"""`placement decide`: the decision that a wrapper would make, without running anything."""

import json
import os

import click

from placement.cli import json_option, policy_option
from placement.decision import NO_RULE, PASS, RUN, Decision, decide
from placement.errors import PlacementError
from placement.folder import Folder
from placement.gateway import arguments_with, read_command, real_command
from placement.identity import identify, identity_of, user_name
from placement.policy import Site
from placement.submission import Identity, Request, Submission

RUNS, NOBODYS, DENIED = 0, 2, 3


@click.command("decide", context_settings={"ignore_unknown_options": True})
@click.option("--user", metavar="U", help="Decide for this user instead of whoever calls.")
@click.option("--groups", metavar="A,B", help="The user's groups, the primary one first, instead of looking them up.")
@click.option("--queue", metavar="Q", help="The queue asked for, instead of what COMMAND asks for.")
@policy_option
@json_option
@click.argument("command_line", metavar="[-- COMMAND ARG...]", nargs=-1, type=click.UNPROCESSED)
def command(
    user: str | None,
    groups: str | None,
    queue: str | None,
    policy_folder: str,
    as_json: bool,
    command_line: tuple[str, ...],
) -> int:
    """The queue of a user, or of a whole command line, and why.

    Exit status 0: it runs there; 2: no rule is for this user; 3: the queue asked for is denied.
    """
    folder = Folder(policy_folder)
    site = folder.site()
    name, arguments = (os.path.basename(command_line[0]), list(command_line[1:])) if command_line else ("", [])
    real = _real(name, site) if name else None
    reading = read_command(name, arguments, real, os.environ) if name else None
    request = Request(queue, "--queue") if queue is not None else reading.request if reading else None
    proxy_user = reading.proxy_user if reading else None
    identity = _identity(user, groups, proxy_user, site)
    decision = decide(Submission(identity, request, reading), folder.policy(), os.urandom(8).hex())
    if as_json:
        argv = [real or name, *arguments] if name else None
        if argv and reading and decision.queue:
            argv = [argv[0], *arguments_with(reading, decision.queue)]
        click.echo(json.dumps(decision.as_data() | {"argv": argv}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{decision.outcome}[{decision.reason}]: {decision.message}")
    return _status(decision)


def _identity(user: str | None, groups: str | None, proxy_user: str | None, site: Site) -> Identity:
    """The caller's identity, or the named user's; groups given on the command line replace those looked up."""
    real_user = user_name(os.getuid())
    found = identity_of(user, site, real_user, "--user") if user else identify(site, os.environ, proxy_user)
    if groups is None:
        return found
    return Identity(found.user, tuple(filter(None, groups.split(","))), real_user, found.how)


def _real(name: str, site: Site) -> str | None:
    """The real command, None if it is not here: a decision can be asked for on a machine without it."""
    try:
        return real_command(name, site.commands, os.environ)
    except PlacementError:
        return None


def _status(decision: Decision) -> int:
    if decision.outcome in (RUN, PASS):
        return RUNS
    return NOBODYS if decision.reason == NO_RULE else DENIED
