"""What an application asks YARN for, as plain values, before YARN rounds it up. Part of the hot path: standard library
only.

How the engines come to their numbers: `demand_spark`, `demand_hadoop`, `demand_flink`.
"""

DRIVER, MASTER, EXECUTOR = "driver", "master", "executor"
MAP, REDUCE, TASK, TASK_MANAGER = "map", "reduce", "task", "taskmanager"
LARGEST = 2**31 - 1  # Java's int, which bounds each number of a request


class Role:
    """Containers of one kind: `memory_mib` and `vcores` are of each.

    `number`: how many the application begins with; `expected`: how many it will have at its height, so far as anybody
    said it; `maximum`: how many it can have at a time. None: not known, or no bound.
    Raises ValueError for a number that YARN has no room for in a request.
    """

    __slots__ = ("expected", "maximum", "memory_mib", "name", "number", "vcores")

    def __init__(
        self,
        name: str,
        memory_mib: int,
        vcores: int,
        number: int | None = None,
        expected: int | None = None,
        maximum: int | None = None,
    ) -> None:
        self.name = name
        self.memory_mib = memory_mib
        self.vcores = vcores
        self.number = number
        self.expected = expected
        self.maximum = maximum
        if not all(0 <= each <= LARGEST for each in (memory_mib, vcores, number or 0, expected or 0, maximum or 0)):
            raise ValueError(f"no container has {memory_mib} MiB and {vcores} vcores, or is there {number} times")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Role) and self.as_data() == other.as_data()

    __hash__ = None  # type: ignore[assignment]

    def as_data(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


class Asked:
    """What an application asks for: its `master`'s container, and the `others`, by role.

    The master is the role `driver` where Spark's driver runs in it, else `master`; there is none of it where it runs
    outside of YARN.
    """

    __slots__ = ("master", "others")

    def __init__(self, master: Role, *others: Role) -> None:
        self.master = master
        self.others = others

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and self.roles() == other.roles()

    __hash__ = None  # type: ignore[assignment]

    def roles(self) -> tuple[Role, ...]:
        """All roles, the master's first."""
        return self.master, *self.others

    def role(self, name: str) -> Role | None:
        """The role of that name, if there is one."""
        return next((each for each in self.roles() if each.name == name), None)

    @property
    def is_whole(self) -> bool:
        """Whether it is known what it begins with: else of some containers the size alone is, or nothing."""
        return bool(self.others) and all(each.number is not None for each in self.others)

    @property
    def containers(self) -> int:
        """How many containers it begins with beside the master's, as far as is known."""
        return sum(each.number or 0 for each in self.others)

    def of_all(self) -> tuple[float, float]:
        """MiB and vcores of all containers that it begins with, as far as is known."""
        numbers = [(each, each.number or 0) for each in self.roles()]
        return (
            float(sum(each.memory_mib * number for each, number in numbers)),
            float(sum(each.vcores * number for each, number in numbers)),
        )

    def as_data(self) -> dict[str, object]:
        """What it begins with, as the agent reads it (`placement.agent.protocol.Asked`), which knows others all alike.

        INVARIANT one-role-begins: at most one of the others has a `number` above zero, as no engine begins with two.
        """
        begun = next((each for each in self.others if each.number), None)
        return {
            "master": _amount(self.master if self.master.number else None),
            "containers": self.containers,
            "container": _amount(begun),
        }


def whole(text: str) -> int:
    """A whole number from 0 to LARGEST, blanks around it allowed. Raises ValueError for anything else."""
    number = _natural(text.strip())
    if number > LARGEST:
        raise ValueError(f"{text} is too large")
    return number


def mebibytes(text: str, units: dict[str, int], bare: str) -> int:
    """Whole MiB of a size such as `512m`, rounded down; `units` are bytes by their lower-case names, `bare` the unit
    where none is said. Raises ValueError for anything else.
    """
    size = text.strip().lower()
    digits = size.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = size[len(digits) :].strip() or bare
    if unit not in units:
        raise ValueError(f"{text} is no size")
    return _natural(digits) * units[unit] // 2**20


def _natural(digits: str) -> int:
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{digits} is no whole number")
    return int(digits)


def _amount(role: Role | None) -> dict[str, int]:
    return {"memory_mib": role.memory_mib if role else 0, "vcores": role.vcores if role else 0}
