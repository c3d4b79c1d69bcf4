"""What Hadoop's schedulers complain of: which property of which queue they mean. Pure.

Their words name a queue, a property, a value, or none of these; each that is found narrows down what can be meant.
Sources: the messages of Hadoop 3.5 (`AllocationFileParser`, `AllocationFileQueueParser`, `FairSchedulerConfiguration`,
`QueuePlacementPolicy`, `QueueManager`; `CapacitySchedulerConfiguration`, `AbstractParentQueue`, `AbstractCSQueue`,
`MappingRuleValidationContextImpl`), tried in tests/cluster/test_hadoop_loader.py.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from placement.queues.names import FAIR
from placement.queues.tree import ROOT
from placement.schedulers.capacity.terms import PREFIX
from placement.schedulers.configuration import Configuration

CHILDREN = "children of the queue"  # what a complaint of all queues below one is about, in the place of a property
RULES = "placement rules"  # what a complaint of the rules is about

_WRAPPERS = ("Failed to initialize", "Failed to re-init", "Exception while loading allocation file")
_RULE = re.compile(r"queueName='([^']*)'")
_CLASS = re.compile(r"(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error): ")

# Properties that a message is about, where it does not name them.
_RESOURCES = r"m(?:ax|in)(?:Child)?Resources|maxContainerAllocation|queueMaxResourcesDefault"
_FAIR_HINTS = (
    (r"queue placement|QueuePlacementPolicy|rule class|rule element|parent rule|[Rr]ule '", RULES),
    (r"scheduling polic|SchedulingPolicy|[Qq]ueue policy|since FIFO", r"schedulingPolicy|defaultQueueSchedulingPolicy"),
    (r"less than min resources", r"minResources"),
    (r"resource (?:config|values)|Invalid (?:value|percentage)|Missing resource", _RESOURCES),
    (r"getFirstChild|org\.w3c\.dom", r"acl\w+"),
)
_CAPACITY_HINTS = (
    (r"workflow priority", r"workflow-priority-mappings"),
    (
        r"[Mm]apping|for groups|queue path|[Pp]ath (?:root|'|seg)|parent found on path|Target queue|queue is undefined",
        RULES,
    ),
    (r"^(?:Match|Rule|Unsupported|Unknown type)|schema\.Rule|expected close marker", RULES),
    (r"for children of queue|children queue used mixed|both parent and child|less than to its children", CHILDREN),
    (r"child queue names", CHILDREN),
    (r"Min resource configuration|^Illegal weight|abs-capacity", r"capacity"),
    (r"Max resource configuration|maximum-capacity", r"maximum-capacity"),
    (r"node-label=", r"accessible-node-labels\..*capacity"),
    (r"^Illegal capacity|percentage based capacity", r"capacity"),
    (r"ordering policy", r"ordering-policy"),
    (r"QueueState|STOPPED", r"state"),
    (r"maximum allocation", r"maximum-allocation.*"),
    (r"lifetime", r".*application-lifetime"),
    (r"[Ll]abels? of child|accessible queue", r"accessible-node-labels"),
    (r"default label", r"default-node-label-expression"),
    (r"leaf queue template", r"leaf-queue-template\..*|auto-.*\.(?:leaf-)?template\..*"),
    (r"^Weight .* for user", r"user-settings\..*"),
    (r"^Unknown resource|not supported", r".*capacity|maximum-allocation"),
)
# What in a message is the text of a property, or a part of it; the first of these that is there counts.
_VALUES = (
    r"invalid resource definition: (.+?)\. (?=The resource|Every resource)",
    r"from input: (.+)",
    r"percentage: (.+), percentage",
    r"percentage of \S+ (.+)",
    r"^(?:Invalid|Illegal) (?:value|weight|capacity|queue mapping)[^:=\d-]*[:=]? ?(?:of )?(-?[^ ,]+?)(?:\.0)?(?:,| |$)",
    r"input string: \"(.*)\"",
    r"these labels=\[([^\],]+)",
    r"accessible queue is (\*)$",
    r"^Unknown resource: (\S+)",
    r"^Default lifetime (\d+)",
    r"No enum constant \S+\.(\w+)",
    r"Class (\S+) not found",
    r"ordering policy(?: for)?[:=] ?(.+?)[, ]",
    r"^(\S+) (?:SchedulingPolicy class not found|does not extend|not supported)",
    r"rule class found for (\S+)",
    r"mapping (?:format '|prefix )(\w+)",
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What a complaint is about: a `queue` by its full path, or None, and a property of it, or of the whole scheduler.

    `property`, without the capacity scheduler's PREFIX, or CHILDREN, or RULES; None: the queue itself, or, without a
    queue, nothing that could be told. `rule_queue`: the queue of the rule that it is about, as the scheduler knows it.
    """

    queue: str | None = None
    property: str | None = None
    rule_queue: str | None = None


