"""One question to one ResourceManager, and what it answers. Adapter.

Which of several is asked, and what the answer means, is known to `client`. Source: Hadoop `RMWebAppFilter`.
"""

from dataclasses import dataclass

from requests.auth import AuthBase

from placement.errors import PlacementError, Problem, quoted, visible
from placement.yarn import answers
from placement.yarn.transport import FaultError, TooLargeError, Transport

GET, PUT, POST = "GET", "PUT", "POST"
JSON, XML = "application/json", "application/xml"
KINIT = "get a ticket by kinit, and say `authentication: kerberos` in site.yaml"
KLIST = "see by klist whether the ticket is of the cluster's realm, and whether this machine's clock is right"


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
        return visible(((answers.page(self.body) or plain) if said is None else said) or self.reason)


class Exchange:
    """Questions as `auth`, for one thread."""

    def __init__(self, timeout_s: float, auth: AuthBase | None) -> None:
        self._transport = Transport(timeout_s, auth)

    def ask(self, address: str, question: Question) -> Answer:
        """The answer of `address`. Raises AwayError, UnclearError, and PlacementError `rm-refused`, `rm-answer`."""
        try:
            answer = self._sent(address, question)
            if answer.status >= 500:
                raise FaultError(f"it answers {answer.status} {visible(answer.reason)}".rstrip())
        except FaultError as error:
            if question.changes and not error.is_before:
                raise UnclearError(str(error)) from error
            raise AwayError(str(error)) from error
        return answer

    def _sent(self, address: str, question: Question) -> Answer:
        headers = {"Accept": question.accept} | ({"Content-Type": XML} if question.change is not None else {})
        url = f"{address}/ws/v1/cluster/{question.path}"
        try:
            received = self._transport.send(question.method, url, question.asked, headers, question.change)
        except TooLargeError as error:
            raise bad_answer(address, str(error)) from error
        if received.status == 307:  # `RMWebAppFilter`; with a Location if it knows who is active
            active = received.headers.get("Location", "").partition("/ws/")[0]
            raise AwayError("it is standby" + (f" and names {quoted(active)} as active" if active else ""), True)
        answer = Answer(address, received.status, received.sort, received.body, received.reason)
        if answer.status == 401:
            raise _refused(answer, KINIT if "Negotiate" in received.headers.get("WWW-Authenticate", "") else "")
        if answer.status == 403:  # also of a ticket that is none here: `AuthenticationFilter`
            raise _refused(answer, KLIST if "GSSException" in answer.words else question.remedy)
        return answer


def bad_answer(address: str, why: str) -> PlacementError:
    """The error of an answer that is none of a ResourceManager."""
    remedy = "see whether the ResourceManager's web interface is at this address"
    return PlacementError(Problem("rm-answer", f"{visible(address)} does not answer as expected: {why}", remedy=remedy))


def _refused(answer: Answer, remedy: str) -> PlacementError:
    message = f"the ResourceManager at {visible(answer.address)} refuses: {answer.status} {answer.words}".rstrip()
    return PlacementError(Problem("rm-refused", message, remedy=remedy))
