"""One question over HTTP, and its answer as bytes: bounded in time and size. Adapter.

What is asked, and what an answer means, is left to others. No redirect is followed, no cookie kept, no proxy used.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as StalledError

from placement.errors import visible

CONNECT_S = 3.0  # at most: a machine that is up accepts at once
LARGEST_ANSWER = 256 * 2**20  # bytes; ten thousand queues of the capacity scheduler have about 65 MiB
PIECE = 64 * 1024  # bytes


class FaultError(Exception):
    """No answer; `is_before`: nothing has been sent."""

    def __init__(self, why: str, is_before: bool = False) -> None:
        super().__init__(why)
        self.is_before = is_before


class TooLargeError(Exception):
    """More bytes than are taken; the message says how many those are."""


@dataclass(frozen=True, slots=True)
class Received:
    """The answer as it came. `headers` by their names in any case; `sort` is the media type, as the server says it."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def sort(self) -> str:
        return self.headers.get("Content-Type", "of no known type")


class Transport:
    """Connections as `auth`, for one thread.

    `timeout_s`: for a part of an answer, and for all of it. `largest`: bytes of it.
    """

    def __init__(self, timeout_s: float, auth: AuthBase | None, largest: int = LARGEST_ANSWER) -> None:
        self._timeout_s = timeout_s
        self._largest = largest
        self._http = requests.Session()
        self._http.auth = auth
        self._http.trust_env = False  # neither a proxy nor a .netrc has a business within the cluster
        # Whoever holds the cookie `hadoop.auth` is the user who asked first, despite `user.name`.
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._http.headers.update({"Accept-Encoding": "identity"})
        trusted = ssl.get_default_verify_paths()  # the machine's, with a company's own authority among them
        self._http.verify = trusted.cafile or trusted.capath or True

    def send(
        self,
        method: str,
        url: str,
        asked: Mapping[str, str],
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> Received:
        """What `url` answers to `content`, if any, with `asked` behind it. Raises FaultError and TooLargeError."""
        deadline = time.monotonic() + self._timeout_s
        try:
            with self._http.request(
                method,
                url,
                params=asked,
                data=content,
                headers=headers,
                timeout=(min(CONNECT_S, self._timeout_s), self._timeout_s),
                allow_redirects=False,
                stream=True,
            ) as received:
                body = _body(received, deadline, self._largest)
        except requests.exceptions.SSLError as error:
            is_untrusted = _is_untrusted(error)
            hint = " (SSL_CERT_FILE names whom to trust)" if is_untrusted else ""
            raise FaultError(f"TLS fails: {_reason(error)}{hint}", is_untrusted) from error
        except (requests.Timeout, StalledError, TimeoutError) as error:
            raise FaultError("no answer in time", isinstance(error, requests.ConnectTimeout)) from error
        except (requests.RequestException, HTTPError, ValueError) as error:  # ValueError: a URL that is none
            raise FaultError(_reason(error), _is_before_sending(error)) from error
        return Received(received.status_code, received.reason or "", received.headers, body)


def _body(answer: requests.Response, deadline: float, largest: int) -> bytes:
    """The whole body. `requests` alone would wait as long as now and then a byte arrives, and take whatever comes."""
    body = BytesIO()
    while piece := answer.raw.read1(PIECE):
        body.write(piece)
        if body.tell() > largest:
            raise TooLargeError(f"the answer has more than {largest >> 20} MiB")
        if time.monotonic() > deadline:
            raise TimeoutError
    return body.getvalue()  # which copies nothing


def _is_untrusted(error: requests.exceptions.SSLError) -> bool:
    """Whether the server's certificate was refused: before anything else is sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(next(iter(getattr(reason, "args", ())), None), ssl.SSLCertVerificationError)


def _is_before_sending(error: Exception) -> bool:
    """Whether there was no connection, or no address to connect to."""
    inner = error.args[0] if error.args else None
    return isinstance(error, ValueError) or isinstance(getattr(inner, "reason", None), NewConnectionError)


def _reason(error: BaseException) -> str:
    """What the system says at the bottom of a chain of exceptions; their own texts are full of object addresses."""
    at: BaseException | None = error
    words = ""
    while at is not None:
        words = (isinstance(at, OSError) and at.strerror) or words
        inner = getattr(at, "reason", None) or next((each for each in at.args if isinstance(each, Exception)), None)
        at = at.__cause__ or (inner if isinstance(inner, BaseException) else None)
    return visible(str(words)) or "the answer breaks off"
