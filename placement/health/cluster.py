"""The cluster as this gateway sees it: its configuration, its ResourceManager, and whether the policy fits both."""

import os
from collections.abc import Iterable, Iterator, Mapping

from placement.commands.hadoop_conf import Configuration
from placement.errors import Place, PlacementError, Problem, quoted
from placement.identity import identify
from placement.policy import Site
from placement.queues.names import full_name
from placement.queues.tree import Tree
from placement.rules.model import Rule
from placement.yarn.answers import Scheduler
from placement.yarn.configuration import CORE, DEFAULT_FOLDER, FOLDERS, YARN, resource_manager

TIMEOUT_S = 3.0


def findings(site: Site, rules: Iterable[Rule], map_file: str, environ: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the configuration; then, if it says where the ResourceManager is, with what that says.

    `no-hadoop-conf`, `no-yarn-site`, `bad-hadoop-conf`, `scheduler-differs`, `queue-not-on-cluster`, and what the
    client of the ResourceManager raises.
    """
    folders = {name: environ[name] for name in FOLDERS if environ.get(name)}
    if not folders:
        message = f"neither {' nor '.join(FOLDERS)} is set here: Spark submits to YARN only with one of them"
        remedy = "set HADOOP_CONF_DIR for everybody, in /etc/profile.d or spark-env.sh"
        yield Problem("no-hadoop-conf", message, remedy=remedy, severity="warning")
        if not site.resource_managers and not os.path.isfile(os.path.join(DEFAULT_FOLDER, YARN)):
            return
    faults = [fault for name, folder in folders.items() for fault in _of_folder(name, folder)]
    yield from faults
    if not site.resource_managers and any(fault.severity == "error" for fault in faults):
        return
    try:
        found = _scheduler(site, environ)
    except PlacementError as error:
        yield from error.problems
        return
    expected = f"{site.scheduler}Scheduler"
    if found.type != expected:
        message = f"the cluster's scheduler is {quoted(found.type)}, site.yaml says `scheduler: {site.scheduler}`"
        yield Problem("scheduler-differs", message, remedy="correct `scheduler` in site.yaml, or ask another cluster")
        return
    yield from _of_queues(found, site, rules, map_file)


def _scheduler(site: Site, environ: Mapping[str, str]) -> Scheduler:
    """The cluster's scheduler and queues. Raises PlacementError as the client does."""
    return resource_manager(site, environ, identify(site, environ).real_user, TIMEOUT_S).scheduler()


def _of_folder(name: str, folder: str) -> Iterator[Problem]:
    """Hadoop's configuration in `folder`, to which the variable `name` leads."""
    if not os.path.isfile(os.path.join(folder, YARN)):
        remedy = "put the cluster's configuration there, or correct the variable"
        yield Problem("no-yarn-site", f"{name} leads here, where no {YARN} is", Place(folder), remedy)
    for file in (CORE, YARN):
        yield from _of_file(os.path.join(folder, file))


def _of_file(path: str) -> Iterator[Problem]:
    """Whether Hadoop could read the file. No entity is replaced, and no other file opened."""
    if not os.path.isfile(path):
        return
    try:
        with open(path, "rb") as file:
            Configuration({}, str).add(file.read(), os.path.basename(path))
    except PlacementError as error:
        for each in error.problems:
            yield Problem(each.code, each.message, Place(path), "write the file in plain properties", "warning")
    except (OSError, ValueError) as error:
        remedy = "correct the file; Hadoop would refuse it too"
        yield Problem("bad-hadoop-conf", f"this file cannot be read: {error}", Place(path), remedy)


def _of_queues(found: Scheduler, site: Site, rules: Iterable[Rule], map_file: str) -> Iterator[Problem]:
    """The queues of rules that are no leaf in the cluster, each once; those made for a user cannot be known."""
    tree = Tree(found.queues)
    named = {rule.queue: rule for rule in reversed([*rules]) if "%" not in rule.queue}
    for queue, rule in sorted(named.items(), key=lambda item: item[1].line):
        path = full_name(queue, site.scheduler, tree)
        if tree.is_leaf(path):
            continue
        what = "has queues below it and runs nothing itself" if tree.is_parent(path) else "does not exist"
        remedy = (
            "create it on the cluster, or correct the rule; nothing, if the scheduler creates it when it is asked for"
        )
        place = Place(map_file, rule.line, text=rule.text)
        yield Problem("queue-not-on-cluster", f"{quoted(path)} {what} on the cluster", place, remedy, "warning")
