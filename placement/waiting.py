"""Waiting for a turn: a decision, and what the agent makes of it. The hot path where a site has admission on.

The connection is the place in the queue: when it ends, however it does, the agent gives the place to others.
"""

import posix
import time

from placement.agent_socket import AWAY, Conversation, away, nonsense, refused, silent
from placement.audit import masked
from placement.commands.base import SPARK
from placement.decision import FIRST_MATCH, REJECT, Decision, moved
from placement.errors import PlacementError, Problem, quoted
from placement.policy import FOREVER, Policy
from placement.queues.names import is_same
from placement.units import MEMORY, TIME, in_units, quantity
from placement.waiting_line import WaitingLine, span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from placement.agent_socket import Answer
    from placement.audit import Json

WAIT, PRIORITY = "PLACEMENT_WAIT", "PLACEMENT_PRIORITY"
FIRST_ANSWER_S = 5.0
SILENCE_S = 30.0  # without a sign of life; the agent gives one every 10
TICK_S = 1.0
TRY_AGAIN, STDIN = 75, 0  # sysexits.h
WAITED, NOT_NOW = "waited-too-long", "no-room-now"
# Reasons for which a refusal is not final; the last are those of the agent for a place that was lost.
PASSING = (WAITED, NOT_NOW, "cancelled", "gone", "turn-not-used")
MOST_CANDIDATES, MOST_WAYS = 100, 5
MOST_COMMAND = 200  # characters that others see of it
MOST_PRIORITY = 2**31 - 1
SMALLER = {
    "smaller-containers": "containers of at most {}, {} each",
    "smaller-master": "an application master of at most {}, {}",
}
LARGEST = 2**53  # of a number in JSON


def admit(
    decision: Decision,
    policy: Policy,
    owner: int,
    environ: "Mapping[str, str]",
    is_over: "Callable[[], bool] | None" = None,
) -> None:
    """Waits until `decision` has its turn, or has none; it says afterwards what came of it.

    `owner` is who may own the agent's socket besides root. `is_over` is asked now and then whether nobody wants the
    turn any more: it ends the process then. Raises PlacementError if the agent cannot be asked, or
    cannot tell: `agent-away`, `agent-untrusted`, `agent-silent`, `agent-answer`, `agent-refuses`, `agent-unsure`; and
    `bad-wait`, `bad-priority` for what the environment says.
    """
    settings = policy.site.admission
    if settings is None or decision.queue is None:
        return
    wait_s = longest_wait(environ.get(WAIT), settings.wait_s)
    candidates = _candidates(decision, decision.queue)
    priority = own_priority(environ.get(PRIORITY))
    began, line = time.monotonic(), WaitingLine()
    for demand in _demands(decision):
        request = _request(decision, demand, candidates, wait_s, priority)
        turn = _Turn(settings.socket, owner, request, wait_s, line, is_over)
        try:
            answer = turn.last_answer()
        finally:
            turn.close()
            line.end()
        if answer is None or answer.get("outcome") != REJECT or turn.waits:
            break
    waited_s = round(time.monotonic() - began, 1) if turn.waits else 0.0
    decision.admission = _record(answer or {"outcome": REJECT}, turn.waits, waited_s)
    if answer is None:
        _give_up(decision, turn.waits or {}, wait_s or 0.0)
    elif answer.get("outcome") == REJECT:
        _refuse(decision, answer)
    else:
        _run(decision, policy, _queue(answer, candidates, policy.site.scheduler, settings.socket), waited_s)


def longest_wait(said: str | None, most_s: float | None) -> float | None:
    """How many seconds to wait, None for ever: as `said`, within what the site allows. Raises `bad-wait`."""
    if not said:
        return most_s
    if said == FOREVER:
        return most_s
    wait_s = 0.0 if said.strip("0") == "" else quantity(said, TIME)
    if wait_s is None:
        remedy = "write a time with its unit, as `30m`; `forever`; or `0`, not to wait at all"
        raise PlacementError(Problem("bad-wait", f"{WAIT} is {quoted(said)}, which is no time", remedy=remedy))
    return wait_s if most_s is None else min(wait_s, most_s)


def own_priority(said: str | None) -> int:
    """The priority that the caller asks for, of which the agent grants what the site allows. Raises `bad-priority`."""
    try:
        number = int(said or "0")
    except ValueError as error:
        remedy = "write a whole number, as `-5`; a lower one lets others go first"
        raise PlacementError(Problem("bad-priority", f"{PRIORITY} is {quoted(said or '')}", remedy=remedy)) from error
    return max(-MOST_PRIORITY, min(number, MOST_PRIORITY))


