"""What to ask for instead: the option and its value by which containers are as large as earlier runs make safe.

Pure, and part of the hot path: standard library only.
"""

from placement.units import MEMORY, in_units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.estimate.needed import Estimate, RoleNeed
    from placement.submission import Reading

STEP_MIB, LEAST_MIB = 256, 512  # values are whole steps; Spark refuses a heap below 450 MiB (UnifiedMemoryManager)
GIB_OF_MIB, GIB = 1024, 2**30
FEWEST_RUNS = 3  # of the job itself, before less is advised
FEWEST_TO_SIZE = 5  # before a request is made smaller
WORTH_MIB, WORTH_SHARE = 512, 1 / 3  # what less must save: of one container, and of the container that remains


class Advice:
    """For the containers of one role: `value_mib` is what to ask for, by `words`; each then has `container_mib`."""

    __slots__ = ("container_mib", "key", "need", "value_mib", "words")

    def __init__(self, need: "RoleNeed", value_mib: int, container_mib: int, key: str, words: list[str]) -> None:
        self.need = need
        self.value_mib = value_mib
        self.container_mib = container_mib
        self.key = key
        self.words = words

    @property
    def is_less(self) -> bool:
        return self.container_mib < self.need.role.memory_mib

    @property
    def value(self) -> str:
        return in_units(self.value_mib, MEMORY)

    @property
    def text(self) -> str:
        """The advice in one line."""
        need = self.need
        role, asked, peak = need.role.name, gib(need.role.memory_mib / GIB_OF_MIB), need.prediction.peak_bytes
        what = f"ask for {self.value} ({' '.join(self.words)})"
        if self.is_less:
            used = gib((peak or need.prediction.high_bytes) / GIB)
            return f"used {used} of {asked} GiB per {role} in the last {need.prediction.runs} runs: {what}"
        if peak is not None and peak > need.role.memory_mib * 2**20:
            return f"runs of this job needed up to {gib(peak / GIB)} GiB per {role}, {asked} GiB are asked for: {what}"
        return f"this job has run out of memory, {asked} GiB per {role} may be too little: {what}"

    def as_data(self) -> dict[str, object]:
        return {
            "role": self.need.role.name,
            "setting": self.key,
            "value_mib": self.value_mib,
            "container_mib": self.container_mib,
            "asked_mib": self.need.role.memory_mib,
            "words": self.words,
            "message": self.text,
        }


def advice_for(reading: "Reading", estimate: "Estimate") -> list[Advice]:
    """For each role whose request is well above what is safe, or below it; of a job that has run before."""
    found = []
    for need in estimate.roles:
        advice = _advice(reading, need) if need.is_known and need.role.name in reading.sizes else None
        if advice is not None and _is_worth(advice):
            found.append(advice)
    return found


def may_shrink(advice: Advice) -> bool:
    """Whether the request may be made smaller by it, unasked each time."""
    return advice.is_less and advice.need.prediction.runs >= FEWEST_TO_SIZE and not advice.need.prediction.has_failed


def gib(size: float) -> str:
    """GiB as people read them: `17.6`, `3`, `0.42`."""
    return f"{size:.1f}".removesuffix(".0") if size >= 1 else f"{size:.2f}"


def _is_worth(advice: Advice) -> bool:
    asked, given = advice.need.role.memory_mib, advice.container_mib
    if given >= asked:
        return given - asked >= STEP_MIB
    is_much = asked - given >= max(WORTH_MIB, given * WORTH_SHARE)
    return is_much and advice.need.prediction.runs >= FEWEST_RUNS


def _advice(reading: "Reading", need: "RoleNeed") -> Advice | None:
    """The least value with which a container is at least safe, by what the command itself would then ask for.

    None where the option decides nothing. A container is never smaller than its value, and grows with it.
    """
    role, option = need.role.name, reading.sizes[need.role.name]

    def container(steps: int) -> int:
        asked = reading.asked_with({option.key: option.value(steps * STEP_MIB)})
        found = asked.role(role) if asked else None
        return found.memory_mib if found else 0

    low, high = LEAST_MIB // STEP_MIB, max(-(-need.safe_mib // STEP_MIB), LEAST_MIB // STEP_MIB)
    if container(high) < need.safe_mib:
        return None
    while low < high:
        middle = (low + high) // 2
        if container(middle) >= need.safe_mib:
            high = middle
        else:
            low = middle + 1
    value_mib = high * STEP_MIB
    return Advice(need, value_mib, container(high), option.key, option.words(value_mib))
