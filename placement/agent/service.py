"""The agent as a process: what it is made of, and the three things that it does again and again."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping

from placement.admission.room import unlimited
from placement.agent.admissions import Admissions, Policy
from placement.agent.book import Book, Rules
from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.agent.people import People
from placement.agent.server import Server, serve
from placement.agent.socket_file import SocketFile
from placement.agent.systemd import Systemd
from placement.agent.web import Web
from placement.errors import PlacementError, Problem
from placement.identity import groups_of
from placement.policy import Admission, Site
from placement.policy_files import PolicyFiles
from placement.queues.queue import Hierarchy
from placement.schedulers.configuration import Configuration
from placement.schedulers.rendering import render
from placement.store.ledger import open_ledger
from placement.yarn import snapshot_file
from placement.yarn.configuration import resource_manager
from placement.yarn.snapshot import WITHIN_S, Watcher
from placement.yarn.terms import AM_SHARE, Terms, terms

TICK_S = 1.0
DAY_S = 86400.0
KEPT_S = 30 * DAY_S  # what has ended
CALCULATOR = "yarn.scheduler.capacity.resource-calculator"


class Clock:
    """Seconds since the epoch that never jump: the wall clock's at the start, and what has passed since."""

    def __init__(self) -> None:
        self._began_s = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._began_s + time.monotonic()


def run(files: PolicyFiles, account: str, environ: Mapping[str, str]) -> None:
    """Runs the agent for the policy of `files` until SIGTERM. Raises PlacementError where it cannot begin."""
    site = files.site()
    admission = site.admission
    if admission is None:
        remedy = "say `admission: {}` in site.yaml, with what docs/admission.md tells of it"
        raise PlacementError(Problem("admission-off", "site.yaml has no `admission`", remedy=remedy))
    asyncio.run(_run(files, site, admission, account, environ))


async def _run(files: PolicyFiles, site: Site, admission: Admission, account: str, environ: Mapping[str, str]) -> None:
    now, systemd = Clock(), Systemd(environ)
    log = Log(sys.stderr, now, is_journal="JOURNAL_STREAM" in environ)
    metrics = Metrics(now)
    hierarchy = _hierarchy(files)
    rules = Rules(admission.reservation_s, admission.overtake_s, admission.ageing_s, _user_limits(hierarchy))
    ledger = open_ledger(admission.database, socket.gethostname())
    with contextlib.closing(ledger), contextlib.ExitStack() as opened:
        desk = Admissions(
            Book(ledger, rules),
            Policy(site, admission, files.revision(), _roles_of(hierarchy)),
            People(lambda user: groups_of(user, site)),
            log,
            metrics,
            now,
        )
        manager = resource_manager(site, environ, account, WITHIN_S)
        watcher = Watcher(manager, now, _terms(hierarchy, files, site, environ))
        listening = systemd.listening()
        if listening is None:
            file = opened.enter_context(contextlib.closing(SocketFile(admission.socket)))
            listening = file.listen()
        folder = environ.get("RUNTIME_DIRECTORY") or os.path.dirname(admission.socket)
        async with asyncio.TaskGroup() as tasks:
            again = [
                tasks.create_task(_watch(watcher, desk, log, metrics, admission.poll_s, folder)),
                tasks.create_task(_tick(desk)),
            ]
            web = await _web(admission.metrics, metrics, desk)
            try:
                await serve(Server(desk, log, metrics), listening, systemd)
            finally:
                for each in again:
                    each.cancel()
                if web:
                    await web.close()


async def _watch(watcher: Watcher, desk: Admissions, log: Log, metrics: Metrics, poll_s: float, folder: str) -> None:
    """Takes snapshots, in a thread: the ResourceManager may be slow."""
    path = os.path.join(folder, "snapshot.json")
    while True:
        began_s = time.monotonic()
        try:
            snapshot = await asyncio.to_thread(watcher.snapshot)
        except PlacementError as error:
            desk.trouble = error.problems[0]
            metrics.unanswered(error.problems[0].code)
            log.warning("cluster-not-seen", reason=error.problems[0].code, message=error.problems[0].message)
        else:
            metrics.answered(time.monotonic() - began_s)
            desk.saw(snapshot)
            try:
                await asyncio.to_thread(snapshot_file.write, path, snapshot)
            except PlacementError as error:
                log.warning("snapshot-unwritten", reason=error.problems[0].code, message=error.problems[0].message)
        await asyncio.sleep(max(poll_s - (time.monotonic() - began_s), 0.1))


async def _tick(desk: Admissions) -> None:
    while True:
        desk.tick()
        await asyncio.sleep(TICK_S)


async def _web(address: str | None, metrics: Metrics, desk: Admissions) -> Web | None:
    if address is None:
        return None
    host, _, port = address.rpartition(":")
    web = Web(metrics, desk.health)
    await web.open(host.strip("[]"), int(port))
    return web


def _hierarchy(files: PolicyFiles) -> Hierarchy:
    document = files.queue_tree()
    return document.hierarchy if document else Hierarchy()


def _user_limits(hierarchy: Hierarchy) -> Callable[[str], int | None]:
    quota = hierarchy.root.per_user
    if quota is None:
        return unlimited

    def limit(user: str) -> int | None:
        said = quota.exceptions.get(user, quota.default).max_running
        return said if said is not None else quota.default.max_running

    return limit


def _roles_of(hierarchy: Hierarchy) -> Callable[[str, tuple[str, ...]], tuple[str, ...]]:
    def roles(user: str, groups: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            name
            for name, role in hierarchy.roles.items()
            if role.everybody or user in role.users or any(group in role.groups for group in groups)
        )

    return roles


def _terms(hierarchy: Hierarchy, files: PolicyFiles, site: Site, environ: Mapping[str, str]) -> Terms:
    """What the ResourceManager does not answer, as the policy says it."""
    told: Configuration = render(hierarchy, files.placing_rules(), site.scheduler).configuration
    counts_vcores = told.general.get(CALCULATOR, "").endswith("DominantResourceCalculator")
    shares = {path: share for path, own in told.queues.items() if (share := _share(own.get("maxAMShare")))}
    usual = _share(told.general.get("queueMaxAMShareDefault"))
    return terms(environ, counts_vcores, shares, AM_SHARE if usual is None else usual)


def _share(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