def pyspark_is_gone() -> bool:
    """Whether the Python that started this is gone: its end of our standard input is closed. Its JVM goes by that too.

    Source: Spark `PythonGatewayServer`.
    """
    from select import POLLERR, POLLHUP, poll

    asked = poll()
    asked.register(STDIN, 0)
    return any(event & (POLLERR | POLLHUP) for _, event in asked.poll(0))


class _Turn:
    """One place in the agent's queue, kept over its restarts. `waits` is the last that it said of the waiting."""

    def __init__(
        self,
        path: str,
        owner: int,
        request: "dict[str, Json]",
        wait_s: float | None,
        line: WaitingLine,
        is_over: "Callable[[], bool] | None",
    ) -> None:
        self.waits: Answer | None = None
        self._path = path
        self._owner = owner
        self._request = request
        self._wait_s = wait_s
        self._line = line
        self._is_over = is_over
        self._began = time.monotonic()
        self._talk: Conversation | None = None

    def last_answer(self) -> "Answer | None":
        """What the agent says at last: `run` or `reject`; None if it takes longer than the caller waits.

        Raises as `admit`. Silence is counted in seconds that we waited, so that it does not count while we are stopped.
        """
        self._talk = Conversation(self._path, self._owner, self._request)
        silence_s, fault = 0.0, None
        while self.waits is None or self._left_s() > 0:
            answer, rest_s = None, min(self._left_s(), TICK_S) if self.waits else TICK_S
            try:
                answer = self._connected().answer(rest_s)
            except (ConnectionError, PlacementError) as error:
                fault = _passing(self._path, error)
                self.close()
                rest_s = 0.25 + posix.urandom(1)[0] / 255  # not all at once
                time.sleep(rest_s)
            if self._is_over and self._is_over():
                raise SystemExit(TRY_AGAIN)  # on the way out the place is given up
            if answer is None:
                silence_s += rest_s
                if silence_s >= (SILENCE_S if self.waits else FIRST_ANSWER_S):
                    raise fault or PlacementError(silent(self._path, silence_s))
                if fault:
                    self._line.trouble("the agent has gone away, it is looked for")
                else:
                    self._line.tick()
                continue
            silence_s, fault = 0.0, None
            if answer.get("outcome") != "wait":
                return _checked(self._path, answer)
            self.waits = answer
            if self._left_s() > 0:
                self._line.show(answer)
        return None

    def close(self) -> None:
        """Gives the place up, if there still is one."""
        if self._talk:
            self._talk.close()
            self._talk = None

    def _connected(self) -> Conversation:
        if self._talk is None:
            self._talk = Conversation(self._path, self._owner, self._request)
        return self._talk

    def _left_s(self) -> float:
        return TICK_S if self._wait_s is None else self._wait_s - (time.monotonic() - self._began)


def _passing(path: str, error: Exception) -> PlacementError:
    """The fault that may pass, as while the agent restarts; raises one that does not."""
    if not isinstance(error, PlacementError):
        return away(path, error)
    if error.problems[0].code != AWAY:
        raise error
    return error


def _checked(path: str, answer: "Answer") -> "Answer":
    """The last answer, if it is one that settles anything. Raises PlacementError."""
    outcome = answer.get("outcome")
    if outcome in ("run", REJECT):
        return answer
    if outcome == "unknown":
        reason, message = _word(answer, "reason"), _word(answer, "message")
        remedy = "`placement status` says how the agent is"
        raise PlacementError(Problem("agent-unsure", f"the agent cannot tell: {message} [{reason}]", remedy=remedy))
    if "error" in answer:
        raise refused(path, answer)
    raise PlacementError(nonsense(path, "it has no outcome that is known"))


def _candidates(decision: Decision, queue: str) -> tuple[str, ...]:
    """The queues that the submission may go to, the decided one first."""
    others = decision.allowed if decision.reason == FIRST_MATCH else ()
    return tuple(dict.fromkeys((queue, *others)))[:MOST_CANDIDATES]


