"""A plan: what would become of what is in force, and what that means. Plain values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from placement.errors import Place, PlacementError, Problem
from placement.schedulers.configuration import Shortfall
from placement.sync.difference import Difference

FORMAT = 1  # of a saved plan

REMOVED, CLOSED, SMALLER = "removed", "closed", "smaller"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change means for the applications of `queue`: `running` and `pending` ones, now.

    `what`: REMOVED (there is no queue for them), CLOSED (it becomes a queue around others), SMALLER (nothing is taken
    from them at once).
    """

    queue: str
    what: str
    running: int
    pending: int

    def as_data(self) -> dict[str, str | int]:
        """The effect as plain data."""
        return {"queue": self.queue, "what": self.what, "running": self.running, "pending": self.pending}

    @property
    def is_in_the_way(self) -> bool:
        """Whether the applications must be gone first."""
        return self.what in (REMOVED, CLOSED) and self.running + self.pending > 0


@dataclass(frozen=True, slots=True)
class Binding:
    """What a plan rests on: the policy's `revision`, the `version` of what is in force at `target`, and what is put.

    `digest` is the version of the content that would be put there.
    """

    target: str
    revision: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. `drift`: what was changed since the last apply by somebody else, empty if nothing was.

    `not_taken_up`: what the ResourceManager shows of its queues that is not what it is told now, before any change.
    `is_unfinished`: the last apply came to no clear end, so that all of it has to be told again.
    `content` is what would be put, `warnings` what else there is to be said.
    """

    binding: Binding
    scheduler: str
    difference: Difference
    effects: tuple[Effect, ...]
    shortfalls: tuple[Shortfall, ...]
    drift: Difference
    not_taken_up: tuple[str, ...]
    is_unfinished: bool
    warnings: tuple[Problem, ...]
    content: bytes

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.difference or self.not_taken_up or self.is_unfinished)

    def as_data(self) -> dict[str, Any]:
        """The plan as plain data; also what a saved plan holds."""
        return {
            "format": FORMAT,
            "target": self.binding.target,
            "revision": self.binding.revision,
            "version": self.binding.version,
            "digest": self.binding.digest,
            "scheduler": self.scheduler,
            **self.difference.as_data(),
            "effects": [effect.as_data() for effect in self.effects],
            "shortfalls": [shortfall.as_data() for shortfall in self.shortfalls],
            "drift": self.drift.as_data(),
            "not_taken_up": list(self.not_taken_up),
            "unfinished": self.is_unfinished,
            "warnings": [problem.as_data() for problem in self.warnings],
        }


def saved(source: bytes, file: str) -> Binding:
    """What a saved plan rests on. Raises PlacementError `not-a-plan`."""
    try:
        data = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise _not_a_plan(file, f"this is no JSON: {error}") from error
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise _not_a_plan(file, "this is no plan, or one of another release")
    words = [data.get(name) for name in ("target", "revision", "version", "digest")]
    if not all(isinstance(word, str) and word for word in words):
        raise _not_a_plan(file, "this plan does not say what it rests on")
    return Binding(*map(str, words))


def refuse_stale(asked: Binding, now: Binding, file: str) -> None:
    """Raises PlacementError `stale-plan` unless a saved plan still says what would be done."""
    changed = [
        words
        for name, words in (
            ("target", f"it is for {asked.target}, and now it would be for {now.target}"),
            ("revision", f"the policy had revision {asked.revision} and has {now.revision}"),
            ("version", f"what is in force had version {asked.version} and has {now.version}"),
            ("digest", "what would be put there is not what it was"),
        )
        if getattr(asked, name) != getattr(now, name)
    ]
    if changed:
        remedy = "look at what would be done now, and save it anew: placement plan -o FILE"
        raise PlacementError(Problem("stale-plan", f"this plan is stale: {'; '.join(changed)}", Place(file), remedy))


def _not_a_plan(file: str, why: str) -> PlacementError:
    remedy = "name a file that `placement plan -o FILE` wrote"
    return PlacementError(Problem("not-a-plan", why, Place(file), remedy))
