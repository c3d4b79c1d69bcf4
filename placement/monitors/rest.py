"""Questions for JSON to services that are not believed: bounded, shaped, no redirect followed. Adapter."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from requests.auth import AuthBase

from placement.errors import PlacementError, Problem, visible
from placement.yarn.transport import FaultError, Received, TooLargeError, Transport

JSON = "application/json"
LARGEST_ANSWER = 32 * 2**20  # bytes; a thousand stages of Spark have about 5 MiB
SHOWN = 200  # characters of a server's own words

Shape = TypeVar("Shape")


class Rest:
    """Questions as `auth`, for one thread. `timeout_s`: for one of them."""

    def __init__(self, timeout_s: float, auth: AuthBase | None, largest: int = LARGEST_ANSWER) -> None:
        self._transport = Transport(timeout_s, auth, largest)

    def ask(
        self,
        url: str,
        shape: type[Shape],
        asked: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Shape:
        """What is at `url`, as this shape; what the shape does not have is passed over.

        Raises PlacementError `monitor-unreachable`, `monitor-refused` (401, 403) or `monitor-answer`.
        """
        try:
            received = self._transport.send("GET", url, asked or {}, {"Accept": JSON, **(headers or {})})
        except FaultError as error:
            raise _unreachable(url, str(error)) from error
        except TooLargeError as error:
            raise _answer(url, str(error)) from error
        _check(url, received)
        try:
            return msgspec.json.decode(received.body, type=shape)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise _answer(url, f"expected JSON of another shape: {error}") from error


def _check(url: str, received: Received) -> None:
    said = f"{received.status} {received.reason}".rstrip()
    if received.status >= 500:
        raise _unreachable(url, f"it answers {said}")
    if received.status in (401, 403):
        remedy = "see whether this account may ask there, and under Kerberos whether it has a ticket"
        raise PlacementError(Problem("monitor-refused", visible(f"{url} refuses: {said}"), remedy=remedy))
    if 300 <= received.status < 400:
        raise _answer(url, f"it sends us on to {received.headers.get('Location', 'nowhere')[:SHOWN]}")
    if received.status != 200:
        raise _answer(url, f"it answers {said}")
    if not received.sort.startswith(JSON):
        raise _answer(url, f"expected JSON, found {received.sort[:SHOWN]}")


def _unreachable(url: str, why: str) -> PlacementError:
    return PlacementError(
        Problem("monitor-unreachable", visible(f"{url} cannot be asked: {why}"), remedy="see whether it is up")
    )


def _answer(url: str, why: str) -> PlacementError:
    message = visible(f"{url} does not answer as expected: {why}")
    return PlacementError(Problem("monitor-answer", message, remedy="see what is at this address"))
