"""What `decide` and `explain` share: who asks for what, from options or from a command line."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from placement.cli import json_option, policy_option
from placement.commands.base import FAMILIES
from placement.engine import facts as facts_of
from placement.errors import PlacementError, Problem
from placement.estimate.needed import AS_ASKED
from placement.folder import Folder
from placement.gateway import arguments_with, read_command, real_command
from placement.identity import identify, identity_of
from placement.policy import Site
from placement.rules.condition_grammar import fact_value
from placement.sizing.lookup import add_estimate
from placement.submission import Identity, Reading, Request, Submission

if TYPE_CHECKING:
    from placement.rules.condition import Value


@dataclass(frozen=True)
class Asked:
    """A submission as it was asked about, and the real command that would run, None if it is not on this machine.

    `given` are the facts that `--fact` says; `trouble` is what is wrong with the table of estimates.
    """

    submission: Submission
    real: str | None
    given: frozenset[str] = frozenset()
    trouble: Problem | None = None

    def sources(self) -> dict[str, str]:
        """What each fact of the demand rests on, in words; those that `--fact` says, on nothing."""
        known = self.submission.estimate
        estimated = known.facts() if known else {}
        sources = {fact: AS_ASKED for fact in DEMANDED if self.submission.facts.get(fact) is not None}
        sources |= {fact: known.basis_of(fact) for fact in estimated} if known else {}
        return {fact: words for fact, words in sources.items() if fact not in self.given}

    def argv(self, queue: str | None, decision_id: str) -> list[str] | None:
        """What would be executed in `queue`; None without a command."""
        command = self.submission.command
        if command is None:
            return None
        arguments = arguments_with(command, queue, decision_id) if queue and command.submits else command.arguments
        return [self.real or command.family, *arguments]


DEMANDED = ("memory", "vcores", "executors")


def asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that asks about a submission; `ask` takes what they give."""
    for decorate in (
        click.argument("command_line", metavar="[-- COMMAND ARG...]", nargs=-1, type=click.UNPROCESSED),
        json_option,
        policy_option,
        click.option("--fact", "facts", metavar="F=V", multiple=True, help="A fact for conditions, as `memory=64g`."),
        click.option("--queue", metavar="Q", help="The queue asked for, instead of what COMMAND asks for."),
        click.option("--groups", metavar="A,B", help="The user's groups, the primary one first, instead of a look-up."),
        click.option("--user", metavar="U", help="Ask for this user instead of whoever calls."),
    ):
        function = decorate(function)
    return function


def ask(
    site: Site,
    policy_folder: str,
    user: str | None,
    groups: str | None,
    queue: str | None,
    facts: tuple[str, ...],
    command_line: tuple[str, ...],
) -> Asked:
    """The submission that the options describe. Raises PlacementError if the command line cannot be read."""
    name, arguments = (os.path.basename(command_line[0]), list(command_line[1:])) if command_line else ("", [])
    if name and name not in FAMILIES:
        if command_line[0].startswith("-"):
            raise click.NoSuchOption(command_line[0])
        raise click.UsageError(f"{name!r} is no command that placement reads; these are: {', '.join(FAMILIES)}")
    real = _real(name, site) if name else None
    reading = read_command(name, arguments, real, os.environ) if name else None
    request = Request(queue, "--queue") if queue is not None else reading.request if reading else None
    identity = _identity(user, groups, reading, site)
    submission = Submission(identity, request, reading, facts_of(reading))
    owner = Folder(policy_folder).owner
    trouble = add_estimate(submission, site.estimates, owner) if site.estimates else None
    given = _given(facts)
    submission.facts = {**submission.facts, **given}
    return Asked(submission, real, frozenset(given), trouble)


def _given(facts: tuple[str, ...]) -> "dict[str, Value]":
    """{fact: value} of `NAME=VALUE` texts."""
    given = {}
    for text in facts:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--fact")
        try:
            given[name] = fact_value(name, value)
        except PlacementError as error:
            problem = error.problems[0]
            raise click.BadParameter(f"{problem.message}; {problem.remedy}", param_hint="--fact") from error
    return given


def _identity(user: str | None, groups: str | None, reading: Reading | None, site: Site) -> Identity:
    """The caller's identity, or the named user's; groups given on the command line replace those looked up."""
    found = identity_of(user, site, "--user") if user else identify(site, os.environ, reading)
    if groups is None:
        return found
    return Identity(found.user, tuple(filter(None, groups.split(","))), found.real_user, found.how)


def _real(name: str, site: Site) -> str | None:
    """The real command, None if it is not here: a decision can be asked for on a machine without it."""
    try:
        return real_command(name, site.commands, os.environ)
    except PlacementError:
        return None
