"""A client of the ResourceManager's REST interface: finds the active one of several, reads, and changes. Adapter.

What the answers say is read in `answers`. Sources: Hadoop `RMWebServices`, `RMWSConsts`.
"""

import logging
import random
import time
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import TypeVar
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from placement import collector
from placement.errors import PlacementError, Problem, quoted, visible
from placement.yarn import answers, moment
from placement.yarn.answers import (
    STANDBY,
    Application,
    BadAnswerError,
    Info,
    Overview,
    QueueAccess,
    QueueState,
    Scheduler,
)
from placement.yarn.exchange import (
    JSON,
    POST,
    PUT,
    XML,
    Answer,
    AwayError,
    Exchange,
    Question,
    UnclearError,
    bad_answer,
)
from placement.yarn.moment_shapes import LiveApp, Metrics, RunningApp

TIMEOUT_S = 10.0
ATTEMPTS = 2  # how often every address is tried
PAUSE_S = 0.3  # before the second, up to twice as long
SUBMIT, ADMINISTER = "SUBMIT_APPLICATIONS", "ADMINISTER_QUEUE"  # Hadoop `QueueACL`

_CONF = "scheduler-conf"
_ASKING = "ask as who administers that queue, such as `root: {admin: {users: [...]}}` of queues.yaml, once applied"

Found = TypeVar("Found")


class ResourceManager:
    """The ResourceManager at `addresses`, such as `http://rm1:8088`, or the active one of them; for one thread.

    `timeout_s` is the longest wait for a part of an answer, and for all of it; with several addresses, or after a
    failure, a method takes at most some times as long. `auth` is `simple(user)`, `spnego()` or None. What only asks is
    tried again; no redirect is followed and no cookie kept.

    Each method raises PlacementError: `rm-unreachable` (nobody answers in time, or only with a fault of its own),
    `rm-standby` (nobody is active), `rm-refused` (401, 403), `rm-answer` (an answer that is none of a ResourceManager).
    """

    def __init__(self, addresses: Collection[str], timeout_s: float = TIMEOUT_S, auth: AuthBase | None = None) -> None:
        self.addresses = [address.rstrip("/") for address in addresses]  # the one that answered last comes first
        self._timeout_s = timeout_s
        self._exchange = Exchange(timeout_s, auth)

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

    def scheduler_type(self) -> str:
        """The type of the scheduler in force, as of `scheduler`, whose answer may be very long."""
        return self.overview().scheduler or self.scheduler().type

    def overview(self) -> Overview:
        """What holds for all queues; before Hadoop 3.4 nothing of it is said."""

        def read(answer: Answer) -> Overview:
            return Overview() if answer.status == 404 else answers.overview(_content(answer))

        return self._of_the_active(
            lambda address: read(self._exchange.ask(address, Question("scheduler-overview", {})))
        )

    def queues_now(self) -> moment.Queues:
        """The queues, and what is used there."""
        with collector.paused():
            return self._ask("scheduler", moment.queues)

    def live_applications(self) -> list[LiveApp]:
        """Those that have not ended, of everybody whose applications this account may see."""
        return self._ask("apps", moment.applications, states=",".join(moment.STATES), deSelects="resourceRequests")

    def waiting_applications(self) -> list[LiveApp]:
        """Those whose application master has not registered, with what they ask for."""
        return self._ask("apps", moment.applications, states=moment.WAITING)

    def running_applications(self) -> list[RunningApp]:
        """Those whose application master has registered, with where it is to be asked."""
        return self._ask("apps", moment.running_applications, states=moment.RUNNING, deSelects="resourceRequests")

    def metrics(self) -> Metrics:
        """What the nodes that work have together."""
        return self._ask("metrics", moment.metrics)

    def queue_states(self) -> dict[str, QueueState]:
        """What runs and waits in each queue, by its full path."""
        return answers.states(self.scheduler())

    def access(self, user: str, queue: str, right: str = SUBMIT) -> QueueAccess:
        """Whether `user` has the `right`, SUBMIT or ADMINISTER, to the queue of this path.

        Only who may administer that queue may ask, else `rm-refused`: `yarn.admin.acl` is not enough, and a queue that
        is not there is refused as well. Source: Hadoop `RMWebServices.checkUserAccessToQueue`.
        """
        # XML: asked for JSON, Hadoop 3.5.0 fails by 503, as it has no writer for that class.
        asked = {"user": user, "queue-acl-type": right}
        question = Question(f"queues/{quote(queue, safe='')}/access", asked, accept=XML, remedy=_ASKING)
        return self._of_the_active(lambda address: answers.access(_content(self._exchange.ask(address, question))))

    def may_submit(self, user: str, queue: str, can_administer: bool = True) -> bool:
        """Whether the `user`'s applications are let into the queue of this path; raises as `access`.

        Either right is enough; that to administer it is not asked for where they are known not to have it. Sources:
        Hadoop `RMAppManager.createAndPopulateNewRMApp`, `FairScheduler.addApplication`.
        """
        return self.access(user, queue).allowed or (can_administer and self.access(user, queue, ADMINISTER).allowed)

    def scheduler_conf(self) -> dict[str, str] | None:
        """The properties that the scheduler works by, where REST may change them; None where they are in a file.

        Only an administrator of the cluster may ask. Source: Hadoop `RMWebServices.getSchedulerConfiguration`.
        """

        def read(answer: Answer) -> dict[str, str] | None:
            return None if answer.status in (400, 404) else answers.properties(_content(answer))

        return self._of_the_active(lambda address: read(self._exchange.ask(address, Question(_CONF, {}))))

    def validate_scheduler_conf(self, changes: Mapping[str, str | None]) -> str:
        """Why the ResourceManager would refuse `changes`, as `update_scheduler_conf` takes them; empty: it would not.

        Before Hadoop 3.3 it cannot be asked, which counts as no refusal.
        """
        question = Question(f"{_CONF}/validate", {}, POST, change=answers.update(changes))

        def read(answer: Answer) -> str:
            if answer.status not in (200, 404, 405):
                return answer.words
            return ""

        return self._of_the_active(lambda address: read(self._exchange.ask(address, question)))

    def update_scheduler_conf(self, changes: Mapping[str, str | None]) -> None:
        """Changes properties, by their full names, all or none; None unsets one.

        Raises PlacementError `rm-refuses-change` with the ResourceManager's words, the old being in force, and
        `rm-unclear` if it may have been received: whether it is in force can only be read back.
        """
        # All go as global ones: `remove-queue` would take along the properties of queues with a similar path.
        question = Question(_CONF, {}, PUT, change=answers.update(changes))
        try:
            self._of_the_active(lambda address: _done(self._exchange.ask(address, question)))
        except UnclearError as error:
            message = f"the ResourceManager was sent a change, and whether it took it up is not known: {error}"
            problem = Problem("rm-unclear", message, remedy="see what is in force: run `placement plan`")
            raise PlacementError(problem) from error

    def _ask(self, path: str, read: Callable[[bytes], Found], **asked: str) -> Found:
        """What is there, as `read` has it. What is not there is read from an empty text."""
        question = Question(path, asked)
        return self._of_the_active(lambda address: read(_content(self._exchange.ask(address, question))))

    def _of_the_active(self, ask: Callable[[str], Found]) -> Found:
        """What `ask` finds at the first address that is not away."""
        deadline = time.monotonic() + self._timeout_s
        troubles: dict[str, AwayError] = {}
        for attempt in range(ATTEMPTS):
            if attempt:
                if time.monotonic() > deadline:
                    break
                time.sleep(PAUSE_S * (1 + random.random()))  # noqa: S311 # that gateways do not all come at once
            for address in list(self.addresses):
                try:
                    answer = ask(address)
                except AwayError as error:
                    troubles[address] = error
                except BadAnswerError as error:
                    raise bad_answer(address, str(error)) from error
                else:
                    self.addresses.remove(address)
                    self.addresses.insert(0, address)
                    return answer
        raise _nobody(troubles)


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


