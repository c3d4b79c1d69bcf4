"""A real YARN on this machine: ResourceManager and NodeManager, access lists, users of its own."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import requests

from tests.cluster import configuration, keeper, parts

USERS: Mapping[str, list[str]] = {"alice": ["prod"], "bob": ["dev"], "carol": ["users"], "pnda": ["pnda"]}
ENDED = ("FINISHED", "FAILED", "KILLED")

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_START_LIMIT_S = 120
_POLL_S = 0.1
_DAEMONS = {  # name: main class, its megabytes of heap
    "resourcemanager": ("org.apache.hadoop.yarn.server.resourcemanager.ResourceManager", 400),
    "nodemanager": ("org.apache.hadoop.yarn.server.nodemanager.NodeManager", 300),
}


class YarnError(Exception):
    """The cluster did not do what it was started for; the message says where its logs are."""


class Refused(Exception):
    """The ResourceManager refused; the message is its own."""


class Yarn:
    """A cluster, up inside its `with` block; or use start() and stop().

    `scheduler`: "fair" or "capacity". `scheduler_file`: a path, or the text; None: the one in templates/.
    `users`: the groups of each user. `directory`: where it runs, kept at the end; None: a new temporary one,
    deleted at the end unless the block was left by an exception, the start failed, or `keep` is set.
    `yarn_site`: properties on top of, or instead of, those of configuration.yarn_site. Raises MissingPart.
    """

    def __init__(
        self,
        scheduler: str = "fair",
        scheduler_file: Path | str | None = None,
        users: Mapping[str, list[str]] = USERS,
        directory: Path | None = None,
        yarn_site: Mapping[str, str] | None = None,
    ) -> None:
        self.scheduler = scheduler
        self.users = users
        self.keep = directory is not None
        self.directory = (directory or Path(tempfile.mkdtemp(prefix="placement-yarn-"))).absolute()
        self.conf_dir = self.directory / "conf"
        self.logs = self.directory / "logs"
        self.scheduler_file = self.conf_dir / f"{scheduler}-scheduler.xml"
        self.start_seconds = 0.0
        ports = _free_ports(configuration.RESOURCE_MANAGER_PORTS)
        self.url = f"http://127.0.0.1:{ports['webapp']}"
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy of the environment has no business on loopback
        # Nor a cookie: the ResourceManager's makes everyone the user who asked first, despite `user.name`.
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

        for name in ("conf", "spark-conf", "logs", "home", "tmp"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        if scheduler_file is None:
            scheduler_file = _TEMPLATES / self.scheduler_file.name
        text = scheduler_file.read_text() if isinstance(scheduler_file, Path) else scheduler_file
        self.scheduler_file.write_text(text)
        site = configuration.yarn_site(self.directory, scheduler, ports) | dict(yarn_site or {})
        for name, content in {
            "conf/core-site.xml": configuration.xml(configuration.core_site(self.directory, users)),
            "conf/yarn-site.xml": configuration.xml(site),
            "conf/mapred-site.xml": configuration.xml(configuration.mapred_site(self.directory)),
            "conf/log4j.properties": configuration.LOG4J,
            "spark-conf/spark-defaults.conf": configuration.lines(configuration.spark_defaults(self.directory)),
            "spark-conf/log4j2.properties": configuration.SPARK_LOG4J2,
        }.items():
            (self.directory / name).write_text(content)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, Exception):  # Ctrl-C and exit are no failures
            self.keep = True
            error.add_note(f"the cluster's logs are in {self.logs}")
        self.stop()

    def start(self) -> None:
        """Returns when applications can be submitted. Raises YarnError, and leaves no daemon, if one ends."""
        begin = time.monotonic()
        try:
            for name in _DAEMONS:
                self._start(name)
            self._wait_until(self._is_up)
        except BaseException as error:
            self.keep = self.keep or isinstance(error, YarnError)
            self.stop()
            raise
        self.start_seconds = time.monotonic() - begin

    def stop(self) -> None:
        """Ends the daemons and all containers; deletes the directory unless `keep` is set."""
        self._stop(*self._keepers)
        if not self.keep:
            shutil.rmtree(self.directory)

    def stop_resource_manager(self) -> None:
        self._stop("resourcemanager")

    def start_resource_manager(self) -> None:
        """Returns when the node has found the new ResourceManager, which knows no earlier application."""
        self._start("resourcemanager")
        self._wait_until(self._is_up)

    def restart_resource_manager(self) -> None:
        """Takes up an edited `scheduler_file`. Raises YarnError with the ResourceManager's words if bad."""
        self.stop_resource_manager()
        self.start_resource_manager()

    def get(self, path: str, user: str = configuration.ADMIN, **params: str | int) -> Any:
        """The JSON of GET /ws/v1/cluster/`path`, asked by `user`. Raises Refused, or what requests raises."""
        return self._ask("GET", path, user, params=params)

    def applications(self, **filters: str | int) -> list[dict[str, Any]]:
        """Applications as the REST API has them; filters are its own, e.g. `queue=`, `states=`, `user=`."""
        return (self.get("apps", **filters)["apps"] or {}).get("app", [])

    def submit(self, user: str, queue: str | None = None, command: str = "sleep 1") -> str:
        """The id of a new application, its ApplicationMaster the shell's `command`; no client JVM is started.

        It never registers with the ResourceManager, so it counts as FAILED at its end. Raises Refused.
        """
        application_id = self._ask("POST", "apps/new-application", user)["application-id"]
        submission = {
            "application-id": application_id,
            "application-name": command,
            "application-type": "TEST",
            "am-container-spec": {"commands": {"command": command}},
            "resource": {"memory": 128, "vCores": 1},
            "max-app-attempts": 1,
        }
        self._ask("POST", "apps", user, json=submission | ({"queue": queue} if queue else {}))
        return application_id

    def wait(self, application_id: str, timeout: float = 60, states: tuple[str, ...] = ENDED) -> dict[str, Any]:
        """The application's report once its state is one of `states`. Raises TimeoutError, `timeout` in s."""
        deadline = time.monotonic() + timeout
        while (report := self.get(f"apps/{application_id}")["app"])["state"] not in states:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{application_id} is still {report['state']} after {timeout} s")
            time.sleep(_POLL_S)
        return report

    def kill(self, application_id: str) -> None:
        """Returns at once; the application's state follows."""
        self._ask("PUT", f"apps/{application_id}/state", configuration.ADMIN, json={"state": "KILLED"})

    def environment(self, user: str) -> dict[str, str]:
        """All that a client of this cluster needs in its environment to be `user`; see configuration.py."""
        return configuration.client_environment(self.directory, user)

    def memory(self) -> dict[str, float]:
        """Resident memory of each running daemon in MiB."""
        daemons = {name: _daemon(kept.pid) for name, kept in self._keepers.items()}
        return {name: daemon.memory_info().rss / 2**20 for name, daemon in daemons.items()}

    def _start(self, name: str) -> None:
        main_class, heap_mib = _DAEMONS[name]
        java = Path(parts.java_home(), "bin", "java")
        command = [
            *(sys.executable, "-I", "-S", keeper.__file__, java, f"-Xmx{heap_mib}m"),
            *(
                *configuration.QUICK_START.split(),
                configuration.OPENED,
                f"-Djava.io.tmpdir={self.directory}/tmp",
            ),
            *("-cp", f"{self.conf_dir}:{parts.hadoop_lib()}/*", main_class),
        ]
        with open(self.logs / f"{name}.log", "ab") as log:
            self._keepers[name] = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self.environment(configuration.ADMIN),
                start_new_session=True,  # out of reach of the terminal's Ctrl-C
            )

    def _stop(self, *names: str) -> None:
        stopping = [self._keepers.pop(name) for name in names if name in self._keepers]
        for kept in stopping:
            kept.stdin.close()
        for kept in stopping:
            kept.wait()

    def _is_up(self) -> bool:
        try:
            return self.get("metrics")["clusterMetrics"]["activeNodes"] == 1
        except requests.RequestException:
            return False

    def _wait_until(self, is_reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while not is_reached():
            for name, kept in self._keepers.items():
                if kept.poll() is not None:
                    raise self._failure(f"the {name} ended with status {kept.returncode}", name)
            if time.monotonic() > deadline:
                raise self._failure(f"not up after {_START_LIMIT_S} s", "resourcemanager")
            time.sleep(_POLL_S)

    def _failure(self, what: str, name: str) -> YarnError:
        words = [line for line in (self.logs / f"{name}.log").read_text().splitlines() if not line.startswith("\t")]
        return YarnError("\n".join([f"{what}; logs are in {self.logs}", *words[-8:]]))

    def _ask(self, method: str, path: str, user: str, **request: Any) -> Any:
        request["params"] = {"user.name": user, **request.get("params", {})}
        url = f"{self.url}/ws/v1/cluster/{path}"
        answer = self._http.request(method, url, headers={"Accept": "application/json"}, timeout=30, **request)
        if answer.status_code in (400, 401, 403):
            raise Refused(answer.json()["RemoteException"]["message"])
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _daemon(keeper_pid: int) -> psutil.Process:
    """The keeper's first child; later ones are orphans it took over."""
    return min(psutil.Process(keeper_pid).children(), key=psutil.Process.create_time)


def _free_ports(names: tuple[str, ...]) -> dict[str, int]:
    with ExitStack() as held:  # all at once, so that they differ
        sockets = [held.enter_context(socket.socket()) for _ in names]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {name: each.getsockname()[1] for name, each in zip(names, sockets, strict=True)}
