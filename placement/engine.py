"""Who decides: the map, or the executable that the site names in its place. The one call of all faces; hot path."""

from placement.decision import Decision
from placement.decision import decide as decide_by_map
from placement.policy import Policy
from placement.submission import Submission


def decide(submission: Submission, policy: Policy, decision_id: str) -> Decision:
    """The decision on `submission`. Raises PlacementError `policy-exec` if the executable breaks its contract."""
    submits = submission.command is None or submission.command.submits
    if policy.site.policy_exec and submits:
        from placement import foreign

        return foreign.decide(policy.site.policy_exec, submission, policy.site.scheduler, decision_id)
    return decide_by_map(submission, policy, decision_id)
