"""The agent's learning of estimates, again and again, in a thread: admission goes on, whatever it meets there."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.errors import PlacementError, Problem
from placement.learning import require_numpy
from placement.policy import Estimates, Site
from placement.yarn.terms import Terms

if TYPE_CHECKING:
    from placement.learning.learning import Learning, Learnt

T = TypeVar("T")

EVERY_S = 60.0
REST = 10  # times as long as a pass took, the next one waits: learning leaves the processor to the others


class Learns:
    """For the database at `where`. `now` gives seconds since the epoch."""

    def __init__(
        self,
        where: str,
        account: str,
        environ: Mapping[str, str],
        log: Log,
        metrics: Metrics,
        now: Callable[[], float],
    ) -> None:
        self._where = where
        self._account = account
        self._environ = environ
        self._log = log
        self._metrics = metrics
        self._now = now
        self._learning: Learning | None = None
        self._said: frozenset[str] = frozenset()

    async def again(self, policy: Callable[[], tuple[Site, Terms]]) -> None:
        """Until it is cancelled; `policy` gives what is in force. Without `estimates` nothing is done."""
        try:
            while True:
                began_s = time.monotonic()
                site, terms = policy()
                if site.estimates is not None:
                    try:
                        found = await _apart(partial(self._once, site, site.estimates, terms))
                    except PlacementError as error:
                        self._tell(error.problems)
                    except Exception as error:  # noqa: BLE001 # whatever it is, admission goes on
                        self._tell([Problem("learning-failed", f"a fault of learning: {error!r}")])
                    else:
                        self._tell(found.troubles, found)
                await asyncio.sleep(max(EVERY_S, REST * (time.monotonic() - began_s)))
        finally:
            if self._learning:
                self._learning.stop()

    def _once(self, site: Site, estimates: Estimates, terms: Terms) -> "Learnt":
        return self._opened().once(site, estimates, terms)

    def _opened(self) -> "Learning":
        if self._learning is None:
            require_numpy()
            from placement.learning.learning import Learning

            self._learning = Learning(self._where, socket.gethostname(), self._account, self._environ, self._now)
        return self._learning

    def _tell(self, troubles: Sequence[Problem], found: "Learnt | None" = None) -> None:
        """What is wrong is counted each time, and logged when it begins."""
        for problem in troubles:
            self._metrics.not_learned(problem.code)
            if problem.code not in self._said:
                self._log.warning("not-learned", reason=problem.code, message=problem.message)
        self._said = frozenset(problem.code for problem in troubles)
        if found is not None:
            self._metrics.learned(found.learned, found.keys)
            self._metrics.estimates(found.written_s)
            if found.learned:
                self._log.info("learned", rows=found.learned, keys=found.keys)


async def _apart(call: Callable[[], T]) -> T:
    """What `call` gives, in a thread that the end of the process does not wait for: a history may be slow to answer."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if found.cancelled():
            return
        if error is None:
            found.set_result(cast(T, result))
        else:
            found.set_exception(error)

    def run() -> None:
        outcome: tuple[T | None, BaseException | None]
        try:
            outcome = call(), None
        except Exception as error:  # noqa: BLE001 # it is raised where it is waited for
            outcome = None, error
        with contextlib.suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name="learning", daemon=True).start()
    return await found
