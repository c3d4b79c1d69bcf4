"""What one application asks for, as admission counts it. Pure."""

import msgspec

from placement.admission.resources import NOTHING, Resources


class Demand(msgspec.Struct, frozen=True, gc=False):
    """The application master's container, and as many others, all alike, as the application begins with."""

    master: Resources
    containers: int = 0
    container: Resources = NOTHING

    @property
    def total(self) -> Resources:
        """All of it together."""
        return self.master + self.container * self.containers

    def rounded(self, minimum: Resources, step: Resources) -> "Demand":
        """As the scheduler gives it out, see Resources; a master of nothing is one outside of YARN."""
        master = self.master.rounded(minimum, step) if self.master else self.master
        container = self.container.rounded(minimum, step) if self.containers else self.container
        return Demand(master, self.containers, container)
