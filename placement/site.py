"""`site.yaml` and the file of static groups: what they may say, read into the plain Site that decisions use."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, StrictStr

from placement import documents
from placement.policy import CLOSED, PROCESS, STATIC, Site
from placement.queues.names import FAIR


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("the absolute path of an executable")
    return path


class _StaticGroups(BaseModel):
    """`{static: groups.yaml}`: the file, relative to the policy folder, with `user: [primary group, others...]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    static: StrictStr


class _PolicyExec(BaseModel):
    """`{exec: /path}`: an executable with PNDA's contract decides in the place of the map."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exec: Annotated[StrictStr, AfterValidator(_absolute)]


class _SiteFile(BaseModel):
    """All keys of site.yaml; each has a default, so that the file is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    scheduler: Literal["fair", "capacity"] = FAIR
    groups: Literal["process", "name-service"] | _StaticGroups = PROCESS
    commands: dict[StrictStr, Annotated[StrictStr, AfterValidator(_absolute)]] = Field(default_factory=dict)
    policy: _PolicyExec | None = None
    on_error: Literal["closed", "open"] = Field(default=CLOSED, alias="on-error")


class _GroupsFile(RootModel[dict[StrictStr, list[StrictStr]]]):
    """A user's groups, the primary one first."""


def read(source: bytes, file: str) -> tuple[Site, str | None]:
    """The site, and the name of its file of static groups if it has one, still to be read.

    Raises PlacementError with every problem of the file.
    """
    said = documents.read(_SiteFile, source, file)
    static = said.groups.static if isinstance(said.groups, _StaticGroups) else None
    groups = STATIC if isinstance(said.groups, _StaticGroups) else said.groups
    site = Site(
        scheduler=said.scheduler,
        groups=groups,
        commands=dict(said.commands),
        on_error=said.on_error,
        policy_exec=said.policy.exec if said.policy else None,
    )
    return site, static


def read_groups(source: bytes, file: str) -> dict[str, tuple[str, ...]]:
    """{user: groups, the primary one first}. Raises PlacementError with every problem of the file."""
    said = documents.read(_GroupsFile, source, file)
    return {user: tuple(groups) for user, groups in said.root.items()}
