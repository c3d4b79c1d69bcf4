"""What the name service says of those who ask; it may be slow, and the event loop does not wait for it."""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from placement.errors import PlacementError, Problem
from placement.identity import TIMEOUT_S

KEPT_S = 60

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Account(NamedTuple):
    """Of a user id: the name, the number itself if it has none, and the groups."""

    name: str
    groups: tuple[str, ...] = ()


class Names(Generic[K, V]):
    """`look_up` gives what is known of a key; it may block. `is_sure`: whether an answer is worth keeping."""

    def __init__(
        self, look_up: Callable[[K], V], is_sure: Callable[[K, V], bool] | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._look_up = look_up
        self._is_sure = is_sure
        self._timeout_s = timeout_s
        self._known: dict[K, tuple[V, float]] = {}
        self._asked: dict[K, asyncio.Task[V]] = {}

    def known(self, key: K) -> V | None:
        """What was said of it in the last KEPT_S."""
        found, until_s = self._known.get(key, (None, 0.0))
        return found if time.monotonic() < until_s else None

    def ask(self, key: K) -> "asyncio.Task[V]":
        """The answer to come, one question for all who wait for it.

        It ends with PlacementError `name-service` if there is none in time.
        """
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_task(self._ask(key))
            self._asked[key].add_done_callback(lambda _: self._asked.pop(key))
        return self._asked[key]

    async def _ask(self, key: K) -> V:
        answer = asyncio.get_running_loop().run_in_executor(None, self._look_up, key)
        try:
            found = await asyncio.wait_for(answer, self._timeout_s)
        except (TimeoutError, OSError) as error:
            message = f"the name service did not say within {self._timeout_s:g} s who {key} is"
            raise PlacementError(Problem("name-service", message, remedy="see whether `id` answers")) from error
        if self._is_sure is None or self._is_sure(key, found):
            self._known[key] = found, time.monotonic() + KEPT_S
        return found


def has_name(uid: int, account: Account) -> bool:
    """Whether the name service knows the user id; that it does not may have been a moment of weakness."""
    return account.name != str(uid)
