"""The agent of a test gateway: the real `placement agent`, as the cluster's administrator begins it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.cluster import configuration
from tests.cluster.gateway import Gateway
from tests.cluster.yarn import Yarn, YarnError

PLACEMENT = Path(sys.executable).with_name("placement")
T = TypeVar("T")

_PATIENCE_S = 120.0  # for what must come in the end, on a machine that is busy
_POLL_S = 0.1


class Agent:
    """`placement agent` for the policy of `gateway`, up inside its `with` block; or use start() and stop().

    It turns admission on in site.yaml, with `settings` as its keys, and the audit trail into a file; socket, ledger,
    log and trail stand in `folder`, which is the gateway's own.
    """

    def __init__(self, gateway: Gateway, **settings: Any) -> None:
        self.gateway = gateway
        self.folder = gateway.policy.parent
        self.log = self.folder / "agent.log"
        self.process: subprocess.Popen[bytes] | None = None
        own = {"socket": f"{self.folder}/agent.sock", "database": f"{self.folder}/ledger.sqlite"}
        added = {
            "resource-managers": [gateway.yarn.url],
            "audit": {"file": f"{self.folder}/audit.jsonl"},
            "admission": {**own, "poll": "0.5s", **settings},
        }
        with open(gateway.policy / "site.yaml", "a") as site:
            site.writelines(f"{key}: {json.dumps(value)}\n" for key, value in added.items())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, Exception):
            error.add_note(f"the agent said: {self.log.read_text()[-4000:]}")
        self.stop()

    def start(self) -> None:
        """Returns when `placement status` finds the agent well. Raises TimeoutError, or YarnError if it ends."""
        client = self.gateway.yarn.environment(configuration.ADMIN)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [PLACEMENT, "agent", "--policy", self.gateway.policy],
                env=client | {"USER": configuration.ADMIN, "LOGNAME": configuration.ADMIN},
                stdin=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        try:
            until(self._is_well, "the agent is well")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends it as systemd does; returns when it has ended."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it without a chance to clear up."""
        self._end(signal.SIGKILL)

    def status(self) -> dict[str, Any]:
        """What `placement status` says."""
        return self._said("status")

    def queue(self) -> list[dict[str, Any]]:
        """The entries of `placement queue --all`."""
        return list(self._said("queue", "--all")["entries"])

    def waiting(self) -> list[dict[str, Any]]:
        """Those of them that wait, the first one first."""
        return sorted((each for each in self.queue() if each["state"] == "waiting"), key=lambda each: each["place"])

    def why(self, asked: str) -> subprocess.CompletedProcess[str]:
        """`placement why ASKED`, as the administrator."""
        return self.gateway.run(configuration.ADMIN, PLACEMENT, "why", asked)

    def _said(self, *command: str) -> dict[str, Any]:
        done = self.gateway.run(configuration.ADMIN, PLACEMENT, *command, "--json")
        said: dict[str, Any] = json.loads(done.stdout)
        return said | {"exit": done.returncode}

    def _is_well(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise YarnError(f"the agent ended: {self.log.read_text()[-4000:]}")
        return self.status()["exit"] == 0

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(_PATIENCE_S)
            self.process = None


class Wrapper:
    """A wrapped command of `user` that goes on beside us; what it says is in a file. Ended at the latest by `end`."""

    def __init__(self, gateway: Gateway, user: str, *command: str | Path, name: str, **environ: str) -> None:
        self.name = name
        self.user = user
        self.gateway = gateway
        self._log = gateway.policy.parent / f"{name}.log"
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                env=gateway.environment(user) | environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """All that it and the real command have said so far."""
        return self._log.read_text(errors="replace")

    @property
    def application(self) -> dict[str, Any] | None:
        """The application of this name as the ResourceManager has it."""
        return self.gateway.application(self.name)

    def ended(self, within_s: float = 2 * _PATIENCE_S) -> int:
        """The exit status. Raises TimeoutError."""
        until(lambda: self.process.poll() is not None, f"the end of {self.name}", within_s)
        return self.process.wait()

    def end(self, number: int = signal.SIGTERM) -> int:
        """By a signal, if it still goes on; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ended()


def until(condition: Callable[[], T], what: str, within_s: float = _PATIENCE_S) -> T:
    """What `condition` gives once that is true; asked again and again. Raises TimeoutError, which says `what`."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s:.0f} s: {what}")
        time.sleep(_POLL_S)
    return found


def live(yarn: Yarn, **filters: str) -> list[dict[str, Any]]:
    """The applications that have not ended, as the ResourceManager sees them."""
    return yarn.applications(states="NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING", **filters)
