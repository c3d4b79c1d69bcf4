"""A client of the ResourceManager's REST interface: finds the active one of several, and reads. Adapter.

What the answers say is read in `answers`. Sources: Hadoop `RMWebServices`, `RMWebAppFilter` (what a standby answers).
"""

import logging
import random
import ssl
import time
from collections.abc import Callable, Collection
from http.cookiejar import DefaultCookiePolicy
from importlib import import_module
from typing import TypeVar
from urllib.parse import quote

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as StalledError

from placement.errors import PlacementError, Problem, quoted, visible
from placement.yarn import answers
from placement.yarn.answers import STANDBY, Application, BadAnswerError, Info, Scheduler

TIMEOUT_S = 10.0
CONNECT_S = 3.0  # at most: a machine that is up accepts at once
ATTEMPTS = 2  # how often every address is tried
PAUSE_S = 0.3  # before the second, up to twice as long
LARGEST_ANSWER = 64 * 2**20  # bytes; ten thousand applications have about 20 MiB
PIECE = 64 * 1024  # bytes

Answer = TypeVar("Answer")


class ResourceManager:
    """The ResourceManager at `addresses`, such as `http://rm1:8088`, or the active one of them; for one thread.

    `timeout_s` is the longest wait for a part of an answer, and for all of it; with several addresses, or after a
    failure, a method takes at most some times as long. `auth` is `simple(user)`, `spnego()` or None. Nothing but GET
    is used, so that a request can be tried again; no redirect is followed and no cookie kept.

    Each method raises PlacementError: `rm-unreachable` (nobody answers in time, or only with a fault of its own),
    `rm-standby` (nobody is active), `rm-refused` (401, 403), `rm-answer` (an answer that is none of a ResourceManager).
    """

    def __init__(self, addresses: Collection[str], timeout_s: float = TIMEOUT_S, auth: AuthBase | None = None) -> None:
        self.addresses = [address.rstrip("/") for address in addresses]  # the one that answered last comes first
        self._timeout_s = timeout_s
        self._http = requests.Session()
        self._http.auth = auth
        self._http.trust_env = False  # neither a proxy nor a .netrc has a business within the cluster
        # Whoever holds the cookie `hadoop.auth` is the user who asked first, despite `user.name`.
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._http.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})
        trusted = ssl.get_default_verify_paths()  # the machine's, with a company's own authority among them
        self._http.verify = trusted.cafile or trusted.capath or True

    def info(self) -> Info:
        """What the ResourceManager that is no standby says of itself."""
        return self._ask("info", _active_info)

    def applications(self, tag: str | None = None, ids: Collection[str] | None = None) -> list[Application]:
        """The applications that the ResourceManager remembers, or those of them with the tag, or with one of the ids.

        It remembers the last 1,000 that ended, or what `yarn.resourcemanager.max-completed-applications` says. `ids`
        are picked here, as the interface has no such filter.
        """
        asked = {"deSelects": "resourceRequests"} | ({"applicationTags": tag} if tag is not None else {})
        found = self._ask("apps", answers.applications, **asked)
        return [each for each in found if (tag is None or tag in each.tags) and (ids is None or each.id in ids)]

    def application(self, application_id: str) -> Application | None:
        """The application, None if the ResourceManager does not know it, or no more."""
        return self._ask(
            f"apps/{quote(application_id, safe='')}", lambda text: answers.application(text) if text else None
        )

    def scheduler(self) -> Scheduler:
        """The scheduler in force and its queues."""
        return self._ask("scheduler", answers.scheduler)

    def _ask(self, path: str, read: Callable[[bytes], Answer], **asked: str) -> Answer:
        """The answer of the active ResourceManager, as `read` has it. What is not there is read from an empty text."""
        deadline = time.monotonic() + self._timeout_s
        troubles: dict[str, _AwayError] = {}
        for attempt in range(ATTEMPTS):
            if attempt:
                if time.monotonic() > deadline:
                    break
                time.sleep(PAUSE_S * (1 + random.random()))  # noqa: S311 # that gateways do not all come at once
            for address in list(self.addresses):
                try:
                    answer = read(self._get(address, path, asked))
                except _AwayError as error:
                    troubles[address] = error
                except BadAnswerError as error:
                    raise _bad_answer(address, str(error)) from error
                else:
                    self.addresses.remove(address)
                    self.addresses.insert(0, address)
                    return answer
        raise _nobody(troubles)

    def _get(self, address: str, path: str, asked: dict[str, str]) -> bytes:
        deadline = time.monotonic() + self._timeout_s
        timeouts_s = min(CONNECT_S, self._timeout_s), self._timeout_s
        url = f"{address}/ws/v1/cluster/{path}"
        try:
            with self._http.get(url, params=asked, timeout=timeouts_s, allow_redirects=False, stream=True) as answer:
                body = _body(answer, address, deadline)
        except requests.exceptions.SSLError as error:
            raise _AwayError(f"TLS fails: {_reason(error)}") from error
        except (requests.Timeout, StalledError, TimeoutError) as error:
            raise _AwayError("no answer in time") from error
        except (requests.RequestException, HTTPError, ValueError) as error:  # ValueError: a URL that is none
            raise _AwayError(_reason(error)) from error
        if answer.status_code == 307:  # `RMWebAppFilter`; with a Location if it knows who is active
            active = answer.headers.get("Location", "").partition("/ws/")[0]
            raise _AwayError("it is standby" + (f" and names {quoted(active)} as active" if active else ""), True)
        if answer.status_code in (401, 403):
            raise _refused(address, answer, body)
        if answer.status_code >= 500:
            raise _AwayError(f"it answers {answer.status_code} {visible(answer.reason or '')}".rstrip())
        if answer.status_code == 404 and answers.refusal(body):
            return b""
        if answer.status_code != 200:
            words = answers.refusal(body) or answer.reason or ""
            raise _bad_answer(address, f"it answers {answer.status_code} {visible(words)}".rstrip())
        sort = answer.headers.get("Content-Type", "of no known type")
        if not sort.startswith("application/json"):
            raise _bad_answer(address, f"expected JSON, found {quoted(sort)}")
        return body


