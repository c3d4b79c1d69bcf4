"""`placement parity`: whether gateway and ResourceManager let the same people into the same queues."""

import getpass
import grp
import json
import os
import pwd
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import local

import click

from placement.cli import json_option, policy_option
from placement.cli.findings import count
from placement.errors import Place, PlacementError, Problem, visible
from placement.files import QUEUES
from placement.identity import identity_of
from placement.policy import STATIC, Site
from placement.policy_files import PolicyFiles
from placement.queues.queue import Hierarchy
from placement.queues.tree import ROOT
from placement.rules.model import Rules
from placement.schedulers.granted import granted
from placement.submission import Identity
from placement.sync.difference import difference
from placement.sync.parity import Difference, Parity, Seen, named, says_of_access
from placement.sync.planning import rendered
from placement.sync.probes import NOBODY
from placement.sync.targets import find
from placement.yarn.client import ResourceManager
from placement.yarn.configuration import resource_manager

DIFFERENCES = 1  # exit status
AT_A_TIME = 4  # questions to the ResourceManager
SHOWN = 4  # queues that one line lists
_WORDS = {True: "yes", False: "no"}


@click.command("parity")
@click.option("--users", metavar="A,B", help="Ask for these instead of every user whom the policy names.")
@click.option("--all-users", is_flag=True, help="Ask for every account of the name service.")
@click.option("--queues", metavar="Q,R", help="Ask for these instead of every queue in which applications run.")
@policy_option
@json_option
def command(users: str | None, all_users: bool, queues: str | None, policy_folder: str, as_json: bool) -> int:
    """For each user, without a request and for each queue: what the gateway decides, and the ResourceManager's access.

    Every difference is told with its reason. Asked for are the users whom the map, roles or `submit` name, and the
    members of groups there who are known here. The caller must administer `root`, or all queues that are asked for.
    Exit status 0: they agree; 1: they differ somewhere. See docs/sync.md.
    """
    files = PolicyFiles(policy_folder)
    policy, rules, document = files.policy(), files.placing_rules(), files.queue_tree()
    if document is None or document.tree is None:
        remedy = "write them there, or have them written: placement import"
        raise PlacementError(Problem("no-queues", "there are no queues", Place(files.file(QUEUES)), remedy))
    site = policy.site

    def manager() -> ResourceManager:
        return resource_manager(site, os.environ, getpass.getuser())

    parity = Parity(policy, rules, granted(document.hierarchy, rules)[0], _seen(files, manager()))
    asked = _asked(parity, queues)
    who = [identity_of(user, site, "--users") for user in _users(users, all_users, rules, document.hierarchy, site)]
    found: list[Difference] = []
    with open(os.devnull, "w") as nowhere:
        terminal = sys.stderr if sys.stderr.isatty() else nowhere
        with click.progressbar(length=len(who), label="users", file=terminal) as progress:
            for differences in _compared(parity, who, asked, manager):
                found += differences
                progress.update(1)
    if as_json:
        data = {"users": len(who), "queues": len(asked), "differences": [each.as_data() for each in found]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        for line in _lines(found):
            click.echo(visible(line))
        parts = count(len(who), "user"), count(len(asked), "queue"), count(len(found), "difference")
        click.echo(", ".join(parts))
    return DIFFERENCES if found else 0


def _seen(files: PolicyFiles, manager: ResourceManager) -> Seen:
    return Seen(frozenset(manager.scheduler().queues), _lets_anybody_in(manager), _is_applied(files, manager))


def _lets_anybody_in(manager: ResourceManager) -> bool:
    try:
        return manager.may_submit(NOBODY, ROOT)
    except PlacementError:
        return False  # who administers some queues alone may not ask


def _is_applied(files: PolicyFiles, manager: ResourceManager) -> bool | None:
    """Whether the scheduler is told of access what the policy says; None where this machine or account cannot tell."""
    site = files.site()
    try:
        now = find(site, os.environ, manager).in_force().configuration
        return not says_of_access(difference(now, rendered(files, site.scheduler).configuration))
    except PlacementError as error:
        if error.problems[0].code == "other-scheduler":
            raise
        return None


def _asked(parity: Parity, queues: str | None) -> list[str]:
    if queues is None:
        return parity.queues()
    paths: list[str] = []
    for queue in filter(None, queues.split(",")):
        path = parity.full_name(queue)
        if path is None:
            raise click.BadParameter(f"neither {QUEUES} nor the ResourceManager has {queue}", param_hint="--queues")
        paths.append(path)
    return paths


def _users(users: str | None, all_users: bool, rules: Rules, hierarchy: Hierarchy, site: Site) -> list[str]:
    if users is not None:
        return list(dict.fromkeys(filter(None, users.split(","))))
    if all_users:
        return sorted({*(each.pw_name for each in pwd.getpwall()), *dict(site.static_groups)})
    by_name, groups = named(rules, hierarchy)
    found = sorted({*by_name, *(member for group in groups for member in _members(group, site))})
    if not found:
        raise click.UsageError("the policy names no user, and groups without known members: say --users or --all-users")
    return found


def _members(group: str, site: Site) -> list[str]:
    """Who is known to be in a group; a name service has no list of those whose primary group it is."""
    if site.groups == STATIC:
        return [user for user, groups in dict(site.static_groups).items() if group in groups]
    try:
        return grp.getgrnam(group).gr_mem
    except (KeyError, ValueError):  # ValueError: a NUL in the name
        return []


def _compared(
    parity: Parity, who: list[Identity], asked: list[str], manager: Callable[[], ResourceManager]
) -> Iterator[list[Difference]]:
    """The differences of each user, AT_A_TIME of whom are asked for at a time."""
    own = local()

    def prepare() -> None:
        own.manager = manager()

    def of(identity: Identity) -> list[Difference]:
        return parity.of(identity, asked, own.manager.may_submit)

    with ThreadPoolExecutor(AT_A_TIME, initializer=prepare) as pool:
        yield from pool.map(of, who)


def _lines(found: list[Difference]) -> Iterator[str]:
    """One for each; those of one user for one reason together."""
    alike: dict[tuple[str, bool, bool, bool, str], list[str]] = defaultdict(list)
    for each in found:
        alike[each.user, each.request is None, each.gateway, each.manager, each.why].append(each.queue)
    for (user, is_placed, gateway, manager, why), queues in alike.items():
        more = f" and {len(queues) - SHOWN} more" if len(queues) > SHOWN else ""
        asked = f"{'is placed in' if is_placed else 'asks for'} {', '.join(queues[:SHOWN])}{more}"
        yield f"{user} {asked}: gateway {_WORDS[gateway]}, ResourceManager {_WORDS[manager]}: {why}"
