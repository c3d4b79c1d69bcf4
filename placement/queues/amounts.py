"""Amounts of resources as a policy says them: absolute, or as percent of the parent queue or of the cluster."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from placement.units import MEMORY, in_units, quantity

MEMORY_NAME, VCORES = "memory", "vcores"
ABSOLUTE, OF_PARENT, OF_CLUSTER = "absolute", "percent of the parent", "percent of the cluster"
MOST_OF_ONE = 2**53  # MiB, or pieces; beyond it floats, and thus percentages, are no longer exact
MOST_VCORES = 2**31 - 1

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?) ?%( of cluster)?", re.ASCII)
# Source: Hadoop `ResourceInformation`/`ResourceUtils` (names of resource types).
_RESOURCE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/)?[A-Za-z][\w.-]*", re.ASCII)
_MEANT = {
    **dict.fromkeys(("memory-mb", "memory_mib", "mem", "mb", "ram"), MEMORY_NAME),
    **dict.fromkeys(("vcore", "cpu", "cpus", "core", "cores", "v-cores"), VCORES),
    **dict.fromkeys(("gpu", "gpus", "yarn.io/gpus"), "yarn.io/gpu"),
    **dict.fromkeys(("fpga", "fpgas"), "yarn.io/fpga"),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of the resources: `values` by resource, or `every` for one percentage of all of them; never both.

    `basis` ABSOLUTE: memory in MiB, anything else in pieces. OF_PARENT, OF_CLUSTER: percent, 0 to 100. The two are
    kept apart because the capacity scheduler's percentages are of the parent queue and the fair scheduler's of the
    cluster (`QueueCapacityConfigParser`, `ConfigurableResource.getResource`). A resource that is not there is not
    said: none of it for what is reserved, no limit for a maximum.
    """

    basis: str
    values: Mapping[str, float] = field(default_factory=dict)
    every: float | None = None

    def of(self, resource: str) -> float | None:
        """How much of one resource, None where nothing is said of it."""
        return self.values.get(resource) if self.every is None else self.every

    def as_data(self) -> str | dict[str, str | int]:
        """The amount as queues.yaml writes it."""
        if self.every is not None:
            return _percent_text(self.every, self.basis)
        names = sorted(self.values, key=lambda name: (name != MEMORY_NAME, name != VCORES))
        return {name: self.text(name) for name in names}

    def text(self, resource: str) -> str | int:
        """How much of one resource, as queues.yaml writes it. Raises KeyError where nothing is said of it."""
        value = self.values[resource] if self.every is None else self.every
        if self.basis != ABSOLUTE:
            return _percent_text(value, self.basis)
        return in_units(value, _WHOLE) if resource == MEMORY_NAME else int(value)


_WHOLE = {unit: size for unit, size in MEMORY.items() if size >= 1}


def percent(text: object) -> tuple[str, float] | None:
    """Basis and number of `60%` (of the parent) or `60% of cluster`; None if it is neither.

    Raises ValueError, of what was expected, for more than 100 percent.
    """
    found = _PERCENT.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found:
        return None
    if float(found[1]) > 100:
        raise ValueError("at most `100%`")
    return (OF_CLUSTER if found[2] else OF_PARENT), float(found[1])


def share(value: object) -> Amount:
    """One percentage of every resource. Raises ValueError, of what was expected."""
    found = percent(value)
    if found is None:
        raise ValueError("an amount, as `60%`, `60% of cluster` or `{memory: 200g, vcores: 50}`")
    return Amount(found[0], every=found[1])


def memory(value: object) -> tuple[str, float]:
    """Basis and number of an amount of memory, `200g` or `60%`. Raises ValueError, of what was expected."""
    found = percent(value)
    if found:
        return found
    mib = quantity(value.strip(), MEMORY) if isinstance(value, str) else None
    if mib is None or mib > MOST_OF_ONE or mib != int(mib):
        raise ValueError("a size in whole MiB with its unit, as `512m` or `200g`, or a share, as `60%`")
    return ABSOLUTE, int(mib)


def vcores(value: object) -> tuple[str, float]:
    """Basis and number of an amount of vcores, `50` or `60%`. Raises ValueError, of what was expected."""
    return _pieces(value, MOST_VCORES)


def pieces(value: object) -> tuple[str, float]:
    """Basis and number of an amount of another resource, `2` or `50%`. Raises ValueError, of what was expected."""
    return _pieces(value, MOST_OF_ONE)


def together(parts: Mapping[str, tuple[str, float]]) -> Amount:
    """The amount of `parts`: basis and number by resource. Raises ValueError, of what was expected."""
    if not parts:
        raise ValueError("at least one resource, as `{memory: 200g, vcores: 50}`")
    for name in parts:
        _check_name(name)
    bases = {basis for basis, _ in parts.values()}
    if len(bases) > 1:
        raise ValueError("all of it absolute, or all percent of the parent, or all percent of the cluster")
    return Amount(bases.pop(), {name: number for name, (_, number) in parts.items()})


def _pieces(value: object, most: int) -> tuple[str, float]:
    found = percent(value)
    if found:
        return found
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError("a whole number from 0 on, or a share, as `60%`")
    return ABSOLUTE, value


def _check_name(name: str) -> None:
    if name in (MEMORY_NAME, VCORES):
        return
    meant = _MEANT.get(name.lower()) or (name.lower() if name.lower() in (MEMORY_NAME, VCORES) else None)
    if meant:
        raise ValueError(f"`{meant}` instead of `{name}`")
    if len(name) > 255 or not _RESOURCE.fullmatch(name):
        raise ValueError("names of resources, as `memory`, `vcores`, `yarn.io/gpu`")


def _percent_text(number: float, basis: str) -> str:
    digits = f"{number:.9f}".rstrip("0").rstrip(".")
    return f"{digits}%{' of cluster' if basis == OF_CLUSTER else ''}"