def in_words(chain: Sequence[str]) -> str:
    """The first of a chain of exceptions, `class: message` each, that says something, in one line."""
    for number, each in enumerate(chain):
        message = _CLASS.sub("", each.partition(": ")[2])
        is_last = number == len(chain) - 1
        if is_last or not (message.startswith(_WRAPPERS) or chain[number + 1].endswith(message)):
            break
    else:
        return ""
    line = message.split("\n")[0].strip()
    return line if line and line != "null" else each.partition(": ")[0].rpartition(".")[2]


def meant(text: str, configuration: Configuration, log: Sequence[str] = ()) -> Meant:
    """What `text` is about, in what the scheduler was told. `log`: what it logged beside it."""
    hint = _hint(text, configuration.scheduler)
    if hint == RULES:
        found = _RULE.search(" ".join((text, *log)))
        return Meant(None, RULES, found[1] if found else None)
    queue = _queue(text, configuration)
    if hint == CHILDREN:
        return Meant(queue or ROOT, CHILDREN)
    value = _value(text)
    left, is_told = [*_all(configuration)], False
    for tells, is_of_property in (
        (lambda each: hint and re.fullmatch(hint, each[1]), True),
        (lambda each: queue and each[0] == queue, False),
        (lambda each: re.search(rf"(?<![\w.-]){re.escape(each[1])}(?![\w-])", text), True),
        (lambda each: value and each[2] == value, True),
        (lambda each: value and value in each[2], True),
    ):
        narrowed = [each for each in left if tells(each)]
        if narrowed:
            left, is_told = narrowed, is_told or is_of_property
    if not is_told or (queue and left[0][0] not in (queue, None)):
        return Meant(queue)
    is_one = len(left) == 1 or bool(value and value in left[0][2])  # of several, the first is what is read first
    return Meant(*left[0][:2]) if is_one else Meant(queue)


def _hint(text: str, scheduler: str) -> str | None:
    hints = _FAIR_HINTS if scheduler == FAIR else _CAPACITY_HINTS
    return next((properties for pattern, properties in hints if re.search(pattern, text)), None)


def _queue(text: str, configuration: Configuration) -> str | None:
    """The queue that is named, by its path or, where only one queue has it, by its last part."""
    paths = configuration.queues
    for word in re.findall(r"[Qq]ueue[ :=('\[]+([^\s')\],]+)", text):
        name = word.removesuffix("label=.").rstrip(".:")
        named = [path for path in paths if path == name or path.endswith(f".{name}")]
        if name in paths or len(named) == 1:
            return name if name in paths else named[0]
    words = re.split(r"[\s:,'()\[\]={}]+", text)
    return next((word.rstrip(".") for word in words if word.rstrip(".") in paths), None)


def _value(text: str) -> str | None:
    return next((found[1] for found in (re.search(pattern, text) for pattern in _VALUES) if found), None)


def _all(configuration: Configuration) -> Iterator[tuple[str | None, str, str]]:
    """Queue, property and text of everything that the scheduler is told."""
    for name, text in configuration.general.items():
        yield None, name.removeprefix(PREFIX), text
    for queue, properties in configuration.queues.items():
        for name, text in properties.items():
            yield queue, name, text