def _demands(decision: Decision) -> "list[Json]":
    """What to hold for it, to be tried in turn: with the executors that earlier runs had, and as it is asked for.

    What is asked for may run where as many as earlier runs had can never be held. None: that is not known.
    """
    command, known = decision.submission.command, decision.submission.estimate
    asked = command.asked if command else None
    if asked is None or max(asked.of_all()) >= LARGEST:
        return [None]
    demand: Any = asked.as_data()
    expected: Any = known.begun(asked) if known else demand
    is_countable = expected["containers"] * expected["container"]["memory_mib"] < LARGEST
    return [expected, demand] if expected != demand and is_countable else [demand]


def _request(
    decision: Decision, demand: "Json", candidates: tuple[str, ...], wait_s: float | None, priority: int
) -> "dict[str, Json]":
    command = decision.submission.command
    words = command.family if command else ""
    if command and command.application:
        words += " " + masked([command.application])[0].rpartition("/")[2]
    return {
        "op": "submit",
        "id": decision.id,
        "user": decision.submission.identity.user,
        "candidates": candidates,
        "demand": demand,
        "command": words[:MOST_COMMAND],
        "priority": priority,
        "wait_s": wait_s,
    }


def _queue(answer: "Answer", candidates: tuple[str, ...], scheduler: str, path: str) -> str:
    """The candidate that the agent gives the turn in. Raises PlacementError `agent-answer` if it is none."""
    named = _word(answer, "queue")
    found = next((queue for queue in candidates if is_same(named, queue, scheduler)), None)
    if found is None:
        raise PlacementError(nonsense(path, f"it gives a turn in {quoted(named)}, which was not asked for"))
    return found


def _run(decision: Decision, policy: Policy, queue: str, waited_s: float) -> None:
    if queue != decision.queue:
        moved(decision, policy, queue)
    if waited_s:
        decision.message += f", after {span(waited_s)} of waiting"


def _refuse(decision: Decision, answer: "Answer") -> None:
    decision.outcome, decision.queue = REJECT, None
    decision.reason = _word(answer, "reason") or "not-admitted"
    decision.message = _word(answer, "message") or "the agent does not say why"
    decision.way_out = _ways(decision, answer)


def _give_up(decision: Decision, waits: "Answer", wait_s: float) -> None:
    said = _word(waits, "message")
    decision.outcome = REJECT
    if wait_s:
        decision.reason = WAITED
        decision.message = f"no turn for {quoted(decision.queue or '')} within {span(wait_s)}: {said}; try again later"
    else:
        decision.reason = NOT_NOW
        decision.message = f"{quoted(decision.queue or '')} has no room now: {said}; let it wait, as by {WAIT}=30m"
    decision.queue, decision.way_out = None, _ways(decision, waits)


def _ways(decision: Decision, answer: "Answer") -> "list[dict[str, str]]":
    """What is said to help, as far as it can be understood."""
    said = answer.get("way_out")
    ways = [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
    command = decision.submission.command
    is_spark = command is not None and command.family in SPARK
    return [
        {"change": _change(each, is_spark), "queue": _word(each, "queue"), "outcome": _word(each, "outcome")}
        for each in ways[:MOST_WAYS]
    ]


def _change(way: "Answer", is_spark: bool) -> str:
    """What to change, in words that go on after `with`; the agent's own for what is not known here."""
    kind, value = _word(way, "kind"), way.get("value")
    if kind == "other-queue":
        return ""
    if kind == "fewer-containers" and _number(value) is not None:
        return f"--num-executors {value}" if is_spark else f"at most {value} containers"
    size = value if isinstance(value, dict) else {}
    memory_mib, vcores = _number(size.get("memory_mib")), _number(size.get("vcores"))
    if kind in SMALLER and memory_mib and vcores:
        return SMALLER[kind].format(in_units(int(memory_mib), MEMORY), f"{vcores} vcore" + "s" * (vcores != 1))
    return _word(way, "change")


def _record(answer: "Answer", waits: "Answer | None", waited_s: float) -> "dict[str, object]":
    """What the decision keeps: the limit that made it wait last, or keeps it out for good."""
    limit = answer.get("limit") or (waits or {}).get("limit")
    limit = limit if isinstance(limit, dict) else {}
    age_s = answer.get("age_s", (waits or {}).get("age_s"))
    return {
        "outcomes": [*(["wait"] if waits else []), answer.get("outcome")],
        "limit": _word(limit, "code") or None,
        "at": _word(limit, "at") or None,
        **{key: _number(limit.get(key)) for key in ("needed", "have")},
        "unit": _word(limit, "unit") or None,
        "age_s": _number(age_s),
        "waited_s": waited_s,
    }


def _word(said: "Answer", key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
