"""Settings that queues.yaml passes on to the fair scheduler as they are: what stands under `fair`."""

import math
from collections.abc import Mapping
from typing import Any

from placement.errors import quoted
from placement.queues.names import FAIR
from placement.schedulers.configuration import APPROXIMATED, NOT_EXPRESSED, Shortfall
from placement.schedulers.fair import amounts, elements, placement_policy, texts, values, words

_WORDS = {  # the keys of queues.yaml that say what a property says
    "minResources": ("reserved",),
    "maxResources": ("maximum",),
    "maxRunningApps": ("max-running",),
    "maxAMShare": ("max-am-share",),
    "schedulingPolicy": ("policy",),
    "aclSubmitApps": ("submit",),
    "aclAdministerApps": ("admin",),
    "maxChildResources": ("auto-create", "template", "maximum"),
    words.TYPE: ("auto-create",),
    "weight": ("weight",),
}


class Passed:
    """What one queue, or `defaults` (`queue` None), passes on."""

    def __init__(self, queue: str | None, said: Mapping[str, Any], is_parent: bool) -> None:
        self._queue = queue
        self._said = said
        self._is_parent = is_parent
        self._keys: tuple[str, ...] = (FAIR,) if queue is not None else ("defaults", FAIR)

    def over(self, found: dict[str, str], lacking: list[Shortfall]) -> dict[str, str]:
        """`found` with all that is passed on, which wins over what is there; what cannot be goes to `lacking`."""
        for tag, value in self._said.items():
            name = words.current(self._queue, tag)
            text = _text(self._queue, name, value)
            why = "it is no text, number, `true` or `false`" if text is None else self._fault(name, text)
            if text is None or why:
                lacking.append(Shortfall(self._queue, (*self._keys, tag), str(value), NOT_EXPRESSED, why))
                continue
            if name in found and not values.same(self._queue, name, found[name], text):
                keys = _WORDS.get(name, (*self._keys, tag)) if self._queue else (*self._keys, tag)
                why = f"`fair` says {quoted(f'{tag}: {text}')} too, and that wins"
                lacking.append(Shortfall(self._queue, keys, found[name], APPROXIMATED, why))
            found[name] = text
        return found

    def _fault(self, name: str, text: str) -> str:
        """Why the scheduler cannot be told it; empty if it can."""
        element = elements.parsed(text) if text.startswith("<") else None
        kind = words.kind_of(self._queue, name)
        if words.user_of(name) is not None and self._queue is None:
            return f"the scheduler takes {texts.fault(words.WHOLE, text)}" if texts.fault(words.WHOLE, text) else ""
        if name == words.TYPE and self._queue is not None:
            return "" if text == words.PARENT and not self._is_parent else "only `parent` says something"
        is_user = name == "user" and self._queue is None
        if words.is_queue(name, self._queue is not None) or is_user or not elements.can_be_name(name):
            return "an element with this name cannot be passed through"
        if not elements.can_hold(text) or (
            text.startswith("<") and (element is None or elements.name(element) != name)
        ):
            return "XML cannot hold it as it is" if element is None else f"it is no element {quoted(name)}"
        if name == words.PLACEMENT:
            faults = placement_policy.faults(element) if element is not None else [(None, "it has no rules")]
            return f"the scheduler refuses it: {faults[0][1]}" if faults else ""
        if self._is_parent and name in words.FOR_LEAVES:
            return "the scheduler refuses it in queues that have some below them"
        fault = texts.fault(kind, elements.text_of(text)) if kind else ""
        return f"the scheduler takes {fault}" if fault else ""


def _text(queue: str | None, name: str, value: object) -> str | None:
    """A value of queues.yaml as the file has it; None if it cannot have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if isinstance(value, int | float):
        return amounts.plain(value)
    if not isinstance(value, str):
        return None
    if value.startswith("<"):
        element = elements.parsed(value)
        return value if element is None else elements.serialized(element)
    is_list = words.kind_of(queue, name) == words.ACCESS
    return value or " " if is_list else value.strip(amounts.TRIMMED)
