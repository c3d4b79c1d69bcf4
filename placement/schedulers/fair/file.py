"""The allocation file, read as the scheduler reads it.

Sources: Hadoop `AllocationFileLoaderService`, `AllocationFileParser`, `AllocationFileQueueParser` (3.5.0).
"""

from placement.errors import PlacementError, Problem, quoted
from placement.queues.names import FAIR
from placement.queues.tree import ROOT
from placement.schedulers import xml
from placement.schedulers.configuration import Configuration
from placement.schedulers.fair import elements, placement_policy, texts, words
from placement.schedulers.fair.amounts import TRIMMED
from placement.schedulers.fair.elements import Element
from placement.schedulers.fair.writing import write

__all__ = ["read", "write"]

_CDATA = b"<![CDATA["


def read(content: bytes, file: str) -> tuple[Configuration, list[Problem]]:
    """What the file tells the scheduler, by current names, with warnings and notes.

    Raises PlacementError with everything that the scheduler would refuse: `not-xml`, `xml-refused`, and the codes of
    this module.
    """
    root = xml.root_of(content, file)
    reader = _Reader(content, file, root)
    errors = [problem for problem in reader.problems if problem.severity == "error"]
    if errors:
        raise PlacementError(*sorted(errors, key=lambda each: each.place.line if each.place else 0))
    return Configuration(FAIR, reader.queues, reader.general, reader.places), reader.problems


