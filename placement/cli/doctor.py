"""`placement doctor`: whether a gateway is set up as it should be, from the policy to the ResourceManager."""

import os
from collections.abc import Iterator

import click

from placement.cli import findings, json_option, policy_option
from placement.errors import PlacementError, Problem
from placement.files import MAP
from placement.health import account, cluster, policy_folder, wrapped
from placement.policy import Site
from placement.policy_files import PolicyFiles
from placement.rules.model import Rule


@click.command("doctor")
@policy_option
@json_option
def command(policy_folder: str, as_json: bool) -> int:
    """Checks this gateway as the account that calls sees it, and changes nothing. Exit status 1 on errors.

    The policy folder and its index, the wrappers on PATH and the real commands behind them, the look-up of groups,
    Hadoop's configuration, and the ResourceManager: its scheduler and the queues that the rules name. Notes are for
    information. What a finding means is in docs/install.md.
    """
    errors, _ = findings.show([*_problems(policy_folder)], "", as_json)
    return 1 if errors else 0


def _problems(path: str) -> Iterator[Problem]:
    files = PolicyFiles(path)
    yield from policy_folder.findings(files)
    site, rules = _read(files)
    yield from wrapped.findings(site.commands, os.environ)
    yield from account.findings(site, os.environ)
    yield from cluster.findings(site, rules, files.file(MAP), os.environ)


def _read(files: PolicyFiles) -> tuple[Site, tuple[Rule, ...]]:
    """The site and the rules, as far as they can be read: what is wrong with them has been said."""
    try:
        site = files.site()
    except PlacementError:
        return Site(), ()
    try:
        return site, files.placing_rules().rules
    except PlacementError:
        return site, ()
