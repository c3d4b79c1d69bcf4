"""The one decision: a submission and a policy in, run or reject with a reason out. Pure, and on the hot path.

The wrappers, the policy executable and `placement decide` all call `decide`; none of them decides anything itself.
"""

from placement.errors import nearest, quoted
from placement.policy import Policy
from placement.queues.names import is_same, is_unset, leaf
from placement.rules.match import candidates, choose
from placement.rules.model import Rule
from placement.submission import Identity, Request, Submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.rules.match import Candidate

RUN, REJECT, PASS = "run", "reject", "pass"
FIRST_MATCH, REQUEST_ALLOWED = "first-match", "request-allowed"
NO_RULE, REQUEST_DENIED, SUBMITS_NOTHING = "no-rule", "request-denied", "submits-nothing"
REQUEST_AMBIGUOUS = "request-ambiguous"


class Decision:
    """`outcome` RUN (in `queue`), REJECT, or PASS (nothing is submitted, so nothing is decided).

    `reason` is a stable code and `message` says the same in words. `rule` is the line of `map_file` that decided, None
    where none did. `candidates` are the queues of all matching rules; `allowed` those that may be asked for, each once.
    `admission` is what came of waiting for room, None where nothing waits, and `way_out` what would have helped.
    `right_sized` are the roles whose containers were made smaller than was typed.
    """

    __slots__ = (
        "admission",
        "allowed",
        "candidates",
        "id",
        "map_file",
        "message",
        "outcome",
        "queue",
        "reason",
        "revision",
        "right_sized",
        "rule",
        "submission",
        "way_out",
    )

    def __init__(
        self,
        decision_id: str,
        submission: Submission,
        outcome: str,
        reason: str,
        message: str,
        queue: str | None = None,
        rule: Rule | None = None,
        candidates: tuple[str, ...] = (),
        map_file: str = "",
        revision: str = "",
    ) -> None:
        self.id = decision_id
        self.submission = submission
        self.outcome = outcome
        self.reason = reason
        self.message = message
        self.queue = queue
        self.rule = rule
        self.candidates = candidates
        self.allowed = tuple(dict.fromkeys(candidates))
        self.map_file = map_file
        self.revision = revision
        self.admission: dict[str, object] | None = None
        self.way_out: list[dict[str, str]] = []
        self.right_sized: list[dict[str, object]] = []

    def as_data(self) -> dict[str, object]:
        """The decision as plain data: what `--json` prints."""
        rule = self.rule
        request, command = self.submission.request, self.submission.command
        return {
            "outcome": self.outcome,
            "queue": self.queue,
            "reason": self.reason,
            "message": self.message,
            "rule": {"file": self.map_file, "line": rule.line, "text": rule.text} if rule else None,
            "candidates": list(self.candidates),
            "allowed": list(self.allowed),
            "request": request.as_data() if request else None,
            "identity": self.submission.identity.as_data(),
            "command": command.as_data() if command else None,
            "demand": self.submission.demand(),
            "right_sized": self.right_sized,
            "admission": self.admission,
            "way_out": self.way_out,
            "revision": self.revision,
            "id": self.id,
        }


def decide(submission: Submission, policy: Policy, decision_id: str) -> Decision:
    """What the policy says of `submission`; O(groups). A command that submits nothing passes without a look at them."""
    if submission.command and not submission.command.submits:
        return Decision(decision_id, submission, PASS, SUBMITS_NOTHING, submission.command.why)
    rules, scheduler, identity = policy.rules, policy.site.scheduler, submission.identity
    matching = list(candidates(rules, identity.user, identity.groups, submission.facts, scheduler))
    request = submission.request
    if request and is_unset(request.queue):
        request = None
    chosen = choose(matching, request.queue if request else None, scheduler)
    queues = tuple(queue for _, queue in matching)
    rule, queue = chosen or (None, None)
    if rule and queue:
        outcome, reason = RUN, REQUEST_ALLOWED if request else FIRST_MATCH
        message = _by(rule, queue, rules.file)
    elif request and queues:
        fitting = tuple(dict.fromkeys(queue for queue in queues if is_same(request.queue, queue, scheduler)))
        outcome, reason = REJECT, REQUEST_AMBIGUOUS if fitting else REQUEST_DENIED
        message = _ambiguous(request, fitting) if fitting else _denied(request, identity, rules.file, matching)
    else:
        outcome, reason = REJECT, NO_RULE
        message = _no_rule(identity, rules.file)
    return Decision(
        decision_id,
        submission,
        outcome,
        reason,
        message,
        queue,
        rule,
        candidates=queues,
        map_file=rules.file,
        revision=policy.revision,
    )


def moved(decision: Decision, policy: Policy, queue: str) -> None:
    """Makes `queue`, another of its candidates, the one that `decision` is for."""
    identity, facts = decision.submission.identity, decision.submission.facts
    matching = candidates(policy.rules, identity.user, identity.groups, facts, policy.site.scheduler)
    decision.queue = queue
    decision.rule = next((rule for rule, each in matching if each == queue), None)
    if decision.rule:
        decision.message = _by(decision.rule, queue, policy.rules.file)


def _by(rule: Rule, queue: str, map_file: str) -> str:
    return f"{quoted(queue)} by {map_file}:{rule.line} ({quoted(rule.text)})"


def _ambiguous(request: Request, fitting: tuple[str, ...]) -> str:
    paths = " or ".join(map(quoted, fitting))
    return f"{quoted(request.queue)} ({request.source}) could be {paths}; ask for one of them by its path"


def _denied(request: Request, identity: Identity, map_file: str, matching: "list[Candidate]") -> str:
    allowed = {queue: rule.line for rule, queue in reversed(matching)}
    queues = [queue for _, queue in matching]
    near_leaf = nearest(leaf(request.queue), list(map(leaf, queues)))
    alike = {queue.removeprefix("root."): queue for queue in dict.fromkeys(queues) if leaf(queue) == near_leaf}
    near = alike.get(nearest(request.queue.removeprefix("root."), list(alike)) or "") or next(
        iter(alike.values()), None
    )
    way_out = f"did you mean {quoted(near)}? " if near else ""
    return (
        f"{quoted(identity.user)} may not use {quoted(request.queue)} ({request.source}) by {map_file}; allowed: "
        + ", ".join(f"{quoted(queue)} (line {allowed[queue]})" for queue in dict.fromkeys(queues))
        + f"; {way_out}without a request: {quoted(queues[0])}"
    )


def _no_rule(identity: Identity, map_file: str) -> str:
    groups = ", ".join(map(quoted, identity.groups)) or "none"
    return f"no rule of {map_file} is for {quoted(identity.user)} (groups: {groups}); ask its administrators for one"
