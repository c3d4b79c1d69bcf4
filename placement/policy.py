"""A policy as plain values: the rules, and what this site says of itself. Part of the hot path: standard library only.

Reading a folder into a policy is the work of `placement.folder`.
"""

from placement.queues.names import FAIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final, Protocol

    from placement.rules.index import Groups
    from placement.rules.match import RuleBook

    class Book(RuleBook, Protocol):
        """The rules of a parsed map, or of its index; `file` is the map's path as messages show it."""

        file: str


CLOSED: "Final" = "closed"
OPEN: "Final" = "open"
PROCESS: "Final" = "process"
NAME_SERVICE: "Final" = "name-service"
STATIC: "Final" = "static"
SIMPLE: "Final" = "simple"
KERBEROS: "Final" = "kerberos"
HONOUR: "Final" = "honour"
REMOVE: "Final" = "remove"
NO: "Final" = "no"
MASKED: "Final" = "masked"
FOREVER: "Final" = "forever"
NOWHERE: "Final" = "none"
HISTORY: "Final" = "/var/lib/placement/history"
SOCKET: "Final" = "/run/placement/agent.sock"
LEDGER: "Final" = "/var/lib/placement/ledger.sqlite"
ESTIMATES: "Final" = "/var/lib/placement/estimates.table"
OFFER: "Final" = "offer"
THRIFTY: "Final" = "thrifty"
BALANCED: "Final" = "balanced"
SAFE: "Final" = "safe"


class Admission:
    """What `admission` of `site.yaml` says: how submissions wait for room in their queue. Times in seconds.

    `socket` is the path of the agent's. `wait_s` is how long a submission may wait, None for ever. `priorities` are
    {`users`, `groups`, `roles` or `queues`: {name: whole number}}, higher first; `self_service` is how far up a caller
    may go alone. `administrators` are {`users` or `groups`: names}. `database` is the path of an SQLite file or the URL
    of a PostgreSQL. The ResourceManager is asked every `poll_s`; what is older than `stale_s` is not known. A turn is
    kept for `reservation_s`. `overtake_s`, `ageing_s`: see `placement.admission`. `metrics` is `HOST:PORT`, None for
    none. An index has the first two alone.
    """

    __slots__ = (
        "administrators",
        "ageing_s",
        "database",
        "metrics",
        "overtake_s",
        "poll_s",
        "priorities",
        "reservation_s",
        "self_service",
        "socket",
        "stale_s",
        "wait_s",
    )

    def __init__(
        self,
        socket: str = SOCKET,
        wait_s: float | None = 1800.0,
        priorities: "Mapping[str, Mapping[str, int]] | None" = None,
        self_service: int = 10,
        administrators: "Mapping[str, tuple[str, ...]] | None" = None,
        database: str = LEDGER,
        poll_s: float = 5.0,
        stale_s: float = 60.0,
        reservation_s: float = 120.0,
        overtake_s: float = 300.0,
        ageing_s: float = 600.0,
        metrics: str | None = None,
    ) -> None:
        self.socket = socket
        self.wait_s = wait_s
        self.priorities = priorities or {}
        self.self_service = self_service
        self.administrators = administrators or {}
        self.database = database
        self.poll_s = poll_s
        self.stale_s = stale_s
        self.reservation_s = reservation_s
        self.overtake_s = overtake_s
        self.ageing_s = ageing_s
        self.metrics = metrics

    def priority(self, user: str, groups: "Iterable[str]", roles: "Iterable[str]", queue: str, asked: int = 0) -> int:
        """The priority of a submission of `user` for `queue`, who asked for `asked` more, or less if negative.

        The user's own number, else the largest of those of the groups and roles; to that the queue's is added, and
        what was asked for, up to what callers may ask for alone.
        """
        of = {kind: self.priorities.get(kind, {}) for kind in ("users", "groups", "roles", "queues")}
        named = [of["groups"][name] for name in groups if name in of["groups"]]
        named += [of["roles"][name] for name in roles if name in of["roles"]]
        whose = of["users"].get(user, max(named, default=0))
        return whose + of["queues"].get(queue, 0) + min(asked, self.self_service)

    def word(self) -> str:
        """What an index has of it, in one word: how long to wait, and the socket."""
        return f"{FOREVER if self.wait_s is None else self.wait_s} {self.socket}"

    @classmethod
    def of_word(cls, word: str) -> "Admission":
        """What `word` said. Raises ValueError for anything else."""
        wait, _, socket = word.partition(" ")
        return cls(socket, None if wait == FOREVER else float(wait))


