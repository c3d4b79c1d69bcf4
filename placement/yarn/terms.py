"""What the ResourceManager works by and does not answer: from `yarn-site.xml` of this gateway, and handed in. Adapter.

Sources: Hadoop yarn-default.xml, `FairSchedulerConfiguration.getIncrementAllocation`, `UnitsConversionUtil`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from placement.admission.resources import Resources
from placement.errors import Place, PlacementError, Problem, quoted
from placement.yarn.configuration import YARN, setting

AM_SHARE = 0.5  # of the fair scheduler, where nothing is said
NO_AM_LIMIT = -1.0

_MINIMUM = "yarn.scheduler.minimum-allocation-mb", "yarn.scheduler.minimum-allocation-vcores"
_INCREMENT = "yarn.scheduler.increment-allocation-mb", "yarn.scheduler.increment-allocation-vcores"
_TYPE_INCREMENT = (
    "yarn.resource-types.memory-mb.increment-allocation",
    "yarn.resource-types.vcores.increment-allocation",
)
_DEFAULT = Resources(1024, 1)
_MEMORY_UNIT = "Mi"
_UNITS: dict[str, int] = {unit: 1000**power for power, unit in enumerate(("", "k", "M", "G", "T", "P"))}
_UNITS |= {f"{unit.upper()}i": 1024**power for power, unit in enumerate(("k", "m", "g", "t", "p"), 1)}
_AMOUNT = re.compile(r"([0-9]+)\s*([a-zA-Z]*)")


@dataclass(frozen=True, slots=True)
class Terms:
    """`minimum` of a container, where the ResourceManager is too old to say; what the fair scheduler rounds up by.

    `counts_vcores`: whether the capacity scheduler counts vcores, as it does with DominantResourceCalculator alone; the
    fair scheduler always does. `am_shares`: the fair scheduler's maxAMShare by the queue's full path; NO_AM_LIMIT is
    none, and a queue that is not there has `am_share` (queueMaxAMShareDefault).
    """

    minimum: Resources = _DEFAULT
    increment: Resources = _DEFAULT
    counts_vcores: bool = False
    am_shares: Mapping[str, float] = field(default_factory=dict)
    am_share: float = AM_SHARE


def terms(
    environ: Mapping[str, str],
    counts_vcores: bool = False,
    am_shares: Mapping[str, float] | None = None,
    am_share: float = AM_SHARE,
) -> Terms:
    """The terms, as far as yarn-site.xml of this gateway knows them.

    Raises PlacementError `bad-allocation` for a number that is none, `no-resource-manager` if the file is none.
    """
    memory, vcores = _DEFAULT.memory_mib, _DEFAULT.vcores
    minimum = Resources(_number(environ, _MINIMUM[0], memory), _number(environ, _MINIMUM[1], vcores))
    increment = Resources(
        _either(environ, _TYPE_INCREMENT[0], _INCREMENT[0], memory, _MEMORY_UNIT),
        _either(environ, _TYPE_INCREMENT[1], _INCREMENT[1], vcores, ""),
    )
    return Terms(minimum, increment, counts_vcores, am_shares or {}, am_share)


def _either(environ: Mapping[str, str], newer: str, older: str, default: int, unit: str) -> int:
    """The newer setting wins over the older one, and alone may have a unit."""
    folder, said = setting(environ, newer)
    if not said:
        return _number(environ, older, default)
    found = _AMOUNT.fullmatch(said)
    if not found or (found[2] and found[2] not in _UNITS):
        raise _bad(folder, newer, said)
    return int(found[1]) * _UNITS[found[2] or unit] // _UNITS[unit]


def _number(environ: Mapping[str, str], key: str, default: int) -> int:
    folder, said = setting(environ, key)
    if not said:
        return default
    if not said.isdecimal():
        raise _bad(folder, key, said)
    return int(said)


def _bad(folder: str, key: str, said: str) -> PlacementError:
    message = f"`{key}` is {quoted(said)}, which is no amount"
    remedy = "write it as the ResourceManager has it: a whole number"
    return PlacementError(Problem("bad-allocation", message, Place(f"{folder}/{YARN}"), remedy))
