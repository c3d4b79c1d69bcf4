"""The kernel provisioner `placement`: the decision on a kernel before it starts; all else is another provisioner's.

Entry point in the group `jupyter_client.kernel_provisioners`. Source of who calls what, and when:
`jupyter_client.provisioning.provisioner_base`.
"""

import os
import signal
import time
from textwrap import fill
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.multikernelmanager import DuplicateKernelError
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from tornado.web import HTTPError
from traitlets import Bool, Dict, Float, TraitError, Unicode

from placement.errors import PlacementError, Problem, quoted
from placement.jupyter.asking import FAULT, KernelRefusedError, decided
from placement.jupyter.kernel import HOME, impersonated, spark_arguments
from placement.jupyter.notebook import SESSION, queue_of
from placement.jupyter.unwatched import waiting_wrappers
from placement.spark_home import of_python

PROXY_USER, POLICY = "--proxy-user", "PLACEMENT_POLICY"
COLUMNS = 100  # of a dialog
OWN = ("wraps", "wraps_config", "turn_wait", "unwatched_s", "spark")  # what a kernel.json may configure


class KernelDeniedError(HTTPError, DuplicateKernelError):
    """A refusal as a Jupyter server passes it on: an HTTP error whose message is one sentence.

    It is a DuplicateKernelError because that is the one fault in starting a kernel which the server's sessions answer
    by 409 and its words, and not by 500 (`jupyter_server.services.sessions.handlers`).
    """

    def __init__(self, status: int, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(status, str(self))

    def __str__(self) -> str:
        """The sentence in lines that fit into JupyterLab's dialog, which breaks none by itself."""
        return fill(self.sentence, COLUMNS, break_long_words=False, break_on_hyphens=False)


class PlacementProvisioner(KernelProvisionerBase):
    """Decides in which queue a kernel's Spark will run, and lets the provisioner that it wraps start the kernel.

    `wraps` is that one's entry point, `wraps_config` its configuration. `turn_wait` is how long a kernel that takes its
    turn at its start may wait for it, `unwatched_s` how long one waits later without a browser, 0: as long as it takes.
    `spark`: this is a Spark kernel, whatever its environment says.
    """

    wraps: str = Unicode("local-provisioner", config=True, help="The provisioner that starts the kernel.")  # type: ignore[assignment]
    wraps_config: dict[str, Any] = Dict(config=True, help="What that provisioner is configured by.")  # type: ignore[assignment]
    turn_wait: str = Unicode("30s", config=True, help="How long the start of a kernel may wait for room.")  # type: ignore[assignment]
    unwatched_s: float = Float(60.0, config=True, help="How long a wait goes on that no browser watches.")  # type: ignore[assignment]
    spark: bool = Bool(False, config=True, help="Whether each kernel is taken for one that starts Spark.")  # type: ignore[assignment]
    trusts_kernel_username: bool = Bool(  # type: ignore[assignment]
        False, config=True, help="Whether KERNEL_USERNAME is who the server says it is; for its configuration alone."
    )

    def __init__(self, **kwargs: Any) -> None:
        # Whoever writes a kernel.json is not thereby trusted to say who somebody is.
        unknown = sorted({*kwargs} - {*OWN, "kernel_id", "kernel_spec", "parent"})
        if unknown:
            message = f"the configuration of `placement` in kernel.json says {', '.join(map(quoted, unknown))}"
            raise _denied(Problem("provisioner-config", message, remedy=f"it may say {', '.join(map(quoted, OWN))}"))
        try:
            super().__init__(**kwargs)
        except TraitError as error:
            message = f"the configuration of `placement` in kernel.json: {error}"
            raise _denied(Problem("provisioner-config", message, remedy="see docs/notebooks.md")) from None
        self._watched_s = time.monotonic()
        entries = KernelProvisionerFactory.instance(parent=self.parent).provisioners
        if self.wraps not in entries or self.wraps == "placement":
            message = f"the kernel provisioner to wrap, {quoted(self.wraps)}, is not installed"
            remedy = f"`wraps` in kernel.json names one of {', '.join(map(quoted, sorted({*entries} - {'placement'})))}"
            raise _denied(Problem("no-provisioner", message, remedy=remedy))
        made = entries[self.wraps].load()
        self.wrapped: Any = made(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self.parent, **self.wraps_config
        )

    def __getattr__(self, name: str) -> Any:
        """What managers ask of their own provisioners beyond the common shape, as `pid`: asked of the wrapped one."""
        if name.startswith("_") or "wrapped" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.__dict__["wrapped"], name)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Called before each start and restart; gives what the kernel is launched with, the queue in its environment.

        The wrapped one is called first: it fills the environment in from the kernelspec. Raises KernelDeniedError, and
        then nothing is left of the start.
        """
        kwargs = await self.wrapped.pre_launch(**kwargs)
        try:
            environ = dict(kwargs.get("env") or os.environ)
            kwargs["env"] = await self._placed(environ, kwargs.get("cwd"), kwargs.get("cmd") or [""])
        except (KernelRefusedError, PlacementError) as error:
            await self._forget()
            if isinstance(error, KernelRefusedError):
                raise KernelDeniedError(error.status, str(error)) from None
            raise _denied(error.problems[0]) from None
        except BaseException:
            await self._forget()
            raise
        return kwargs

    async def _placed(self, environ: dict[str, str], folder: str | None, command: list[str]) -> dict[str, str]:
        """The environment of the kernel that `command` starts, placed; as it is for a kernel without Spark."""
        spark = spark_arguments(environ, self.kernel_spec.env, self.spark)
        if spark is None:
            return environ
        if POLICY in os.environ:  # a gateway gives its kernels little of its own environment
            environ.setdefault(POLICY, os.environ[POLICY])
        spark = spark.asking(queue_of(environ.get(SESSION)))
        home = environ.get(HOME) or of_python(command[0])
        return await decided(spark, environ, home, self.turn_wait, folder, self._tell, self._for_whom(environ))

    def _for_whom(self, environ: dict[str, str]) -> list[str]:
        """What says that the server submits in somebody's name."""
        user = impersonated(environ)
        if user is None:
            return []
        if not self.trusts_kernel_username:
            message = f"the server does not vouch for KERNEL_USERNAME, {quoted(user)}"
            remedy = "its administrator sets PlacementProvisioner.trusts_kernel_username, if nobody else can set that"
            raise PlacementError(Problem("kernel-username", message, remedy=remedy))
        return [PROXY_USER, user]

    def _tell(self, words: str) -> None:
        self.log.info("%s (kernel %s)", words, self.kernel_id)

    async def _forget(self) -> None:
        """Leaves nothing of a start that came to nothing: ports, connection file."""
        await self.wrapped.cleanup(restart=False)
        if self.parent is not None and not self.parent.has_kernel:
            self.parent.cleanup_connection_file()

    def _give_up_unwatched(self) -> None:
        """Ends the wait in a kernel to which no browser has been connected for `unwatched_s`.

        Source of the connections: `jupyter_server.services.kernels.kernelmanager.MappingKernelManager`.
        """
        server = getattr(self.parent, "parent", None)
        connections = getattr(server, "_kernel_connections", {}).get(self.kernel_id)
        now_s = time.monotonic()
        if connections != 0:
            self._watched_s = now_s
        elif self.unwatched_s and now_s - self._watched_s >= self.unwatched_s:
            for pid in waiting_wrappers(getattr(self.wrapped, "pid", None) or 0):
                self.log.info("placement: nobody watches kernel %s, its place in the queue is given up", self.kernel_id)
                os.kill(pid, signal.SIGINT)

    @property
    def has_process(self) -> bool:
        """Asked behind each launch, and when a manager wants to know whether it has a kernel."""
        return bool(self.wrapped.has_process)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Called with what `pre_launch` gave."""
        self._watched_s = time.monotonic()
        self.connection_info = await self.wrapped.launch_kernel(cmd, **kwargs)
        return self.connection_info

    async def post_launch(self, **kwargs: Any) -> None:
        """Called behind the launch."""
        await self.wrapped.post_launch(**kwargs)

    async def poll(self) -> int | None:
        """Called every few seconds: None while the kernel runs. What waits in it for a turn waits for somebody."""
        status: int | None = await self.wrapped.poll()
        if status is None:
            self._give_up_unwatched()
        return status

    async def wait(self) -> int | None:
        """Called at the end, until the kernel's process is gone."""
        status: int | None = await self.wrapped.wait()
        return status

    async def send_signal(self, signum: int) -> None:
        """Called for an interrupt, and on the way to an end."""
        await self.wrapped.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """Called where the kernel does not end by itself."""
        await self.wrapped.kill(restart=restart)

    async def terminate(self, restart: bool = False) -> None:
        """Called before `kill`."""
        await self.wrapped.terminate(restart=restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Called when the kernel is gone."""
        await self.wrapped.cleanup(restart=restart)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Called when the kernel was asked to end."""
        await self.wrapped.shutdown_requested(restart=restart)

    async def get_provisioner_info(self) -> dict[str, Any]:
        """Called by what keeps kernels over a restart of the server; the base of the wrapped one adds what it must."""
        info: dict[str, Any] = await self.wrapped.get_provisioner_info()
        return info

    async def load_provisioner_info(self, provisioner_info: dict[str, Any]) -> None:
        """Called by the same, with what the above gave."""
        await self.wrapped.load_provisioner_info(provisioner_info)
        self.kernel_id, self.connection_info = self.wrapped.kernel_id, self.wrapped.connection_info

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """Called at the end: seconds until `kill`."""
        return float(self.wrapped.get_shutdown_wait_time(recommended))

    def get_stable_start_time(self, recommended: float = 10.0) -> float:
        """Called by what starts dead kernels again: seconds after which a start has succeeded."""
        return float(self.wrapped.get_stable_start_time(recommended))

    def resolve_path(self, path: str) -> str | None:
        """Called by servers that look for a file of the kernel; jupyter_client 8.3 or newer."""
        found: str | None = self.wrapped.resolve_path(path)
        return found


def _denied(problem: Problem) -> KernelDeniedError:
    return KernelDeniedError(FAULT, problem.in_one_line())
