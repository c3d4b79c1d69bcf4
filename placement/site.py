"""`site.yaml` and the file of static groups: what they may say, read into the plain Site that decisions use."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, StrictStr, model_validator

from placement import documents
from placement.policy import CLOSED, HISTORY, HONOUR, NO, NOWHERE, OPEN, PROCESS, SIMPLE, STATIC, Site
from placement.queues.names import FAIR


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("the absolute path of an executable")
    return path


def _absolute_file(path: str) -> str:
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError("the absolute path of a file")
    return path


def _absolute_folder(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("the absolute path of a folder")
    return path


def _address(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme not in ("http", "https") or not separator or not rest.strip("/") or "/" in rest.rstrip("/"):
        raise ValueError("the address of a ResourceManager's web application, `http://HOST:PORT`")
    return url.rstrip("/")


class _StaticGroups(BaseModel):
    """`{static: groups.yaml}`: the file, relative to the policy folder, with `user: [primary group, others...]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    static: StrictStr


class _PolicyExec(BaseModel):
    """`{exec: /path}`: an executable with PNDA's contract decides in the place of the map."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exec: Annotated[StrictStr, AfterValidator(_absolute)]


class _Audit(BaseModel):
    """Where the audit trail goes, whether with the commands' arguments, and what happens when it cannot be written."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    to: Literal["file", "syslog", "journald", "none"] = "file"
    file: Annotated[StrictStr, AfterValidator(_absolute_file)] | None = None
    arguments: Literal["no", "masked"] = NO
    on_error: Literal["closed", "open"] = Field(default=OPEN, alias="on-error")

    @model_validator(mode="after")
    def _names_a_file(self) -> "_Audit":
        if (self.to == "file") != (self.file is not None):
            raise ValueError("`file: /path`, or `to` with `syslog` or `journald`")
        return self


class _Sync(BaseModel):
    """The file that the scheduler is told by, and the folder that keeps what it was told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Annotated[StrictStr, AfterValidator(_absolute_file)] | None = None
    history: Annotated[StrictStr, AfterValidator(_absolute_folder)] = HISTORY


class _SiteFile(BaseModel):
    """All keys of site.yaml; each has a default, so that the file is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    scheduler: Literal["fair", "capacity"] = FAIR
    groups: Literal["process", "name-service"] | _StaticGroups = PROCESS
    commands: dict[StrictStr, Annotated[StrictStr, AfterValidator(_absolute)]] = Field(default_factory=dict)
    policy: _PolicyExec | None = None
    on_error: Literal["closed", "open"] = Field(default=CLOSED, alias="on-error")
    resource_managers: list[Annotated[StrictStr, AfterValidator(_address)]] = Field(
        default_factory=list, alias="resource-managers"
    )
    authentication: Literal["simple", "kerberos"] = SIMPLE
    hadoop_user_name: Literal["honour", "remove"] = Field(default=HONOUR, alias="hadoop-user-name")
    audit: _Audit = _Audit(to=NOWHERE)
    sync: _Sync = _Sync()


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
        authentication=said.authentication,
        hadoop_user_name=said.hadoop_user_name,
        audit_to=said.audit.file or said.audit.to,
        resource_managers=tuple(said.resource_managers),
        audit_arguments=said.audit.arguments,
        on_audit_error=said.audit.on_error,
        scheduler_file=said.sync.file,
        history=said.sync.history,
    )
    return site, static


def read_groups(source: bytes, file: str) -> dict[str, tuple[str, ...]]:
    """{user: groups, the primary one first}. Raises PlacementError with every problem of the file."""
    said = documents.read(_GroupsFile, source, file)
    return {user: tuple(groups) for user, groups in said.root.items()}
