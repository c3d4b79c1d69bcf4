"""capacity-scheduler.xml, or the same as plain properties, into a Configuration, and back."""

from collections import Counter
from collections.abc import Mapping

from placement.errors import Place, PlacementError, Problem, quoted
from placement.queues.names import CAPACITY
from placement.queues.tree import ROOT
from placement.schedulers.capacity import terms
from placement.schedulers.capacity.resource import Include, in_force, substituted, written
from placement.schedulers.capacity.terms import PREFIX
from placement.schedulers.capacity.texts import JAVA_BLANKS, flag
from placement.schedulers.configuration import Configuration
from placement.schedulers.xml import Places, Spot

COMMENT = "Rendered from a policy by placement: an edit here is lost with the next apply. Edit the policy instead."


def read(content: bytes, file: str, include: Include | None = None) -> tuple[Configuration, list[Problem]]:
    """What the file says, with warnings and notes.

    `include`: the content of what is included, by its href; raises OSError if there is none. Raises PlacementError
    with every error: as `resource.in_force`, `queue-list`.
    """
    found = in_force(content, file, include)
    configuration, problems = _arranged(found.texts, found.places)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise PlacementError(*errors)
    if found.replaced:
        message = f"variables in {len(found.replaced)} properties are replaced by what they stand for"
        problems.append(Problem("variables-replaced", message, found.replaced[0], severity="note"))
    return configuration, problems


def of(properties: Mapping[str, str]) -> Configuration:
    """What plain properties say, by their full names, as the scheduler-conf API gives them.

    A variable of which only the ResourceManager knows is left as it is. Raises PlacementError `queue-list`.
    """
    configuration, problems = _arranged(substituted(properties)[0], Places({}))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise PlacementError(*errors)
    return configuration


def properties(configuration: Configuration) -> dict[str, str]:
    """Every property by its full name, the lists of queues included; the general ones first."""
    children: dict[str, list[str]] = {}
    for path in configuration.queues:
        parent, _, name = path.rpartition(".")
        if parent:
            children.setdefault(parent, []).append(name)
    found = dict(configuration.general)
    for path, own in configuration.queues.items():
        if path in children:
            found[f"{PREFIX}{path}.{terms.QUEUES}"] = ",".join(children[path])
        for name, text in own.items():
            found[f"{PREFIX}{path}.{name}"] = text
    return found


def write(configuration: Configuration) -> bytes:
    """The file. Raises PlacementError `not-in-xml` for a character that no XML file can hold."""
    return written(properties(configuration), COMMENT)


def _arranged(texts: Mapping[str, str], places: Places[str]) -> tuple[Configuration, list[Problem]]:
    """The properties by queue, and what is wrong with the lists of queues."""
    paths, problems = _paths(texts, places)
    queues: dict[str, dict[str, str]] = {path: {} for path in paths}
    general: dict[str, str] = {}
    found: dict[tuple[str | None, str | None], Spot] = {}
    strangers: dict[str, Place | None] = {}
    for name, text in texts.items():
        path, suffix = _queue_of(name, queues)
        spot = places.spots.get(name)
        if path is not None and suffix == terms.QUEUES:
            continue
        if path is None or not terms.is_of_queue(suffix):
            stranger = path is not None and _stranger(path, suffix, texts)
            if stranger:
                strangers.setdefault(stranger, places.get(name))
            path, suffix = None, name
            general[name] = text
        else:
            queues[path][suffix] = text
        if spot:
            found[path, suffix] = spot
            found.setdefault((path, None), spot)
    problems += [_no_such_queue(path, place) for path, place in strangers.items()]
    for path in paths:
        listed = places.spots.get(f"{PREFIX}{path.rpartition('.')[0]}.{terms.QUEUES}")
        if listed and (path, None) not in found:
            found[path, None] = listed
    return Configuration(CAPACITY, queues, general, Places(found)), problems


def _paths(texts: Mapping[str, str], places: Mapping[str, Place]) -> tuple[list[str], list[Problem]]:
    """Every queue, each parent before its children, in the order of the lists; `getStrings` skips what is empty."""
    problems: list[Problem] = []
    found: list[str] = []
    rest = [ROOT]
    while rest:
        path = rest.pop()
        found.append(path)
        listed = f"{PREFIX}{path}.{terms.QUEUES}"
        names = [name.strip(JAVA_BLANKS) for name in texts.get(listed, "").split(",") if name]
        for name in [name for name, times in Counter(names).items() if times > 1 or not name or "." in name]:
            is_name = name and "." not in name
            what = f"{quoted(name)} stands in it twice" if is_name else f"{quoted(name)} is no name of one queue"
            message = f"the list of the queues below {quoted(path)} is wrong: {what}"
            problems.append(Problem("queue-list", message, places.get(listed), "list each queue's own name once"))
        rest += [f"{path}.{name}" for name in reversed(dict.fromkeys(names)) if name and "." not in name]
    return found, problems


def _queue_of(name: str, queues: Mapping[str, object]) -> tuple[str | None, str]:
    """The queue whose property a name is, the longest path that fits, and the property; O(parts of the name)."""
    if not name.startswith(f"{PREFIX}{ROOT}."):
        return None, name
    path = name[len(PREFIX) :]
    while True:  # INVARIANT: `root` is among the queues
        path = path.rpartition(".")[0]
        if path in queues:
            return path, name[len(PREFIX) + len(path) + 1 :]


def _stranger(path: str, suffix: str, texts: Mapping[str, str]) -> str:
    """The queue that is not there and that a property is of; empty for a wildcard, and one created on demand."""
    words = suffix.split(".")
    if "*" in words or flag(texts.get(f"{PREFIX}{path}.{terms.CREATES}", "")):
        return ""
    own = next((at for at, word in enumerate(words) if word in terms.FAMILIES), len(words) - 1)
    return ".".join([path, *words[:own]])


def _no_such_queue(path: str, place: Place | None) -> Problem:
    message = f"there is no queue {quoted(path)}: no list of queues has it, and its properties say nothing"
    remedy = "add it to the list of the queue around it, or delete its properties"
    return Problem("no-such-queue", message, place, remedy, "warning")
