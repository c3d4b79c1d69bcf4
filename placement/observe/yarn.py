"""The applications that ended, as the ResourceManager remembers them. Adapter.

It remembers the last 1,000 (`yarn.resourcemanager.max-completed-applications`). `memorySeconds` and `vcoreSeconds` are
of what was *allocated*. Sources: Hadoop `RMWebServices.getApps`, `ClientRMService.getApplications`: with a limit the
answer is any of those that fit, in no order; both times of a window belong to it.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from msgspec import Struct
from requests.auth import AuthBase

from placement.errors import PlacementError
from placement.estimate.predict import number_of
from placement.observe import endings
from placement.observe.run import LONGEST, Run, seconds, text
from placement.yarn.answers import several, shaped
from placement.yarn.client import TIMEOUT_S, ResourceManager

ENDED = "FINISHED,FAILED,KILLED"
PAGE = 500  # applications of one answer; a window with more is asked for in halves
MOST_FAULTS = 20  # answers that are none, before the ResourceManager is given up; in a window of one moment it is one
LARGEST = 2.0**62
KINDS = {"apache flink": "flink"}  # an application type, where that is not our word for it


class EndedApp(Struct):
    """An application that ended. What is not for this account to see is -1 or 0; for Any see `run.text`."""

    id: str
    user: Any
    queue: Any
    state: str
    finalStatus: Any = None  # noqa: N815 # the names are Hadoop's
    name: Any = None
    applicationType: Any = None  # noqa: N815
    applicationTags: Any = None  # noqa: N815
    diagnostics: Any = None
    startedTime: Any = None  # noqa: N815
    finishedTime: Any = None  # noqa: N815
    memorySeconds: Any = None  # noqa: N815
    vcoreSeconds: Any = None  # noqa: N815


class EndedApps(Struct):
    """What `EndedAppsAnswer` has inside."""

    app: list[EndedApp] | EndedApp | None = None


class EndedAppsAnswer(Struct):
    """Of `apps`, as `AppsAnswer`."""

    apps: EndedApps | str | None = None


class FinishedApplications(ResourceManager):
    """The ResourceManager as one who asks what ended; made as `ResourceManager`. `counted`: what was passed over."""

    def __init__(self, addresses: Collection[str], timeout_s: float = TIMEOUT_S, auth: AuthBase | None = None) -> None:
        super().__init__(addresses, timeout_s, auth)
        self.counted: Counter[str] = Counter()
        self._faults = 0

    def finished(self, begin_s: float, end_s: float) -> list[Run]:
        """Those that ended from `begin_s` to `end_s`, both since 1970 by its clock, in the order in which they ended.

        Raises PlacementError as every question of ResourceManager.
        """
        self.counted = Counter()
        self._faults = 0
        found = {app.id: app for app in self._between(int(begin_s * 1000), int(end_s * 1000))}
        return sorted(map(run, found.values()), key=lambda each: (each.finished_s or 0.0, each.id))

    def _between(self, begin_ms: int, end_ms: int) -> Iterator[EndedApp]:
        """By halves where an answer is full, or too large."""
        is_moment = begin_ms >= end_ms
        asked = {"finishedTimeBegin": str(begin_ms), "finishedTimeEnd": str(end_ms)}
        limit = {} if is_moment else {"limit": str(PAGE)}
        try:
            found = self._ask("apps", _read, states=ENDED, deSelects="resourceRequests", **asked, **limit)
        except PlacementError as error:
            self._faults += 1
            if error.problems[0].code != "rm-answer" or self._faults > MOST_FAULTS:
                raise
            if is_moment:
                self.counted["answer not understood"] += 1
                return
            found = None
        if found is not None and (is_moment or len(found) < PAGE):
            yield from found
            return
        middle = (begin_ms + end_ms) // 2
        yield from self._between(begin_ms, middle)
        yield from self._between(middle + 1, end_ms)


def run(app: EndedApp) -> Run:
    """The application as a run, without what a history may add."""
    state, status, words = app.state, text(app.finalStatus), text(app.diagnostics, endings.LOOKED_AT)
    kind = text(app.applicationType).lower()
    return Run(
        id=text(app.id),
        user=text(app.user),
        queue=text(app.queue),
        kind=KINDS.get(kind, kind),
        name=text(app.name),
        tags=tuple(sorted(filter(None, text(app.applicationTags, 20 * LONGEST).split(",")))),
        started_s=seconds(app.startedTime),
        finished_s=seconds(app.finishedTime),
        final_status=status,
        ended=endings.ended(state, status, words),
        is_of_master=endings.is_of_master(words),
        memory_mib_s=number_of(app.memorySeconds, LARGEST),
        vcore_s=number_of(app.vcoreSeconds, LARGEST),
    )


def _read(answer: bytes) -> list[EndedApp]:
    apps = shaped(answer, EndedAppsAnswer).apps
    return several(apps.app if isinstance(apps, EndedApps) else None)