def _active_info(text: bytes) -> Info:
    found = answers.info(text)
    if found.ha_state == STANDBY:  # of all paths this is the one that a standby answers itself
        raise AwayError("it is standby", True)
    return found


def _content(answer: Answer) -> bytes:
    """The body; empty if what is asked for is not there. Raises PlacementError `rm-answer`."""
    if answer.status == 404 and answers.refusal(answer.body) is not None:
        return b""
    if answer.status != 200:
        raise bad_answer(answer.address, f"it answers {answer.status} {answer.words}".rstrip())
    if not answer.sort.startswith((JSON, XML)):
        raise bad_answer(answer.address, f"expected JSON, found {quoted(answer.sort)}")
    return answer.body


def _done(answer: Answer) -> None:
    if answer.status == 400:
        remedy = "correct the policy; what was in force is in force"
        problem = Problem("rm-refuses-change", f"the ResourceManager refuses the change: {answer.words}", remedy=remedy)
        raise PlacementError(problem)
    _content(answer)


def _nobody(troubles: dict[str, AwayError]) -> PlacementError:
    said = "; ".join(f"{visible(address)}: {trouble}" for address, trouble in troubles.items())
    if any(trouble.is_standby for trouble in troubles.values()):
        remedy = "wait for a failover to end, or name every ResourceManager in yarn-site.xml"
        return PlacementError(Problem("rm-standby", f"no ResourceManager is active: {said}", remedy=remedy))
    remedy = "see whether it is up, and whether yarn-site.xml says where"
    return PlacementError(Problem("rm-unreachable", f"the ResourceManager cannot be asked: {said}", remedy=remedy))