class Estimates:
    """What `estimates` of `site.yaml` says: what finished jobs used, learned and told. Times in seconds.

    `table` is the path of the file that wrappers look estimates up in. `choice`, THRIFTY, BALANCED or SAFE, is the
    price of a failure. `advises`: whether people are told what to ask for. `right_size` is NO, or OFFER: requests are
    changed for those who ask for that. `spark_logs` are folders of event logs, `spark_history` and `mapreduce_history`
    addresses of history servers; what finished is kept for `keep_s` in `database`, None: in that of admission.
    `catalogue` is the path of a file of table statistics. An index has the first four alone.
    """

    __slots__ = (
        "advises",
        "catalogue",
        "choice",
        "database",
        "keep_s",
        "mapreduce_history",
        "right_size",
        "spark_history",
        "spark_logs",
        "table",
    )

    def __init__(
        self,
        table: str = ESTIMATES,
        choice: str = BALANCED,
        advises: bool = True,
        right_size: str = NO,
        spark_logs: tuple[str, ...] = (),
        spark_history: str | None = None,
        mapreduce_history: str | None = None,
        keep_s: float = 90 * 86400.0,
        catalogue: str | None = None,
        database: str | None = None,
    ) -> None:
        self.table = table
        self.choice = choice
        self.advises = advises
        self.right_size = right_size
        self.spark_logs = spark_logs
        self.spark_history = spark_history
        self.mapreduce_history = mapreduce_history
        self.keep_s = keep_s
        self.catalogue = catalogue
        self.database = database

    def word(self) -> str:
        """What an index has of it, in one word."""
        return f"{self.choice} {int(self.advises)} {self.right_size} {self.table}"

    @classmethod
    def of_word(cls, word: str) -> "Estimates":
        """What `word` said. Raises ValueError for anything else."""
        choice, advises, right_size, table = word.split(" ", 3)
        return cls(table, choice, advises == "1", right_size)


class Site:
    """What `site.yaml` says, a word each; the defaults are those of a site without one.

    `groups` is PROCESS, NAME_SERVICE or STATIC, the last with `static_groups` {user: (primary group, others...)}.
    `commands` {name: path} names real commands that are not to be looked for on PATH. `on_error` is CLOSED or OPEN.
    `policy_exec` is the path of an executable that decides in the place of the map. `authentication` is SIMPLE or
    KERBEROS, `hadoop_user_name` HONOUR or REMOVE. `audit_to` is where the audit trail goes, or NOWHERE;
    `audit_arguments` NO or MASKED, `on_audit_error` CLOSED or OPEN. `resource_managers` are addresses,
    `http://HOST:PORT`; none: yarn-site.xml says them. `scheduler_file` is what the scheduler is told by; None:
    yarn-site.xml says it. `history` is the folder that keeps what it was told. An index does not have these three.
    `admission` None: nothing waits for room. `estimates` None: nothing is known but what is asked for.
    """

    __slots__ = (
        "admission",
        "audit_arguments",
        "audit_to",
        "authentication",
        "commands",
        "estimates",
        "groups",
        "hadoop_user_name",
        "history",
        "on_audit_error",
        "on_error",
        "policy_exec",
        "resource_managers",
        "scheduler",
        "scheduler_file",
        "static_groups",
    )

    def __init__(
        self,
        scheduler: str = FAIR,
        groups: str = PROCESS,
        static_groups: "Groups | None" = None,
        commands: dict[str, str] | None = None,
        on_error: str = CLOSED,
        policy_exec: str | None = None,
        authentication: str = SIMPLE,
        hadoop_user_name: str = HONOUR,
        audit_to: str = NOWHERE,
        audit_arguments: str = NO,
        on_audit_error: str = OPEN,
        resource_managers: tuple[str, ...] = (),
        scheduler_file: str | None = None,
        history: str = HISTORY,
        admission: Admission | None = None,
        estimates: Estimates | None = None,
    ) -> None:
        self.scheduler = scheduler
        self.groups = groups
        self.static_groups: Groups = {} if static_groups is None else static_groups
        self.commands = commands or {}
        self.on_error = on_error
        self.policy_exec = policy_exec
        self.authentication = authentication
        self.hadoop_user_name = hadoop_user_name
        self.audit_to = audit_to
        self.audit_arguments = audit_arguments
        self.on_audit_error = on_audit_error
        self.resource_managers = resource_managers
        self.scheduler_file = scheduler_file
        self.history = history
        self.admission = admission
        self.estimates = estimates

    @property
    def database(self) -> str:
        """Where what finished jobs used is kept: beside the ledger, unless `estimates` says otherwise."""
        own = self.estimates.database if self.estimates else None
        return own or (self.admission.database if self.admission else LEDGER)

    def words(self) -> dict[str, str]:
        """{setting: word} of all that is said in one word: what an index holds."""
        found = {name: getattr(self, name) for name in self.__slots__ if name not in ("scheduler_file", "history")}
        words = {name: word for name, word in found.items() if isinstance(word, str)}
        parts = {"admission": self.admission, "estimates": self.estimates}
        return words | {name: part.word() for name, part in parts.items() if part}


class Policy:
    """The rules, the site, and the `revision`: twelve hexadecimal digits that change with any byte of the folder."""

    __slots__ = ("revision", "rules", "site")

    def __init__(self, rules: "Book", site: Site, revision: str) -> None:
        self.rules = rules
        self.site = site
        self.revision = revision
