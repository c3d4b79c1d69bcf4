"""The whole policy as a scheduler is told it: queues, access from the map, placement rules."""

from dataclasses import dataclass, replace

from placement import collector
from placement.queues.queue import Hierarchy
from placement.rules.model import Rules
from placement.schedulers.configuration import GATEWAY, NOT_EXPRESSED, Configuration, Shortfall
from placement.schedulers.formats import FORMATS
from placement.schedulers.granted import granted


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a scheduler is to be told, and what of the policy it is not told as it is said."""

    configuration: Configuration
    shortfalls: tuple[Shortfall, ...]


@collector.paused()
def render(hierarchy: Hierarchy, rules: Rules, scheduler: str) -> Rendered:
    """`rules` as they place: roles known, queues by their full paths where the tree can tell."""
    form = FORMATS[scheduler]
    opened, not_granted = granted(hierarchy, rules)
    configuration, not_rendered = form.render(opened)
    if form.places_itself(configuration.general):
        place_themselves = [_own_rules(scheduler)] if rules.rules else []
        return Rendered(configuration, (*not_rendered, *not_granted, *place_themselves))
    placing, not_placed = form.placement_rules(rules, hierarchy) if rules.rules else ({}, [])
    general = {**configuration.general, **placing}
    return Rendered(replace(configuration, general=general), (*not_rendered, *not_granted, *not_placed))


def content(configuration: Configuration) -> bytes:
    """The file that tells it."""
    return FORMATS[configuration.scheduler].write(configuration)


def _own_rules(scheduler: str) -> Shortfall:
    why = "`defaults` has placement rules of its own for this scheduler; delete them to have them made from the map"
    return Shortfall(None, ("defaults", scheduler), "the order of the map", NOT_EXPRESSED, why, GATEWAY)
