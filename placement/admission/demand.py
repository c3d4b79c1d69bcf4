"""What one application asks for, as admission counts it. Pure."""

from dataclasses import dataclass
from typing import Any, Self

from placement.admission.resources import NOTHING, Resources


@dataclass(frozen=True, slots=True)
class Demand:
    """The application master's container, and as many others, all alike, as the application begins with."""

    master: Resources
    containers: int = 0
    container: Resources = NOTHING

    @property
    def total(self) -> Resources:
        """All of it together."""
        return self.master + self.container * self.containers

    def rounded(self, minimum: Resources, step: Resources) -> "Demand":
        """As the scheduler gives it out, see Resources."""
        container = self.container.rounded(minimum, step) if self.containers else self.container
        return Demand(self.master.rounded(minimum, step), self.containers, container)

    def as_data(self) -> dict[str, Any]:
        """The demand as plain data."""
        return {"master": self.master.as_data(), "containers": self.containers, "container": self.container.as_data()}

    @classmethod
    def of(cls, data: Any) -> Self:
        """What `as_data` gave. Raises ValueError where it is something else."""
        try:
            master, containers, container = data["master"], data["containers"], data["container"]
        except (TypeError, KeyError, IndexError) as error:
            raise ValueError("`master`, `containers` and `container`") from error
        if type(containers) is not int or containers < 0:
            raise ValueError("`containers`, a whole number from 0 on")
        return cls(Resources.of(master), containers, Resources.of(container))
