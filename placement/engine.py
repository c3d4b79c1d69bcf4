"""The one call of all faces: who decides, and what belongs to the moment of a decision. Adapter on the hot path.

The map decides, or the executable that the site names in its place.
"""

import posix
import time

from placement.decision import Decision
from placement.decision import decide as decide_by_map
from placement.policy import Policy
from placement.rules.condition import WEEKDAYS
from placement.submission import Submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.rules.condition import Value
    from placement.submission import Reading


def decide(submission: Submission, policy: Policy, decision_id: str) -> Decision:
    """The decision on `submission`. Raises PlacementError `policy-exec` if the executable breaks its contract."""
    submits = submission.command is None or submission.command.submits
    if policy.site.policy_exec and submits:
        from placement import foreign

        return foreign.decide(policy.site.policy_exec, submission, policy.site.scheduler, decision_id)
    return decide_by_map(submission, policy, decision_id)


def facts(command: "Reading | None" = None) -> "dict[str, Value | None]":
    """What conditions may ask: of the gateway's clock, and of a command line if there is one."""
    now = time.localtime()
    known: dict[str, Value | None] = {"hour": float(now.tm_hour), "weekday": WEEKDAYS[now.tm_wday]}
    return {**command.facts(), **known} if command else known


def new_id() -> str:
    """Sixteen hexadecimal digits, for one decision."""
    return posix.urandom(8).hex()
