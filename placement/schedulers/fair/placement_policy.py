"""What the scheduler refuses in a queuePlacementPolicy.

Sources: Hadoop `QueuePlacementPolicy.fromXml` and the rules' `initialize` (3.5.0).
"""

from placement.errors import quoted
from placement.schedulers.fair.elements import Element, children, is_empty, name

ALWAYS, NEVER, CREATES = "always", "never", "if it creates"
ENDS = {  # by rule: whether it leaves nobody to the next one
    "user": CREATES,
    "primaryGroup": CREATES,
    "secondaryGroupExistingQueue": NEVER,
    "specified": NEVER,
    "nestedUserQueue": CREATES,
    "default": CREATES,
    "reject": ALWAYS,
}
_WITHOUT_PARENT = ("specified", "default", "reject")
_SAME = {"nestedUserQueue": "user"}  # rules of one class


def faults(policy: Element) -> list[tuple[Element, str]]:
    """What keeps the scheduler from taking the rules, with the element that is at fault; it stops at the first."""
    if is_empty(policy):
        return [(policy, "it has no rules")]
    rules = _rules(policy)
    found = [(rule, fault) for rule in rules if (fault := _fault(rule))]
    if found or not rules:
        return found
    early = [rule for rule in rules[:-1] if _ends(rule)]
    if early:
        return [(early[0], "the rules behind it can never be reached")]
    return [] if _ends(rules[-1]) else [(rules[-1], "the last rule leaves some applications without a queue")]


def _rules(element: Element) -> list[Element]:
    return [child for child in children(element) if name(child).lower() == "rule"]


def _fault(rule: Element) -> str:
    kind, above = rule.get("name", ""), _rules(rule)
    if kind not in ENDS:
        return _unknown(kind)
    if not above:
        return "it needs a rule within, which says below which queue" if kind == "nestedUserQueue" else ""
    parent = above[-1].get("name", "")  # the last one counts, and none within it
    if parent not in ENDS:
        return _unknown(parent)
    if parent in ("reject", "nestedUserQueue"):
        return f"{quoted(parent)} cannot be within another rule"
    if kind in _WITHOUT_PARENT:
        return f"{quoted(kind)} has no rule within it"
    if _SAME.get(kind, kind) == parent:
        return "a rule cannot be within one of its own kind"
    return ""


def _unknown(kind: str) -> str:
    return f"there is no rule {quoted(kind)}" if kind else "the rule has no `name`"


def _ends(rule: Element) -> bool:
    above = _rules(rule)
    return _ends_alone(rule) and (not above or _ends_alone(above[-1]))


def _ends_alone(rule: Element) -> bool:
    ends = ENDS[rule.get("name", "")]
    return ends == ALWAYS or (ends == CREATES and rule.get("create", "").lower() in ("", "true"))
