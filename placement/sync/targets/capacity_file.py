"""capacity-scheduler.xml, which the ResourceManager reads when `yarn rmadmin -refreshQueues` tells it to. Adapter."""

import os
import signal
import subprocess
from collections.abc import Mapping
from typing import NoReturn

from placement import whole_file
from placement.errors import Place, PlacementError, Problem, quoted, visible
from placement.queues.names import CAPACITY
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.configuration import Configuration
from placement.sync import shown
from placement.sync.target import InForce
from placement.sync.targets import files
from placement.sync.targets.stopping import steps, wait_for_stopped
from placement.sync.targets.waiting import in_words, until_none
from placement.yarn.client import ResourceManager

REFRESH = ("rmadmin", "-refreshQueues")
REFRESH_S = 120.0  # a JVM that starts, finds the ResourceManager, and waits for it
LONGEST_WORDS = 2000  # characters of what the command says


class CapacityFile:
    """The file at `path`; `yarn` is the path of the real command, run in `environ`.

    `limit_s`: how long `put` waits for the ResourceManager `manager` to show the new, or that a queue has stopped.
    """

    scheduler = CAPACITY
    is_file = True

    def __init__(
        self, path: str, manager: ResourceManager, yarn: str, environ: Mapping[str, str], limit_s: float = 40.0
    ) -> None:
        self.name = path
        self._manager = manager
        self._yarn = yarn
        self._environ = environ
        self._limit_s = limit_s

    def in_force(self) -> InForce:
        """What the file says."""
        return files.in_force(self.name, self.read)

    def read(self, content: bytes, file: str | None = None) -> Configuration:
        """As Target says. Raises PlacementError `include-refused` too: an apply would write no other file."""
        return capacity_file.read(content, file or self.name, self._refuse)[0]

    def _refuse(self, href: str) -> NoReturn:
        """Who keeps queues in several files is not to find them all in one some day, and the others without effect."""
        message = f"this file includes {quoted(href)}, and an apply would write all into this one"
        folder, file = os.path.split(visible(self.name))
        commands = f"placement import capacity {file} --to DIR; placement render capacity --policy DIR -o {file}"
        remedy = f"write it out as one file first: cd {folder}; {commands}"
        raise PlacementError(Problem("include-refused", message, Place(self.name), remedy))

    def validate(self, content: bytes) -> list[Problem]:
        """None: the ResourceManager cannot be asked."""
        del content
        return []

    def put(self, before: InForce, content: bytes) -> list[str]:
        """As Target says. What the ResourceManager refuses is not left in the file, which it reads when it starts.

        Raises PlacementError `not-taken-up`, `not-stopped` (a queue that has to be empty first is not), too.
        """
        wanted = self.read(content)
        taken = before.content
        for stage in steps(before.configuration, wanted, self._manager.queue_states())[:-1]:
            taken = self._take(taken, capacity_file.write(stage))
            wait_for_stopped(stage, self._manager, self._limit_s, self.name)
        self._take(taken, content)
        still = until_none(lambda: shown.differences(wanted, self._manager.scheduler()), self._limit_s)
        if still:
            raise files.not_taken_up(self.name, in_words(still))
        return []

    def _take(self, old: bytes, new: bytes) -> bytes:
        """Puts `new`, which is returned, in the place of `old`, and has it read."""
        files.put(self.name, old, new)
        try:
            self._refresh()
        except _RefusedError as error:
            whole_file.write(self.name, old)
            raise files.not_taken_up(self.name, str(error)) from error
        return new

    def _refresh(self) -> None:
        """Raises _RefusedError with the ResourceManager's words, PlacementError `not-taken-up` if there are none."""
        try:
            ended = subprocess.Popen(
                [self._yarn, *REFRESH],
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that all of it can be ended: the command is a shell script
            )
        except OSError as error:
            raise _RefusedError(f"{visible(self._yarn)} cannot be run: {error.strerror or error}") from error
        with ended:
            try:
                said, _ = ended.communicate(timeout=REFRESH_S)
            except BaseException as error:
                os.killpg(ended.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    why = f"`yarn rmadmin -refreshQueues` has not ended after {REFRESH_S:.0f} s"
                    raise files.not_taken_up(self.name, why) from error
                raise
        if ended.returncode:
            raise _RefusedError(words(said.decode(errors="replace")) or f"the command ends with {ended.returncode}")


class _RefusedError(Exception):
    """The ResourceManager goes on with what it had."""


def words(said: str) -> str:
    """What a refresh that failed says, without the names of Java's classes and without its log."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    own = [line.removeprefix("refreshQueues:").strip() for line in lines if line.startswith("refreshQueues:")]
    text = (own or lines[-1:] or [""])[0]
    while True:
        head, colon, rest = text.partition(": ")
        if not colon or not head.endswith(("Exception", "Error")) or " " in head:
            return visible(text[:LONGEST_WORDS])
        text = rest
