"""What the capacity scheduler is told, as a queue tree: all that the model knows, the rest in the scheduler's words."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from placement.errors import Place, PlacementError, Problem, quoted
from placement.queues.queue import (
    Access,
    Hierarchy,
    Limits,
    Queue,
    Quota,
    Settings,
    can_be_named,
    can_be_somebody,
)
from placement.queues.tree import ROOT
from placement.schedulers.capacity import refusals, terms
from placement.schedulers.capacity.rendering import FULL_NAMES, render
from placement.schedulers.capacity.settings import Reader, auto_create
from placement.schedulers.capacity.terms import PREFIX
from placement.schedulers.capacity.texts import flag, number, whole
from placement.schedulers.capacity.values import same
from placement.schedulers.configuration import Configuration


def hierarchy(configuration: Configuration) -> tuple[Hierarchy, list[Problem]]:
    """The queue tree that, rendered again, means the same to the scheduler; with warnings.

    Raises PlacementError with every error: `refused-value` (the scheduler refuses it, or the file), `queue-name`.
    """
    importing = _Importing(configuration)
    found = importing.hierarchy()
    errors = [*importing.errors, *refusals.of_shares(configuration, importing.legacy)]
    if errors:
        raise PlacementError(*sorted(errors, key=lambda each: each.place.line if each.place else 0))
    return _as_it_stands(found, configuration), importing.warnings


class _Importing:
    def __init__(self, configuration: Configuration) -> None:
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self._configuration = configuration
        self.legacy = flag(configuration.general.get(f"{PREFIX}{terms.LEGACY_MODE}", "")) is not False
        self._children: dict[str, list[str]] = {path: [] for path in configuration.queues}
        for path in configuration.queues:
            if path != ROOT:
                self._children[path.rpartition(".")[0]].append(path)

    def hierarchy(self) -> Hierarchy:
        made: dict[str, Queue] = {}
        for path in reversed(list(self._configuration.queues)):
            made[path] = self._queue(path, tuple(made[child] for child in self._children[path]))
        root = made[ROOT]
        if root.is_leaf:
            message = "no queue is below `root`: the ResourceManager does not start with this"
            remedy = f"list the queues in `{PREFIX}root.{terms.QUEUES}`"
            self.warnings.append(Problem("refused-value", message, self._place(None, None), remedy, "warning"))
        per_user, defaults = self._general()
        return Hierarchy(root=replace(root, per_user=per_user), defaults=Settings(**defaults))

    def _queue(self, path: str, children: tuple[Queue, ...]) -> Queue:
        name = path.rpartition(".")[2]
        self._check_name(path, name)

        def refuse(suffix: str, expected: str) -> None:
            self._refuse(path, suffix, expected)

        said = self._with_a_share(path)
        creating, said = auto_create(said, refuse, self.legacy)
        own = {terms.CAPACITY: said.pop(terms.CAPACITY)} if path == ROOT and terms.CAPACITY in said else {}
        if path == ROOT and terms.LABELS in said:
            own[terms.LABELS] = said.pop(terms.LABELS)
        fields = Reader(refuse, self.legacy).settings(said, not children and creating is None)
        own = {name: text for name, text in own.items() if not same(path, name, text, None)}
        if own:
            fields["extras"] = {"capacity": {**fields.get("extras", {}).get("capacity", {}), **own}}
        if path == ROOT:
            open_to_all = {"submit": Access(everybody=True), "admin": Access(everybody=True)}
            fields = open_to_all | fields
        return Queue(name=name, auto_create=creating, children=children, **fields)

    def _with_a_share(self, path: str) -> dict[str, str]:
        """What a queue says; without a share it has 0%, which beside absolute ones says nothing."""
        said = dict(self._configuration.queues[path])
        if path != ROOT and same(path, terms.CAPACITY, said.get(terms.CAPACITY), None):
            said.pop(terms.CAPACITY, None)
            beside = self._children[path.rpartition(".")[0]]
            if not any(self._configuration.queues[each].get(terms.CAPACITY, "").startswith("[") for each in beside):
                said[terms.CAPACITY] = "0"
        return said

    def _check_name(self, path: str, name: str) -> None:
        is_other_root = (name.lower() == ROOT and path.count(".") == 1) or (name == ROOT and path != ROOT)
        if not can_be_named(name) or is_other_root:
            message = f"queues.yaml cannot have a queue called {quoted(name)}"
            remedy = "give it another name in the scheduler first, or import without it"
            self.errors.append(Problem("queue-name", message, self._place(path, None), remedy))

    def _general(self) -> tuple[Quota | None, dict[str, Any]]:
        """What all users may have, and the fields of the defaults."""
        default, exceptions = Limits(), dict[str, Limits]()
        fields: dict[str, Any] = {}
        extras: dict[str, str] = {}
        for full, text in self._configuration.general.items():
            name = full.removeprefix(PREFIX)
            user = name.removeprefix("user.").removesuffix(f".{terms.MAX_RUNNING}")
            is_ours, is_of_user = full != name, name == f"user.{user}.{terms.MAX_RUNNING}" and can_be_somebody(user)
            try:
                if is_ours and name == terms.MAX_AM_SHARE and 0 <= number(text) <= 1:
                    fields["max_am_share"] = number(text)
                elif is_ours and name == terms.MAX_RUNNING and whole(text) >= 0:
                    fields["max_running"] = whole(text)
                elif is_ours and name == terms.MAX_PER_USER and whole(text) >= 0:
                    default = Limits(max_running=whole(text))
                elif is_ours and is_of_user and _count(text) >= 0:
                    exceptions[user] = Limits(max_running=_count(text))
                else:
                    self._keep(full, name, text, extras)
            except ValueError as error:
                self._refuse(None, full, str(error))
        if extras:
            fields["extras"] = {"capacity": extras}
        return (Quota(default, exceptions) if default != Limits() or exceptions else None), fields

    def _keep(self, full: str, name: str, text: str, extras: dict[str, str]) -> None:
        if full.startswith(FULL_NAMES) and (name == full or name.startswith(FULL_NAMES)):
            extras[full] = text
        elif name != full:
            extras[name] = text
        else:
            message = f"{quoted(full)} is no property that the scheduler knows, and is left out"
            place = self._place(None, full)
            self.warnings.append(Problem("foreign-property", message, place, "see whether it is misspelt", "warning"))

    def _refuse(self, path: str | None, name: str, expected: str) -> None:
        properties = self._configuration.general if path is None else self._configuration.queues[path]
        message = f"the scheduler refuses {quoted(properties[name])} for {quoted(name)}"
        message += f" of {quoted(path)}" if path else ""
        self.errors.append(Problem("refused-value", message, self._place(path, name), f"write {expected}"))

    def _place(self, path: str | None, name: str | None) -> Place | None:
        places = self._configuration.places
        return places.get((path, name)) or places.get((path, None))


def _as_it_stands(found: Hierarchy, configuration: Configuration) -> Hierarchy:
    """The tree where each property that would not be rendered as it was is said in the scheduler's words."""
    rendered, _ = render(found)
    kept: dict[str, dict[str, str]] = {}
    for path, said in configuration.queues.items():
        again = rendered.queues[path]
        for name in {**said, **again}:
            if not same(path, name, said.get(name), again.get(name)):
                nothing = "0" if name.endswith(terms.CAPACITY) else None
                text = said.get(name, nothing)
                if text is not None:
                    kept.setdefault(path, {})[name] = text
    return replace(found, root=_keeping(found.root, ROOT, kept)) if kept else found


def _keeping(queue: Queue, path: str, kept: Mapping[str, Mapping[str, str]]) -> Queue:
    children = tuple(_keeping(child, f"{path}.{child.name}", kept) for child in queue.children)
    extras = queue.extras
    if path in kept:
        extras = {**extras, "capacity": {**extras.get("capacity", {}), **kept[path]}}
    return replace(queue, children=children, extras=extras)


def _count(text: str) -> int:
    return whole(text, trimmed=False)