class _Reader:
    """One reading of a file: what it says, and what is to be said of it."""

    def __init__(self, content: bytes, file: str, root: Element) -> None:
        encoding = root.getroottree().docinfo.encoding or "utf-8"
        self._lines = xml.Lines(content, file, encoding)
        self._spots: dict[tuple[str | None, str | None], xml.Spot] = {}
        self._parents: set[str] = set()  # queues with some below them
        self._typed: set[str] = set()  # queues with type="parent"
        self.queues: dict[str, dict[str, str]] = {ROOT: {}}
        self.general: dict[str, str] = {}
        self.places = xml.Places(self._spots)
        self.problems: list[Problem] = []
        if self._is_readable(content, root):
            self._allocations(root)

    def _is_readable(self, content: bytes, root: Element) -> bool:
        if elements.name(root) != "allocations":
            message = f"an allocation file is `<allocations>`, and this is {quoted(f'<{elements.name(root)}>')}"
            self._problem("not-allocations", message, root, "see whether this is the right file")
        elif _CDATA in content:
            message = "`<![CDATA[`: the scheduler may read only a part of a text that has it"
            self._problem("cdata", message, root, "write the text as it is, with `&lt;` for `<` and `&amp;` for `&`")
        else:
            return True
        return False

    def _allocations(self, root: Element) -> None:
        queues, policy = [], None
        seen: set[str] = set()
        for child in elements.children(root):
            tag = elements.name(child)
            if words.is_queue(tag, is_inside=False):
                queues.append(child)
            elif tag == words.PLACEMENT:
                policy = child
            elif tag == "user":
                self._user(child)
            else:
                self._property(None, child, seen)
        if policy is not None:
            self._policy(policy)
        for queue in queues:
            self._top_queue(queue, len(queues) == 1)
        self._finish_queues()
        self._finish_general()

    def _top_queue(self, element: Element, is_alone: bool) -> None:
        name = element.get("name", "")
        if name.lower() != ROOT:
            self._queue(ROOT, element)
        elif not is_alone:
            message = "`root` has other queues beside it, and the scheduler refuses that"
            self._problem("root-beside-others", message, element, "move them into `root`")
        elif name != ROOT:
            message = f"the scheduler takes {quoted(name)} for a queue below `root`, without the settings it has here"
            self._problem("bad-queue-name", message, element, "write `root`")
        else:
            self._queue(None, element)

    def _queue(self, parent: str | None, element: Element) -> None:
        name = element.get("name", "").strip()
        if not name or "." in name:
            message = (
                f"{quoted(name)} cannot be the name of a queue: it has a dot" if name else "a queue without a name"
            )
            remedy = "put a queue into another one to say a path" if name else "give it a `name`"
            self._problem("bad-queue-name", message, element, remedy)
        path = name if parent is None else f"{parent}.{name}"
        if parent is not None:
            self._parents.add(parent)
        if (path, None) in self._spots:
            message = f"{quoted(path)} stands here again; the scheduler takes both together, and the last word counts"
            self._problem("queue-again", message, element, "make them one", "warning")
        self._spots[path, None] = self._spot(element)
        self.queues.setdefault(path, {})
        if element.get("type") == words.PARENT:
            self._typed.add(path)
        seen: set[str] = set()
        for child in elements.children(element):
            if words.is_queue(elements.name(child), is_inside=True):
                self._queue(path, child)
            else:
                self._property(path, child, seen)

    def _property(self, path: str | None, element: Element, seen: set[str]) -> None:
        tag = elements.name(element)
        name = words.current(path, tag)
        kind = words.kind_of(path, name)
        text = self._unknown(path, tag, element) if kind is None else self._text(kind, tag, element)
        if text is None:
            return
        is_checked = path is not None or kind == words.DEFAULT_POLICY  # of others the scheduler reads the last one only
        if kind and is_checked and not self._is_taken(kind, tag, text, element):
            return
        if name in seen:
            which = "any that says no" if kind == words.FLAG else "the last one"
            message = f"{quoted(tag)} stands here again, and {which} counts"
            self._problem("setting-again", message, element, "delete all but one", "warning")
        seen.add(name)
        said = self.general if path is None else self.queues[path]
        if kind == words.FLAG and not texts.flag(said.get(name, "true")):
            return  # who said no once cannot take it back
        said[name] = text
        self._spots[path, name] = self._spot(element)

    def _text(self, kind: str, tag: str, element: Element) -> str | None:
        text = elements.first_text(element)
        if not text:
            remedy = "write one blank for nobody" if kind == words.ACCESS else "write it, or delete the element"
            self._problem("bad-setting", f"{quoted(tag)} has no text, which the scheduler cannot read", element, remedy)
            return None
        return elements.value(tag, text if kind == words.ACCESS else text.strip(TRIMMED))

    def _is_taken(self, kind: str, tag: str, text: str, where: Element | xml.Spot) -> bool:
        fault = texts.fault(kind, elements.text_of(text))
        if fault:
            lines, line = where if isinstance(where, tuple) else self._spot(where)
            message = f"the scheduler refuses {quoted(text)} for {quoted(tag)}"
            self.problems.append(Problem("bad-setting", message, lines.place(line), f"write {fault}"))
        return not fault

    def _unknown(self, path: str | None, tag: str, element: Element) -> str:
        if tag.rpartition(":")[2] == "include":
            message = f"{quoted(tag)} is not followed, not by the scheduler either"
            self._problem("not-followed", message, element, "put what it names into this file", "warning")
        elif path is None or tag != words.RESERVATION:
            message = f"the scheduler does not know {quoted(tag)} here, and passes over it"
            self._problem("unknown-element", message, element, "correct or delete it", "warning")
        text = elements.plain_text(element)
        if text is None or (tag == words.TYPE and path is not None):  # there is an attribute of that name
            return elements.serialized(element)
        return elements.value(tag, text.strip(TRIMMED))

    def _user(self, element: Element) -> None:
        name = words.of_user(element.get("name", ""))
        for child in elements.children(element):
            tag = elements.name(child)
            if tag != "maxRunningApps":
                message = f"the scheduler does not know {quoted(tag)} of a user, and passes over it"
                self._problem("unknown-element", message, child, "correct or delete it", "warning")
                continue
            text = self._text(words.WHOLE, tag, child)
            if text is not None and self._is_taken(words.WHOLE, tag, text, child):
                self.general[name] = text
                self._spots[None, name] = self._spot(child)

    def _policy(self, element: Element) -> None:
        for where, fault in placement_policy.faults(element):
            message = f"the scheduler refuses these placement rules: {fault}"
            self._problem("bad-placement-rules", message, where, "correct the rules")
        self.general[words.PLACEMENT] = elements.serialized(element)
        self._spots[None, words.PLACEMENT] = self._spot(element)

    def _finish_queues(self) -> None:
        for path, said in self.queues.items():
            if path in self._typed and path not in self._parents:
                said[words.TYPE] = words.PARENT
            if path not in self._typed and path not in self._parents:
                continue
            for tag in words.FOR_LEAVES:
                if tag in said:
                    message = f"{quoted(path)} is a parent, and {quoted(tag)} is only for queues that are none"
                    place = self.places[path, tag]
                    self.problems.append(Problem("only-of-leaves", message, place, "delete it there"))

    def _finish_general(self) -> None:
        if words.OLD_TIMEOUT in self.general:
            text, place = self.general.pop(words.OLD_TIMEOUT), self._spots.pop((None, words.OLD_TIMEOUT))
            if words.TIMEOUT not in self.general:
                self.general[words.TIMEOUT], self._spots[None, words.TIMEOUT] = text, place
        for name, text in self.general.items():
            kind = words.kind_of(None, name)
            if kind is not None and kind != words.DEFAULT_POLICY and not words.is_idle(name, self.queues[ROOT]):
                self._is_taken(kind, name, text, self._spots[None, name])

    def _spot(self, element: Element) -> xml.Spot:
        return self._lines, int(element.sourceline or 0)

    def _problem(self, code: str, message: str, element: Element, remedy: str, severity: str = "error") -> None:
        self.problems.append(Problem(code, message, self._lines.place(self._spot(element)[1]), remedy, severity))
