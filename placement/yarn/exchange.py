"""One question to one ResourceManager, and its answer as bytes: bounded in time and size. Adapter.

Which of several is asked, and what the answer means, is known to `client`. Source: Hadoop `RMWebAppFilter`.
"""

import ssl
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as StalledError

from placement.errors import PlacementError, Problem, quoted, visible
from placement.yarn import answers

GET, PUT, POST = "GET", "PUT", "POST"
JSON, XML = "application/json", "application/xml"
CONNECT_S = 3.0  # at most: a machine that is up accepts at once
LARGEST_ANSWER = 256 * 2**20  # bytes; ten thousand queues of the capacity scheduler have about 65 MiB
PIECE = 64 * 1024  # bytes
KINIT = "get a ticket by kinit, and say `authentication: kerberos` in site.yaml"


class AwayError(Exception):
    """This address has no answer for us now, another one may. What was asked has not been done."""

    def __init__(self, why: str, is_standby: bool = False) -> None:
        super().__init__(why)
        self.is_standby = is_standby


class UnclearError(Exception):
    """A change was sent, and no answer says what became of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """`path` below `/ws/v1/cluster/`, and `asked` behind it. `accept` is JSON or XML; `change` is XML, for PUT, POST.

    `remedy`: what to do where this account may not ask (403).
    `changes` something there: it is not asked again where it may have been received.
    """

    path: str
    asked: dict[str, str]
    method: str = GET
    accept: str = JSON
    change: bytes | None = None
    remedy: str = ""

    @property
    def changes(self) -> bool:
        return self.method == PUT


@dataclass(frozen=True, slots=True)
class Answer:
    """What `address` answers, below 500; `words` are its own ones of a refusal."""

    address: str
    status: int
    sort: str
    body: bytes
    reason: str

    @property
    def words(self) -> str:
        plain = "" if self.sort.startswith("text/html") else self.body.decode(errors="replace").strip()
        said = answers.refusal(self.body)
        return visible((plain if said is None else said) or self.reason)


class Exchange:
    """A connection as `auth`, for one thread. No redirect is followed, no cookie kept, no proxy used."""

    def __init__(self, timeout_s: float, auth: AuthBase | None) -> None:
        self._timeout_s = timeout_s
        self._http = requests.Session()
        self._http.auth = auth
        self._http.trust_env = False  # neither a proxy nor a .netrc has a business within the cluster
        # Whoever holds the cookie `hadoop.auth` is the user who asked first, despite `user.name`.
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._http.headers.update({"Accept-Encoding": "identity"})
        trusted = ssl.get_default_verify_paths()  # the machine's, with a company's own authority among them
        self._http.verify = trusted.cafile or trusted.capath or True

    def ask(self, address: str, question: Question) -> Answer:
        """The answer of `address`. Raises AwayError, UnclearError, and PlacementError `rm-refused`, `rm-answer`."""
        try:
            answer = self._sent(address, question)
            if answer.status >= 500:
                raise _FaultError(f"it answers {answer.status} {visible(answer.reason)}".rstrip())
        except _FaultError as error:
            if question.changes and not error.is_before:
                raise UnclearError(str(error)) from error
            raise AwayError(str(error)) from error
        return answer

    def _sent(self, address: str, question: Question) -> Answer:
        deadline = time.monotonic() + self._timeout_s
        timeouts_s = min(CONNECT_S, self._timeout_s), self._timeout_s
        headers = {"Accept": question.accept} | ({"Content-Type": XML} if question.change is not None else {})
        try:
            with self._http.request(
                question.method,
                f"{address}/ws/v1/cluster/{question.path}",
                params=question.asked,
                data=question.change,
                headers=headers,
                timeout=timeouts_s,
                allow_redirects=False,
                stream=True,
            ) as received:
                body = _body(received, address, deadline)
        except requests.exceptions.SSLError as error:
            raise _FaultError(f"TLS fails: {_reason(error)}") from error
        except (requests.Timeout, StalledError, TimeoutError) as error:
            raise _FaultError("no answer in time", isinstance(error, requests.ConnectTimeout)) from error
        except (requests.RequestException, HTTPError, ValueError) as error:  # ValueError: a URL that is none
            raise _FaultError(_reason(error), _is_before_sending(error)) from error
        if received.status_code == 307:  # `RMWebAppFilter`; with a Location if it knows who is active
            active = received.headers.get("Location", "").partition("/ws/")[0]
            raise AwayError("it is standby" + (f" and names {quoted(active)} as active" if active else ""), True)
        sort = received.headers.get("Content-Type", "of no known type")
        answer = Answer(address, received.status_code, sort, body, received.reason or "")
        if answer.status in (401, 403):
            is_kerberos = "Negotiate" in received.headers.get("WWW-Authenticate", "")
            raise _refused(answer, KINIT if is_kerberos else question.remedy if answer.status == 403 else "")
        return answer


def bad_answer(address: str, why: str) -> PlacementError:
    """The error of an answer that is none of a ResourceManager."""
    remedy = "see whether the ResourceManager's web interface is at this address"
    return PlacementError(Problem("rm-answer", f"{visible(address)} does not answer as expected: {why}", remedy=remedy))


class _FaultError(Exception):
    """No answer, or one of a server that is at fault; `is_before`: nothing has been sent."""

    def __init__(self, why: str, is_before: bool = False) -> None:
        super().__init__(why)
        self.is_before = is_before


def _body(answer: requests.Response, address: str, deadline: float) -> bytes:
    """The whole body. `requests` alone would wait as long as now and then a byte arrives, and take whatever comes."""
    body = BytesIO()
    while piece := answer.raw.read1(PIECE):
        body.write(piece)
        if body.tell() > LARGEST_ANSWER:
            raise bad_answer(address, f"the answer has more than {LARGEST_ANSWER >> 20} MiB")
        if time.monotonic() > deadline:
            raise TimeoutError
    return body.getvalue()  # which copies nothing


def _refused(answer: Answer, remedy: str) -> PlacementError:
    message = f"the ResourceManager at {visible(answer.address)} refuses: {answer.status} {answer.words}".rstrip()
    return PlacementError(Problem("rm-refused", message, remedy=remedy))


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
