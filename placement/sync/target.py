"""The one shape of what a scheduler takes its configuration from: a file, or the ResourceManager itself."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from placement.errors import Problem
from placement.schedulers.configuration import Configuration

CHANGED_MEANWHILE = "changed-meanwhile"
DIGITS = 12  # of a version, hexadecimal


@dataclass(frozen=True, slots=True)
class InForce:
    """What a scheduler was found to be told.

    `content` is the same as a file: byte for byte where it is one; `version` is that of `content`.
    """

    configuration: Configuration
    content: bytes
    version: str


def version_of(content: bytes) -> str:
    """Another one whenever `content` is."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


class Target(Protocol):
    """One place from which a scheduler takes its configuration.

    Every method raises PlacementError where it cannot do what it is for: the codes of `yarn.client`, and its own.
    """

    scheduler: str
    is_file: bool  # which the ResourceManager cannot be asked about before it reads it
    name: str  # as people know it: the path of a file, or `the scheduler-conf API of http://rm1:8088`

    def in_force(self) -> InForce:
        """What is there now."""

    def read(self, content: bytes, file: str | None = None) -> Configuration:
        """What `content`, as of InForce, says; errors name `file`, None: the target."""

    def validate(self, content: bytes) -> list[Problem]:
        """What the scheduler itself would say of it, nothing being changed; none where it cannot be asked."""

    def put(self, before: InForce, content: bytes) -> list[str]:
        """Puts `content` in the place of `before`, and returns once the scheduler has taken it up.

        What comes back says in words what of that could not be seen.
        Nothing is changed if `before` is not in force any more (`changed-meanwhile`). Whatever else is raised
        (`not-taken-up`: the scheduler refuses it, with its own words), `content` may be in force, or in part.
        """
