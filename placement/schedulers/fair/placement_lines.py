"""Placement rules of the fair scheduler as lines of a map.

Sources: Hadoop `QueuePlacementPolicy`, `FSPlacementRule` and its kinds, `FairQueuePlacementUtils`.
"""

from collections.abc import Collection, Mapping

from lxml import etree

from placement.errors import PlacementError, Problem, quoted
from placement.queues.names import FAIR, full_name
from placement.queues.tree import ROOT
from placement.rules.model import EVERYONE
from placement.schedulers import xml
from placement.schedulers.fair.words import PLACEMENT
from placement.schedulers.granted import line
from placement.schedulers.permitted import REFUSED_THERE
from placement.schedulers.spots import OF_GROUP, OF_USER

_REMEDY = "see whether lines of the map can say what it is for"


class _NoLineError(Exception):
    """A rule that no line of a map can be; the message says why."""


def lines(general: Mapping[str, str], queues: Collection[str]) -> tuple[list[str], list[Problem]]:
    """Lines of a map, in order, that place whoever asks for nothing as the placement rules in `general` do.

    `queues`: every full path there is. Problems, all warnings: `rule-left-out` for a rule that cannot be a line,
    `rule-approximated` where requests do not count, `rules-unreadable` for rules that the scheduler could not read
    either, `rules-elsewhere` if there are none here.
    """
    text = general.get(PLACEMENT, "")
    if not text.strip():
        return [], [_none_here()]
    try:
        policy = xml.root_of(text.encode("utf-8"), PLACEMENT)
    except PlacementError as error:
        return [], [_unreadable(error.problems[0].message)]
    written: list[str] = []
    problems: list[Problem] = []
    rules, known = _rules(policy), set(queues)
    for rule, behind in zip(rules, [*rules[1:], None], strict=True):
        try:
            if rule.get("name") == "reject" and not written:
                raise _NoLineError(REFUSED_THERE)
            found = _lines(rule, behind, known)
            written += found
            problems += [_created(rule, text) for text in found if _is_created(rule, text, known)]
        except _NoLineError as error:
            problems.append(_left_out(rule, str(error)))
    if rules and rules[0].get("name") not in ("specified", "reject"):
        problems.append(_passed_over(rules[0]))
    return written, problems


def _lines(rule: etree._Element, behind: etree._Element | None, queues: set[str]) -> list[str]:
    name = rule.get("name", "")
    if name == "reject":
        return []  # as whom no line is for
    if name == "specified":
        if _creates(rule):
            raise _NoLineError("queues that are asked for are not created, unless `auto-create` says so")
        return []  # what may be asked for is said by the access lists
    within = _rules(rule)[-1:]
    refuses = behind is not None and behind.get("name") == "reject"  # whose queue is not there, as the map does
    if name != "default" and not refuses and not all(map(_creates, [rule, *within])):
        raise _NoLineError("it counts only for those whose queue is there, and a map has no such condition")
    queue = _queue(rule, within, queues)
    written = line(EVERYONE, "", queue)
    if written is None:
        raise _NoLineError("a map cannot write this queue")
    return [written]


def _queue(rule: etree._Element, within: list[etree._Element], queues: set[str]) -> str:
    """The queue of a rule, with that of the rule `within` it, if any, as its parent."""
    name = rule.get("name", "")
    if name == "default":
        queue = full_name(rule.get("queue") or "default", FAIR)
        if not _creates(rule) and queue not in queues:
            raise _NoLineError(f"{quoted(queue)} is not there")
        return queue
    part = {"user": OF_USER, "nestedUserQueue": OF_USER, "primaryGroup": OF_GROUP}.get(name)
    if part is None:
        raise _NoLineError(f"no line of a map does what {quoted(name)} does")
    return f"{_queue(within[0], [], queues) if within else 'root'}.{part}"


def _rules(element: etree._Element) -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str) and child.tag.lower() == "rule"]


def _creates(rule: etree._Element) -> bool:
    return (rule.get("create") or "true").lower() == "true"


def _none_here() -> Problem:
    message = "the file has no placement rules; the scheduler goes by yarn-site.xml, `allow-undeclared-pools` in it"
    remedy = "write where those go who ask for no queue; `* root.%user` unless yarn-site.xml says otherwise"
    return Problem("rules-elsewhere", message, None, remedy, "warning")


def _left_out(rule: etree._Element, why: str) -> Problem:
    message = f"the placement rule {_text(rule)} is left out: {why}"
    return Problem("rule-left-out", message, None, _REMEDY, "warning")


def _passed_over(rule: etree._Element) -> Problem:
    message = (
        f"requests count for nothing where {_text(rule)} places; the map refuses them, or lets them have the queue"
    )
    remedy = "delete the lines of map.txt for what is not to be asked for"
    return Problem("rule-approximated", message, None, remedy, "warning")


def _text(rule: etree._Element) -> str:
    return quoted(etree.tostring(rule, encoding="unicode", with_tail=False))


def _is_created(rule: etree._Element, text: str, queues: set[str]) -> bool:
    """Whether it has queues created around others, where an import sees no `type="parent"` that says so."""
    parent = _parent(text)
    return "%" in text and _creates(rule) and (parent == ROOT or any(path.startswith(f"{parent}.") for path in queues))


def _created(rule: etree._Element, text: str) -> Problem:
    message = f"{_text(rule)} has queues created below {quoted(_parent(text))}; the policy creates none there"
    return Problem(
        "rule-approximated", message, None, "write `auto-create: {}` at that queue if they are to be", "warning"
    )


def _parent(text: str) -> str:
    return text.partition(" ")[2].partition(".%")[0]


def _unreadable(why: str) -> Problem:
    message = f"the placement rules cannot be read: {why}"
    return Problem("rules-unreadable", message, None, "correct them, or write the rules into map.txt", "warning")
