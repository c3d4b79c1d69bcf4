"""The groups of users, by the name service, which may be slow: the event loop does not wait for it."""

import asyncio
import time
from collections.abc import Callable

KEPT_S = 60
TIMEOUT_S = 5.0


class People:
    """`groups_of` gives the groups of a user; it may block. Whose groups are not told in time has none."""

    def __init__(self, groups_of: Callable[[str], tuple[str, ...]], timeout_s: float = TIMEOUT_S) -> None:
        self._groups_of = groups_of
        self._timeout_s = timeout_s
        self._known: dict[str, tuple[tuple[str, ...], float]] = {}

    def known(self, user: str) -> tuple[str, ...] | None:
        """The groups, if they were asked for in the last KEPT_S."""
        groups, until_s = self._known.get(user, (None, 0.0))
        return groups if time.monotonic() < until_s else None

    async def groups(self, user: str) -> tuple[str, ...]:
        """The groups."""
        known = self.known(user)
        if known is not None:
            return known
        answer = asyncio.get_running_loop().run_in_executor(None, self._groups_of, user)
        try:
            found = await asyncio.wait_for(answer, self._timeout_s)
        except (TimeoutError, OSError):
            return ()
        self._known[user] = found, time.monotonic() + KEPT_S
        return found
