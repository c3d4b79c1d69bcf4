"""The names of the accounts that ask, by the name service, which may be slow: the event loop does not wait for it."""

import asyncio
import time
from collections.abc import Callable

from placement.errors import PlacementError, Problem
from placement.identity import TIMEOUT_S, user_name

KEPT_S = 60


class Accounts:
    """`name_of` gives the name of a user id, the number itself if it has none; it may block."""

    def __init__(self, name_of: Callable[[int], str] = user_name, timeout_s: float = TIMEOUT_S) -> None:
        self._name_of = name_of
        self._timeout_s = timeout_s
        self._known: dict[int, tuple[str, float]] = {}
        self._asked: dict[int, asyncio.Task[str]] = {}

    def known(self, uid: int) -> str | None:
        """The name, if it was asked for in the last KEPT_S."""
        name, until_s = self._known.get(uid, (None, 0.0))
        return name if time.monotonic() < until_s else None

    def ask(self, uid: int) -> "asyncio.Task[str]":
        """The name to come, one question for all who wait for it.

        It ends with PlacementError `name-service` if there is no answer in time.
        """
        if uid not in self._asked:
            self._asked[uid] = asyncio.get_running_loop().create_task(self._name(uid))
            self._asked[uid].add_done_callback(lambda _: self._asked.pop(uid))
        return self._asked[uid]

    async def _name(self, uid: int) -> str:
        answer = asyncio.get_running_loop().run_in_executor(None, self._name_of, uid)
        try:
            name = await asyncio.wait_for(answer, self._timeout_s)
        except (TimeoutError, OSError) as error:
            message = f"the name service did not say within {self._timeout_s:g} s who user id {uid} is"
            raise PlacementError(Problem("name-service", message, remedy="see whether `id` answers")) from error
        if name != str(uid):  # else it may have been a moment of weakness
            self._known[uid] = name, time.monotonic() + KEPT_S
        return name
