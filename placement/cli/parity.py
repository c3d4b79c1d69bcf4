"""`placement parity`: whether gateway and ResourceManager let the same people into the same queues."""

import getpass
import json
import os
import pwd
import sys

import click

from placement.cli import json_option, policy_option
from placement.cli.findings import count
from placement.errors import PlacementError, Problem, visible
from placement.files import QUEUES
from placement.identity import identity_of
from placement.policy_files import PolicyFiles
from placement.queues.tree import ROOT
from placement.schedulers.granted import granted
from placement.sync.parity import Difference, Parity, users_of
from placement.yarn.configuration import resource_manager

DIFFERENCES = 1  # exit status


@click.command("parity")
@click.option("--users", metavar="A,B", help="Ask for these instead of every user whom the policy names.")
@click.option("--all-users", is_flag=True, help="Ask for every account of the name service.")
@click.option("--queues", metavar="Q,R", help="Ask for these, by full path, instead of every queue without others.")
@policy_option
@json_option
def command(users: str | None, all_users: bool, queues: str | None, policy_folder: str, as_json: bool) -> int:
    """For each user, without a request and for each queue: what the gateway decides, and the ResourceManager's access.

    Every difference is told with its reason. The caller must be an administrator of the cluster. Exit status 0: they
    agree; 1: they differ somewhere. See docs/sync.md.
    """
    files = PolicyFiles(policy_folder)
    policy, rules, document = files.policy(), files.placing_rules(), files.queue_tree()
    if document is None or document.tree is None:
        raise PlacementError(Problem("no-queues", f"there is no {QUEUES}", remedy="write it: placement import"))
    tree = document.tree
    asked = queues.split(",") if queues else [path for path in tree.paths if path != ROOT and tree.is_leaf(path)]
    named = users.split(",") if users else users_of(rules, document.hierarchy)
    named = sorted({each.pw_name for each in pwd.getpwall()}) if all_users else named
    if not named:
        raise click.UsageError("the policy names no user, only groups: say --users or --all-users")
    manager = resource_manager(policy.site, os.environ, getpass.getuser())
    parity = Parity(policy, rules, granted(document.hierarchy, rules)[0], manager.may_submit)
    found: list[Difference] = []
    with open(os.devnull, "w") as nowhere:
        terminal = sys.stderr if sys.stderr.isatty() else nowhere
        with click.progressbar(named, label="users", file=terminal) as progress:
            for user in progress:
                found += parity.of(identity_of(user, policy.site, "--users"), asked)
    if as_json:
        data = {"asked": parity.asked, "users": len(named), "differences": [each.as_data() for each in found]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        for each in found:
            click.echo(visible(_line(each)))
        summary = f"{count(len(named), 'user')}, {count(parity.asked, 'question')}"
        click.echo(f"{summary}, {count(len(found), 'difference')}")
    return DIFFERENCES if found else 0


def _line(found: Difference) -> str:
    asked = f"asks for {found.request}" if found.request is not None else f"is placed in {found.queue}"
    gateway, manager = ("yes" if found.gateway else "no"), ("yes" if found.manager else "no")
    return f"{found.user} {asked}: gateway {gateway}, ResourceManager {manager}: {found.why}"