def simple(user: str) -> AuthBase:
    """Simple authentication: the ResourceManager believes the name."""
    return _UserName(user)


def spnego() -> AuthBase:
    """Kerberos, with the ticket of this account. Raises PlacementError `no-gssapi` if the library is not installed."""
    try:
        gssapi = import_module("requests_gssapi")
    except (ImportError, OSError) as error:  # OSError: the library, but no libgssapi
        remedy = "install it: pip install 'yarn-placement[kerberos]'"
        problem = Problem("no-gssapi", f"Kerberos needs the library requests-gssapi: {error}", remedy=remedy)
        raise PlacementError(problem) from error
    logging.getLogger("requests_gssapi").addHandler(logging.NullHandler())  # its words would be on standard error
    auth: AuthBase = gssapi.HTTPSPNEGOAuth()
    return auth


class _UserName(AuthBase):
    """Source: Hadoop `PseudoAuthenticationHandler`."""

    def __init__(self, user: str) -> None:
        self.user = user

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.prepare_url(request.url, {"user.name": self.user})
        return request


class _AwayError(Exception):
    """This address has no answer for us now, another one may."""

    def __init__(self, why: str, is_standby: bool = False) -> None:
        super().__init__(why)
        self.is_standby = is_standby


def _active_info(text: bytes) -> Info:
    found = answers.info(text)
    if found.ha_state == STANDBY:  # of all paths this is the one that a standby answers itself
        raise _AwayError("it is standby", True)
    return found


def _body(answer: requests.Response, address: str, deadline: float) -> bytes:
    """The whole body. `requests` alone would wait as long as now and then a byte arrives, and take whatever comes."""
    body = bytearray()
    while piece := answer.raw.read1(PIECE):
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise _bad_answer(address, f"the answer has more than {LARGEST_ANSWER >> 20} MiB")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


def _nobody(troubles: "dict[str, _AwayError]") -> PlacementError:
    said = "; ".join(f"{visible(address)}: {trouble}" for address, trouble in troubles.items())
    if any(trouble.is_standby for trouble in troubles.values()):
        remedy = "wait for a failover to end, or name every ResourceManager in yarn-site.xml"
        return PlacementError(Problem("rm-standby", f"no ResourceManager is active: {said}", remedy=remedy))
    remedy = "see whether it is up, and whether yarn-site.xml says where"
    return PlacementError(Problem("rm-unreachable", f"the ResourceManager cannot be asked: {said}", remedy=remedy))


def _refused(address: str, answer: requests.Response, body: bytes) -> PlacementError:
    words = visible(answers.refusal(body) or answer.reason or "")
    remedy = ""
    if "Negotiate" in answer.headers.get("WWW-Authenticate", ""):
        remedy = "get a ticket by kinit, and say `authentication: kerberos` in site.yaml"
    message = f"the ResourceManager at {visible(address)} refuses: {answer.status_code} {words}".rstrip()
    return PlacementError(Problem("rm-refused", message, remedy=remedy))


def _bad_answer(address: str, why: str) -> PlacementError:
    remedy = "see whether the ResourceManager's web interface is at this address"
    return PlacementError(Problem("rm-answer", f"{visible(address)} does not answer as expected: {why}", remedy=remedy))


def _reason(error: BaseException) -> str:
    """What the system says at the bottom of a chain of exceptions; their own texts are full of object addresses."""
    at: BaseException | None = error
    words = ""
    while at is not None:
        words = (isinstance(at, OSError) and at.strerror) or words
        inner = getattr(at, "reason", None) or next((each for each in at.args if isinstance(each, Exception)), None)
        at = at.__cause__ or (inner if isinstance(inner, BaseException) else None)
    return visible(str(words)) or "the answer breaks off"
