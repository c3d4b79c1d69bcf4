"""The two schedulers side by side: what each of them has a function of its own for."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from placement.errors import Problem
from placement.queues.names import CAPACITY, FAIR
from placement.queues.queue import Hierarchy
from placement.rules.model import Rules
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.capacity import importing as capacity_importing
from placement.schedulers.capacity import mapping_rules, stages
from placement.schedulers.capacity import rendering as capacity_rendering
from placement.schedulers.capacity import values as capacity_values
from placement.schedulers.configuration import Configuration, Properties, Shortfall
from placement.schedulers.fair import file as fair_file
from placement.schedulers.fair import importing as fair_importing
from placement.schedulers.fair import placement_rules
from placement.schedulers.fair import rendering as fair_rendering
from placement.schedulers.fair import values as fair_values

Problems = list[Problem]
Include = Callable[[str], bytes]  # the content of a file that another one names
Shortfalls = list[Shortfall]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One scheduler's configuration, from its file to the queue tree and back.

    `read` takes content, the file's name, and who reads the files that it includes, and raises PlacementError; `write`
    is the reverse. `hierarchy` and `render`: to the queue tree and from it. `placement_rules` are made from the map,
    and `map_lines` a map from them. `same`: whether two texts of a property (of a queue, or None) mean the same.
    `keeping_states`: the first configuration, with what the second says of queues' states where the first is silent.
    `own_rules`: the general properties with which a site says placement rules itself.
    """

    file_name: str
    read: Callable[[bytes, str, Include], tuple[Configuration, Problems]]
    write: Callable[[Configuration], bytes]
    hierarchy: Callable[[Configuration], tuple[Hierarchy, Problems]]
    render: Callable[[Hierarchy], tuple[Configuration, Shortfalls]]
    placement_rules: Callable[[Rules, Hierarchy], tuple[dict[str, str], Shortfalls]]
    map_lines: Callable[[Mapping[str, str], Collection[str]], tuple[list[str], Problems]]
    same: Callable[[str | None, str, str | None, str | None], bool]
    keeping_states: Callable[[Configuration, Configuration], Configuration]
    own_rules: Collection[str]

    def places_itself(self, general: Properties) -> bool:
        """Whether the site has placement rules of its own, which leave none to the map."""
        return any(name in general for name in self.own_rules)


FORMATS: Mapping[str, Format] = {
    FAIR: Format(
        file_name="fair-scheduler.xml",
        read=lambda content, file, _: fair_file.read(content, file),
        write=fair_file.write,
        hierarchy=fair_importing.hierarchy,
        render=fair_rendering.render,
        placement_rules=placement_rules.of,
        map_lines=placement_rules.lines,
        same=fair_values.same,
        keeping_states=lambda new, _: new,
        own_rules=placement_rules.PROPERTIES,
    ),
    CAPACITY: Format(
        file_name="capacity-scheduler.xml",
        read=capacity_file.read,
        write=capacity_file.write,
        hierarchy=capacity_importing.hierarchy,
        render=capacity_rendering.render,
        placement_rules=mapping_rules.of,
        map_lines=mapping_rules.lines,
        same=capacity_values.same,
        keeping_states=stages.keeping_states,
        own_rules=mapping_rules.PROPERTIES,
    ),
}
