"""The agent as a process: what it is made of, and the things that it does again and again."""

import asyncio
import contextlib
import gc
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping

from placement.admission.room import unlimited
from placement.agent.admissions import Admissions
from placement.agent.book import Book, Rules
from placement.agent.learns import Learns
from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.agent.names import Account, Names, has_name
from placement.agent.rights import Policy
from placement.agent.server import Server, serve
from placement.agent.socket_file import SocketFile
from placement.agent.systemd import Systemd
from placement.agent.web import Web
from placement.errors import PlacementError, Problem
from placement.identity import groups_of, user_name
from placement.policy import Admission, Site
from placement.policy_files import PolicyFiles
from placement.queues.access import Somebody
from placement.queues.queue import Hierarchy
from placement.store.ledger import Ledger, open_ledger
from placement.yarn import snapshot_file
from placement.yarn.configuration import resource_manager
from placement.yarn.policy_terms import policy_terms
from placement.yarn.snapshot import WITHIN_S, Watcher
from placement.yarn.terms import Terms

TICK_S = 1.0
DAY_S = 86400.0
KEEP_S = 10.0
LEDGER_S = 2.0  # how long to wait for others that write there: clients wait 5 s for their first answer
KEPT_S = 30 * DAY_S  # what has ended


class Clock:
    """Seconds since the epoch that never jump: those of the start, and what has passed since."""

    def __init__(self) -> None:
        self._began_s = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._began_s + time.monotonic()

    def shared(self, time_s: Callable[[float], float]) -> None:
        """Takes over the time of `time_s`, that several agents go by, which is given ours."""
        self._began_s += time_s(self()) - self()


def run(path: str, account: str, environ: Mapping[str, str]) -> None:
    """Runs the agent for the policy folder at `path` until SIGTERM. Raises PlacementError where it cannot begin."""
    files = PolicyFiles(path)
    admission = files.site().admission
    if admission is None:
        remedy = "say `admission: {}` in site.yaml, with what docs/admission.md tells of it"
        raise PlacementError(Problem("admission-off", "site.yaml has no `admission`", remedy=remedy))
    asyncio.run(_Agent(files, admission, account, environ).run())


class _Agent:
    """What the agent is made of. Socket, ledger and metrics stay those of `admission`, as it was at the start."""

    def __init__(self, files: PolicyFiles, admission: Admission, account: str, environ: Mapping[str, str]) -> None:
        self._files = files
        self._admission = admission
        self._account = account
        self._environ = environ
        self._now = Clock()
        self._log = Log(sys.stderr, self._now, is_journal="JOURNAL_STREAM" in environ)
        self._metrics = Metrics(self._now)

    async def run(self) -> None:
        """Until SIGTERM."""
        systemd, admission = Systemd(self._environ), self._admission
        self._policy, rules, self._watcher, self._terms = self._read(self._files)
        ledger = open_ledger(admission.database, socket.gethostname(), LEDGER_S)
        with contextlib.closing(ledger), contextlib.ExitStack() as opened:
            self._now.shared(ledger.time_s)
            book, groups = Book(ledger, rules, self._metrics.promised), Names(self._groups_of)
            self._desk = Admissions(book, self._policy, groups, self._log, self._metrics, self._now)
            listening = systemd.listening()
            if listening is None:
                file = opened.enter_context(contextlib.closing(SocketFile(admission.socket)))
                listening = file.listen()
            web = await self._web()
            async with asyncio.TaskGroup() as tasks:
                learns = Learns(admission.database, self._account, self._environ, self._log, self._metrics, self._now)
                loops = self._watch(), self._tick(), self._keep(ledger), learns.again(self._learnable)
                again = [tasks.create_task(each) for each in loops]
                try:
                    accounts = Names(self._account_of, has_name)
                    await serve(Server(self._desk, self._log, self._metrics, accounts), listening, systemd)
                finally:
                    for each in again:
                        each.cancel()
            if web:
                await web.close()

    def _groups_of(self, user: str) -> tuple[str, ...]:
        return groups_of(user, self._policy.site)

    def _account_of(self, uid: int) -> Account:
        name = user_name(uid)
        return Account(name, self._groups_of(name))

    def _learnable(self) -> tuple[Site, Terms]:
        return self._policy.site, self._terms

    def _read(self, files: PolicyFiles) -> tuple[Policy, Rules, Watcher, Terms]:
        """What the policy of `files` says. Raises PlacementError."""
        site = files.site()
        admission, hierarchy = site.admission or self._admission, _hierarchy(files)
        rules = Rules(admission.reservation_s, admission.overtake_s, admission.ageing_s, _user_limits(hierarchy))
        manager = resource_manager(site, self._environ, self._account, WITHIN_S)
        told = policy_terms(files, self._environ)
        watcher = Watcher(manager, self._now, told)
        return Policy(site, admission, files.revision(), _roles_of(hierarchy)), rules, watcher, told

    async def _watch(self) -> None:
        """Takes snapshots, in a thread: the ResourceManager may be slow."""
        folder = self._environ.get("RUNTIME_DIRECTORY") or os.path.dirname(self._admission.socket)
        while True:
            began_s = time.monotonic()
            try:
                snapshot = await asyncio.to_thread(self._watcher.snapshot)
            except PlacementError as error:
                self._desk.telling.trouble = error.problems[0]
                self._metrics.unanswered(error.problems[0].code)
                self._warn("cluster-not-seen", error)
            else:
                self._metrics.answered(time.monotonic() - began_s)
                self._desk.saw(snapshot)
                try:
                    await asyncio.to_thread(snapshot_file.write, os.path.join(folder, "snapshot.json"), snapshot)
                except PlacementError as error:
                    self._warn("snapshot-unwritten", error)
            await asyncio.sleep(max(self._policy.admission.poll_s - (time.monotonic() - began_s), 0.1))

    async def _tick(self) -> None:
        self._desk.tick()
        gc.freeze()  # what is imported and read by now stays: it need not be looked through again and again
        while True:
            self._desk.tick()
            await asyncio.sleep(TICK_S)

    async def _keep(self, ledger: Ledger) -> None:
        """Follows the policy, and deletes what ended long ago. One with a fault leaves the last good one in force."""
        seen = self._policy.revision
        while True:
            await asyncio.sleep(KEEP_S)
            try:
                while await asyncio.to_thread(ledger.prune, self._now() - KEPT_S):
                    await asyncio.sleep(TICK_S)
                files = PolicyFiles(self._files.path)
                revision = await asyncio.to_thread(files.revision)
                if revision != seen:
                    seen = revision
                    self._policy, rules, self._watcher, self._terms = await asyncio.to_thread(self._read, files)
                    self._desk.renew(self._policy, rules)
                    self._log.info("policy-changed", revision=revision)
            except PlacementError as error:
                self._warn("not-kept-up", error)

    async def _web(self) -> Web | None:
        if self._admission.metrics is None:
            return None
        host, _, port = self._admission.metrics.rpartition(":")
        web = Web(self._metrics, self._desk.health)
        await web.open(host.strip("[]"), int(port))
        return web

    def _warn(self, event: str, error: PlacementError) -> None:
        problem = error.problems[0]
        self._log.warning(event, reason=problem.code, message=problem.message)


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
    return lambda user, groups: tuple(Somebody(user, groups, hierarchy.roles).roles)
