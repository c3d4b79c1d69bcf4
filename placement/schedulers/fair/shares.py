"""Percent of the parent, as the tree says them, in what the fair scheduler knows: absolute, or percent of the cluster.

Exact where everything above is known: percent of percent are percent, percent of an absolute amount absolute, rounded
down. Source: Hadoop `ConfigurableResource.getResource`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, OF_CLUSTER, OF_PARENT, VCORES, Amount
from placement.schedulers.fair.amounts import DECIMALS

Part = tuple[str, float]  # basis, ABSOLUTE or OF_CLUSTER, and number
WHOLE: Part = (OF_CLUSTER, 100)
NONE: Part = (ABSOLUTE, 0)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a queue's amount: of each resource, and of the `rest`; None: nothing is known."""

    rest: Part | None
    values: Mapping[str, Part | None] = field(default_factory=dict)

    def of(self, resource: str) -> Part | None:
        """What is known of one resource."""
        return self.values.get(resource, self.rest)


CLUSTER = Known(WHOLE)


def within(amount: Amount, parent: Known, left_out: Part | None = None) -> Known:
    """What an amount of a queue comes to in a parent with so much.

    `left_out`: what the amount gives of resources that it does not name; None: what the parent has.
    """
    if amount.basis == OF_PARENT:
        if amount.every is not None:
            every = amount.every
            return Known(_of(parent.rest, every), {name: _of(part, every) for name, part in parent.values.items()})
        values = {name: _of(parent.of(name), number) for name, number in amount.values.items()}
    elif amount.every is not None:
        return Known((amount.basis, amount.every))
    else:
        values = {name: (amount.basis, number) for name, number in amount.values.items()}
    return Known(left_out, values) if left_out else Known(parent.rest, {**parent.values, **values})


def written(amount: Amount, known: Known, left_out: Part) -> tuple[Amount | None, bool]:
    """The amount that `within` found, as the scheduler can be told it, None if it cannot; and whether that is all.

    `left_out`: what the scheduler takes for a resource that is not named.
    """
    if amount.basis != OF_PARENT:
        return amount, True
    if amount.every is None:
        return _together({name: known.of(name) for name in amount.values}), True
    if not known.values and known.rest and known.rest[0] == OF_CLUSTER:
        return Amount(OF_CLUSTER, every=known.rest[1]), True
    names = dict.fromkeys((MEMORY_NAME, VCORES, *known.values))
    return _together({name: known.of(name) for name in names}), known.rest == left_out


def _together(parts: Mapping[str, Part | None]) -> Amount | None:
    values = {name: part[1] for name, part in parts.items() if part is not None}
    bases = {part[0] for part in parts.values() if part is not None}
    return Amount(bases.pop(), values) if len(bases) == 1 and len(values) == len(parts) else None


def _of(part: Part | None, percent: float) -> Part | None:
    if part is None:
        return None
    basis, number = part
    share = Fraction(Decimal(repr(number))) * Fraction(Decimal(repr(percent))) / 100
    return (basis, int(share)) if basis == ABSOLUTE else (basis, round(float(share), DECIMALS))
