"""What a submission will need, role by role and in all: what was learned where it is known, else what is asked for.

Pure, and part of the hot path: standard library only.
"""

from placement.estimate.demand import Asked, Role
from placement.units import MIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.estimate.prediction import Interval, Prediction
    from placement.rules.condition import Facts

AS_ASKED = "as asked for"
MOST = 1e9  # vcores; no cluster has more


class RoleNeed:
    """One role: what is asked (`role`), what such jobs used (`prediction`), and how many containers there will be.

    `number` None: not known. `safe_mib`: what one container should be given.
    Raises ValueError or OverflowError for a prediction that is no number.
    """

    __slots__ = ("number", "prediction", "role", "safe_mib")

    def __init__(self, role: Role, prediction: "Prediction") -> None:
        self.role = role
        self.prediction = prediction
        self.safe_mib = int(-(-prediction.safe_bytes // MIB))
        self.number = self._number()

    @property
    def is_known(self) -> bool:
        """Whether this very job has run before: what others used changes no decision."""
        return self.prediction.runs > 0

    @property
    def memory_mib(self) -> int:
        """Of one container: the safe value, else what is asked for."""
        return self.safe_mib if self.is_known else self.role.memory_mib

    @property
    def is_elastic(self) -> bool:
        """Whether there may be other numbers of containers than it begins with."""
        return self.role.number is None or self.role.expected != self.role.number

    def as_data(self) -> dict[str, object]:
        return {
            "role": self.role.name,
            "memory_mib": self.memory_mib,
            "number": self.number,
            "asked_mib": self.role.memory_mib,
            "peak_bytes": self.prediction.peak_bytes,
            "safe_bytes": self.prediction.safe_bytes,
            "low_bytes": self.prediction.low_bytes,
            "high_bytes": self.prediction.high_bytes,
            "runs": self.prediction.runs,
            "basis": self.prediction.basis,
        }

    def _number(self) -> int | None:
        """As asked for where that is fixed; else as many as nine of ten runs had at most, within what is asked for."""
        role, held = self.role, self.prediction.vcores
        if not self.is_elastic or not self.is_known or held is None or not role.vcores:
            return role.expected if role.number is None else role.number
        seen = max(int(-(-min(held.high, MOST) // role.vcores)), role.number or 0)
        return seen if role.maximum is None else min(seen, role.maximum)


class Estimate:
    """All roles together, the master's first. `duration_s` of the run, `input_bytes` that it reads; None: not known.

    `is_input_learned`: that is what earlier runs read, not the size of files that are there.
    """

    __slots__ = ("duration_s", "input_bytes", "is_input_learned", "roles")

    def __init__(
        self,
        roles: "list[RoleNeed]",
        duration_s: "Interval | None" = None,
        input_bytes: float | None = None,
        is_input_learned: bool = False,
    ) -> None:
        if any(need.is_known for need in roles):  # then earlier runs tell of all roles that there were
            for need in roles:
                need.number = 0 if need.number is None and not need.is_known else need.number
        self.roles = roles
        self.duration_s = duration_s
        self.input_bytes = input_bytes
        self.is_input_learned = is_input_learned

    @property
    def largest(self) -> RoleNeed | None:
        """Of the roles that are known, the one that takes most memory."""
        known = [need for need in self.roles if need.is_known]
        return max(known, key=lambda need: need.memory_mib * (need.number or 1), default=None)

    @property
    def basis(self) -> str:
        """What it rests on, in words."""
        return self.largest.prediction.basis if self.largest else AS_ASKED

    @property
    def is_whole(self) -> bool:
        """Whether of each role it is known how many containers there will be."""
        return len(self.roles) > 1 and all(need.number is not None for need in self.roles)

    def of_all(self) -> tuple[float, float]:
        """MiB and vcores of all containers together, as far as is known."""
        numbers = [(need, need.number or 0) for need in self.roles]
        memory_mib = sum(need.memory_mib * number for need, number in numbers)
        return float(memory_mib), float(sum(need.role.vcores * number for need, number in numbers))

    def facts(self) -> "Facts":
        """What conditions may ask that is estimated, by the names of `rules.condition.FACTS`."""
        known: dict[str, float | str | None] = {}
        if self.duration_s is not None:
            known["duration"] = self.duration_s.middle
        if self.input_bytes is not None:
            known["input"] = self.input_bytes / MIB
        if self.is_whole and self.largest:
            memory_mib, vcores = self.of_all()
            known["memory"] = memory_mib
            if any(need.number != need.role.number for need in self.roles):
                known["vcores"] = vcores
                known["executors"] = float(sum(need.number or 0 for need in self.roles[1:]))
        return known

    def basis_of(self, fact: str) -> str:
        """What one of `facts` rests on, in words."""
        if fact == "input" and not self.is_input_learned:
            return "the files that the command line names"
        return self.basis if self.largest else "earlier runs of it"

    def begun(self, asked: Asked) -> dict[str, object]:
        """What admission holds for it, as `Asked.as_data`: as asked for, as that is what YARN will be asked for.

        Executors that come and go are as many as earlier runs had.
        """
        data = asked.as_data()
        need = next((each for each in self.roles[1:] if each.is_elastic and each.role.number is not None), None)
        if need is not None and need.number and need.number > (need.role.number or 0):
            role = asked.role(need.role.name) or need.role
            data["containers"] = need.number
            data["container"] = {"memory_mib": role.memory_mib, "vcores": role.vcores}
        return data

    def as_data(self) -> dict[str, object]:
        memory_mib, vcores = self.of_all() if self.is_whole else (None, None)
        return {
            "memory_mib": memory_mib,
            "vcores": vcores,
            "duration_s": self.duration_s.as_data() if self.duration_s else None,
            "input_bytes": self.input_bytes,
            "basis": self.basis,
            "roles": [need.as_data() for need in self.roles],
        }
