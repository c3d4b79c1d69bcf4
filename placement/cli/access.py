"""`placement access`: who may submit to which queue and administer it, and by which entry of queues.yaml."""

import json
from collections.abc import Iterator
from typing import Any

import click

from placement.cli import json_option, policy_option
from placement.errors import PlacementError, Problem, quoted, visible
from placement.files import QUEUES
from placement.identity import identity_of
from placement.policy import Site
from placement.policy_files import PolicyFiles
from placement.queues import access
from placement.queues.access import Grant, Rights
from placement.queues.names import full_name
from placement.queues.queue import Hierarchy
from placement.queues.tree import Tree

Who = tuple[str, tuple[str, ...]]  # a user, and groups

NOBODY = 2  # nobody may, or not this user


@click.command("access")
@click.option("--user", metavar="U", help="What this user may do.")
@click.option("--groups", metavar="A,B", help="The user's groups, instead of a look-up.")
@click.option("--queue", metavar="Q", help="Who may do what in this queue; with --user, what that user may there.")
@policy_option
@json_option
def command(user: str | None, groups: str | None, queue: str | None, policy_folder: str, as_json: bool) -> int:
    """Who may submit to which queue and administer it by queues.yaml, and by which entry of it.

    Exit status 0: somebody may, or the user; 2: nobody may, or not the user, or there is no such queue.
    """
    if user is None and queue is None:
        raise click.UsageError("--user or --queue is needed")
    if groups is not None and user is None:
        raise click.UsageError("--groups are those of --user")
    files = PolicyFiles(policy_folder)
    hierarchy, tree = _read(files)
    site = files.site()
    who = None if user is None else _who(user, groups, site)
    path = None if queue is None else full_name(queue, site.scheduler, tree)
    found = _found(hierarchy, who, path)
    if as_json:
        click.echo(json.dumps(_as_data(hierarchy, who, path, found), ensure_ascii=False, indent=2))
    else:
        for line in _lines(hierarchy, who, path, found):
            click.echo(visible(line))
    return 0 if found else NOBODY


def _read(files: PolicyFiles) -> tuple[Hierarchy, Tree]:
    """Raises PlacementError with the faults of queues.yaml, or `no-queues`."""
    document = files.queue_tree()
    if document is None or document.tree is None:
        message = "it names no queues" if document else "there is no such file"
        where = document.places.of(None) if document else None
        remedy = f"write the queues and who may use them into {files.file(QUEUES)}"
        raise PlacementError(Problem("no-queues", message, where, remedy))
    return document.hierarchy, document.tree


def _who(user: str, groups: str | None, site: Site) -> Who:
    """The user, with the groups that are given, else with those that the site's source of groups says."""
    if groups is None:
        return user, identity_of(user, site, "--user").groups
    return user, tuple(filter(None, groups.split(",")))


def _found(hierarchy: Hierarchy, who: Who | None, path: str | None) -> dict[str, Rights]:
    """The rights that were asked for, by queue; queues in which there are none are left out."""
    if path is None and who is not None:
        return access.of_user(hierarchy, *who)
    if path is None:
        return {}
    rights = access.of_user_in(hierarchy, path, *who) if who else access.of_queue(hierarchy, path)
    return {path: rights} if rights else {}


def _as_data(hierarchy: Hierarchy, who: Who | None, path: str | None, found: dict[str, Rights]) -> dict[str, Any]:
    return {
        "user": who[0] if who else None,
        "groups": list(who[1]) if who else None,
        "queue": path,
        "known": None if path is None else bool(hierarchy.chain(path)),
        "queues": [
            {
                "queue": each,
                "leaf": _is_leaf(hierarchy, each),
                "submit": [grant.as_data() for grant in rights.submit],
                "admin": [grant.as_data() for grant in rights.admin],
            }
            for each, rights in found.items()
        ],
    }


def _lines(hierarchy: Hierarchy, who: Who | None, path: str | None, found: dict[str, Rights]) -> Iterator[str]:
    if path is not None and not hierarchy.chain(path):
        yield f"there is no queue {quoted(path)} in queues.yaml"
        return
    if who is None:
        yield from _of_queue(hierarchy, str(path), found)
        return
    user, groups = quoted(who[0]), ", ".join(map(quoted, who[1])) or "no group"
    if not found:
        where = f"in {quoted(path)}" if path else "anywhere"
        yield f"{user} in {groups} may do nothing {where}"
        return
    yield f"{user} in {groups} may"
    for each, rights in found.items():
        may = "administer and submit" if rights.admin else "submit"
        below = "" if _is_leaf(hierarchy, each) else " (to the queues below it)"
        yield f"  {may} {each}{below}: {_why((rights.admin or rights.submit)[0], each)}"


def _of_queue(hierarchy: Hierarchy, path: str, found: dict[str, Rights]) -> Iterator[str]:
    if not found:
        yield f"nobody may submit to {quoted(path)} or administer it"
        return
    yield f"{quoted(path)}" + ("" if _is_leaf(hierarchy, path) else ", which has queues below it")
    rights = found[path]
    for title, grants in (
        ("administer and submit", rights.admin),
        ("submit", [grant for grant in rights.submit if grant.right == access.SUBMIT]),
    ):
        for grant in grants:
            yield f"  may {title}: {_why(grant, path)}{_members(hierarchy, grant)}"


def _why(grant: Grant, path: str) -> str:
    """The entry, and the queue that has it."""
    entry = grant.kind if not grant.name else f"{grant.kind} {quoted(grant.name)}"
    through = f" as {grant.through}" if grant.through else ""
    where = "here" if grant.origin == path else f"of {grant.origin}"
    return f"{entry}{through}, {quoted(grant.right)} {where}"


def _members(hierarchy: Hierarchy, grant: Grant) -> str:
    if grant.kind != access.ROLE:
        return ""
    role = hierarchy.roles.get(grant.name)
    if role is None:
        return " (there is no such role)"
    members = [f"{kind} {quoted(name)}" for kind, name in access.entries(role)]
    return f" ({', '.join(members) or 'nobody'})"


def _is_leaf(hierarchy: Hierarchy, path: str) -> bool:
    queue = hierarchy.find(path)
    return queue.is_leaf if queue else True
