"""Learning as pure functions: what a key's own observations make of it, and how what was learned is put together.

A state follows from the observations of its key alone, and spreads add up as whole numbers do. So the same history
gives the same, learned in one go, in batches, or key by key on many machines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from placement.estimate.keys import is_own, keys_of
from placement.estimate.outcome import Outcome
from placement.estimate.predict import read
from placement.estimate.spread import Spread
from placement.estimate.state import State

Observation = tuple[Mapping[str, Any], Outcome]


@dataclass
class Learned:
    """States by the keys of single jobs, spreads by the keys of many."""

    states: dict[str, State] = field(default_factory=dict)
    spreads: dict[str, Spread] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "states": {key: state.as_data() for key, state in self.states.items()},
            "spreads": {key: spread.as_data() for key, spread in self.spreads.items()},
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Self:
        """What `as_data` gave."""
        states = {key: State.of_data(each) for key, each in data["states"].items()}
        return cls(states, {key: Spread.of_data(each) for key, each in data["spreads"].items()})


def learn(key: str, observations: Iterable[Observation], learned: Learned | None = None) -> Learned:
    """What the observations of one key (of a single job), in order, add to what was learned of it before.

    An observation belongs to every key of a single job among `keys_of(features)`. `learned` is changed and given back.
    """
    learned = Learned() if learned is None else learned
    for features, outcome in observations:
        keys = keys_of(features)
        learn_one(learned, key, features, outcome, keys[1:] if key == keys[0] else ())
    return learned


def learn_one(
    learned: Learned, key: str, features: Mapping[str, Any], outcome: Outcome, general: tuple[str, ...]
) -> None:
    """One observation under one of its keys; under the most exact, `general` are the keys above, else none."""
    state = learned.states.get(key)
    if state is None:
        state = learned.states[key] = State()
    request, input_bytes = read(features)
    news = state.learn(outcome, input_bytes, request, tell=bool(general))
    if news is not None:
        for broad in (each for each in general if not is_own(each)):
            learned.spreads.setdefault(broad, Spread()).add(news)


def merge(one: Learned, other: Learned) -> Learned:
    """Both together; they share no key of a single job. Raises ValueError if they do."""
    shared = one.states.keys() & other.states.keys()
    if shared:
        raise ValueError(f"{len(shared)} keys were learned on both sides")
    spreads: dict[str, Spread] = {}
    for learned in (one, other):
        for key, spread in learned.spreads.items():
            spreads.setdefault(key, Spread()).add(spread)
    return Learned(one.states | other.states, spreads)
