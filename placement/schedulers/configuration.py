"""What a scheduler is told, in its own words: the form between its file and the queue tree. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from placement.errors import Place

Properties = Mapping[str, str]
Places = Mapping[tuple[str | None, str | None], Place]

APPROXIMATED, NOT_EXPRESSED = "approximated", "not expressed"
GATEWAY, RESOURCE_MANAGER, NOBODY = "gateway", "resource-manager", "nobody"


@dataclass(frozen=True, slots=True)
class Configuration:
    """`queues`: the properties of every queue by its full path, `root` first, each parent before its children.

    A property has the scheduler's name for it (`maxResources`, `maximum-capacity`) and its text there. Which queues
    there are is said by the paths alone. `general` are the properties of the scheduler as a whole. `places` has where
    a property of a queue stands in the file, by queue (None: general) and property (None: the queue itself); empty if
    it was not read from a file.
    """

    scheduler: str
    queues: Mapping[str, Properties]
    general: Properties = field(default_factory=dict)
    places: Places = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A part of the policy that the scheduler does not have as it is said.

    `queue`, None for the policy as a whole, and `keys` say where it stands in queues.yaml, as `queues_file.reading`
    `Places.of` takes them; of a rule of the map `line` is its line there. `said` is what is asked for, in words.
    `how`: APPROXIMATED, and `why` says by what, or NOT_EXPRESSED, and `why` says what keeps it. `enforced_by`:
    GATEWAY, RESOURCE_MANAGER or NOBODY.
    """

    queue: str | None
    keys: tuple[int | str, ...]
    said: str
    how: str
    why: str
    enforced_by: str = NOBODY
    line: int = 0

    def as_data(self) -> dict[str, object]:
        """The shortfall as plain data."""
        return {
            "queue": self.queue,
            "keys": list(self.keys),
            "line": self.line,
            "said": self.said,
            "how": self.how,
            "why": self.why,
            "enforced_by": self.enforced_by,
        }
