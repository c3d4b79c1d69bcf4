"""`site.yaml` and the file of static groups: what they may say, read into the plain Site that decisions use."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StrictBool,
    StrictStr,
    model_validator,
)

from placement import documents
from placement.policy import (
    BALANCED,
    CLOSED,
    ESTIMATES,
    FOREVER,
    HISTORY,
    HONOUR,
    LEDGER,
    NO,
    NOWHERE,
    OPEN,
    PROCESS,
    SIMPLE,
    SOCKET,
    STATIC,
    Admission,
    Estimates,
    Site,
)
from placement.queues.names import FAIR
from placement.units import TIME, quantity

LONGEST_SOCKET = 107  # bytes of the path of a Unix socket: sun_path of unix(7), its end included


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
    return _web(url, "a ResourceManager's web application")


def _history_address(url: str) -> str:
    return _web(url, "a history server")


def _web(url: str, whose: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme not in ("http", "https") or not separator or not rest.strip("/") or "/" in rest.rstrip("/"):
        raise ValueError(f"the address of {whose}, `http://HOST:PORT`")
    return url.rstrip("/")


def _seconds(said: Any) -> float:
    seconds = quantity(said, TIME) if isinstance(said, str) else None
    if not seconds:
        raise ValueError("a time with its unit, more than none: `5s`, `30m`, `2h`")
    return seconds


def _wait(said: Any) -> float | None:
    if said == FOREVER:
        return None
    seconds = 0.0 if said == 0 and not isinstance(said, bool) else quantity(str(said), TIME)
    if seconds is None:
        raise ValueError("a time with its unit, `30m`, `2h`; `forever`; or 0")
    return seconds


def _socket(path: str) -> str:
    if len(_absolute_file(path).encode()) > LONGEST_SOCKET:
        raise ValueError(f"a path of at most {LONGEST_SOCKET} bytes, as a socket has")
    return path


def _database(said: str) -> str:
    scheme, is_url, rest = said.partition("://")
    if not is_url:
        return _absolute_file(said)
    if scheme != "postgresql" or not rest:
        raise ValueError("the absolute path of a file, or `postgresql://USER@HOST/DATABASE`")
    if ":" in rest.partition("/")[0].rpartition("@")[0] or "password=" in rest:
        raise ValueError("a URL without a password: that belongs into PGPASSFILE")
    return said


def _host_and_port(said: str) -> str:
    host, _, port = said.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("`HOST:PORT`, or `off`")
    return said


def _whole(said: Any) -> int:
    if type(said) is not int:
        raise ValueError("a whole number")
    return said


def _from_zero(number: int) -> int:
    if number < 0:
        raise ValueError("a whole number, 0 or more")
    return number


def _off(said: Any) -> Any:
    """To YAML `off` is a truth value."""
    return None if said is False or said == "off" else said


Whole = Annotated[int, BeforeValidator(_whole)]
Seconds = Annotated[float, BeforeValidator(_seconds)]


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


class _Priority(BaseModel):
    """Whole numbers by name, higher first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: dict[StrictStr, Whole] = Field(default_factory=dict)
    groups: dict[StrictStr, Whole] = Field(default_factory=dict)
    roles: dict[StrictStr, Whole] = Field(default_factory=dict)
    queues: dict[StrictStr, Whole] = Field(default_factory=dict)


class _Administrators(BaseModel):
    """Who sees and cancels what others wait for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: list[StrictStr] = Field(default_factory=list)
    groups: list[StrictStr] = Field(default_factory=list)


class _Admission(BaseModel):
    """The agent, and how it lets submissions wait."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    socket: Annotated[StrictStr, AfterValidator(_socket)] = SOCKET
    wait: Annotated[float | None, BeforeValidator(_wait)] = 1800.0
    priority: _Priority = _Priority()
    self_service: Annotated[Whole, AfterValidator(_from_zero)] = Field(default=10, alias="self-service")
    administrators: _Administrators = _Administrators()
    database: Annotated[StrictStr, AfterValidator(_database)] = LEDGER
    poll: Seconds = 5.0
    stale: Seconds = 60.0
    reservation: Seconds = 120.0
    overtake: Seconds = 300.0
    ageing: Seconds = 600.0
    metrics: Annotated[Annotated[StrictStr, AfterValidator(_host_and_port)] | None, BeforeValidator(_off)] = None

    def plain(self) -> Admission:
        return Admission(
            socket=self.socket,
            wait_s=self.wait,
            priorities=self.priority.model_dump(),
            self_service=self.self_service,
            administrators={
                "users": tuple(self.administrators.users),
                "groups": tuple(self.administrators.groups),
            },
            database=self.database,
            poll_s=self.poll,
            stale_s=self.stale,
            reservation_s=self.reservation,
            overtake_s=self.overtake,
            ageing_s=self.ageing,
            metrics=self.metrics,
        )


class _Estimates(BaseModel):
    """What finished jobs used: where that is read, and what it is used for."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    table: Annotated[StrictStr, AfterValidator(_absolute_file)] = ESTIMATES
    choice: Literal["thrifty", "balanced", "safe"] = BALANCED
    advise: StrictBool = True
    right_size: Annotated[Literal["offer"] | None, BeforeValidator(_off)] = Field(default=None, alias="right-size")
    spark_logs: list[Annotated[StrictStr, AfterValidator(_absolute_folder)]] = Field(
        default_factory=list, alias="spark-logs"
    )
    spark_history: Annotated[StrictStr, AfterValidator(_history_address)] | None = Field(
        default=None, alias="spark-history"
    )
    mapreduce_history: Annotated[StrictStr, AfterValidator(_history_address)] | None = Field(
        default=None, alias="mapreduce-history"
    )
    keep: Seconds = 90 * 86400.0
    catalogue: Annotated[StrictStr, AfterValidator(_absolute_file)] | None = None
    database: Annotated[StrictStr, AfterValidator(_database)] | None = None

    def plain(self) -> Estimates:
        return Estimates(
            table=self.table,
            choice=self.choice,
            advises=self.advise,
            right_size=self.right_size or NO,
            spark_logs=tuple(self.spark_logs),
            spark_history=self.spark_history,
            mapreduce_history=self.mapreduce_history,
            keep_s=self.keep,
            catalogue=self.catalogue,
            database=self.database,
        )


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
    admission: Annotated[_Admission | None, BeforeValidator(_off)] = None
    estimates: Annotated[_Estimates | None, BeforeValidator(_off)] = None


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
        admission=said.admission.plain() if said.admission else None,
        estimates=said.estimates.plain() if said.estimates else None,
    )
    return site, static


def read_groups(source: bytes, file: str) -> dict[str, tuple[str, ...]]:
    """{user: groups, the primary one first}. Raises PlacementError with every problem of the file."""
    said = documents.read(_GroupsFile, source, file)
    return {user: tuple(groups) for user, groups in said.root.items()}
